/** The contract of every method on the embedded models of a text, a table and a series: words, columns and windows. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { TaskRegistry } from '../../src/core/task/registry.ts';
import { allModalities } from '../../src/library/modalities.ts';
import { readModelInput } from '../../src/library/model-input.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { openModelFile } from '../../src/node/open-model-file.ts';
import { builtinTasks } from '../../src/tasks/index.ts';
import type { Subject } from '../../src/testing/models.ts';
import { checkContract } from '../../src/testing/node.ts';

const methods = plugins.map(({ method }) => method);
const INPUTS = {
  movie_reviews: 'excellent cast, weak plot',
  penguins: {
    island: 'Biscoe',
    bill_length_mm: 47.2,
    bill_depth_mm: 13.7,
    flipper_length_mm: 214,
    body_mass_g: 4925,
    sex: null,
  },
  italy_power: Array.from({ length: 24 }, (_, hour) => Math.sin(hour)),
};
type Name = keyof typeof INPUTS;

/** Parameters without which a method does not hold its axioms on a real model, or takes too many rows. */
const PARAMS: Partial<Record<Name, Readonly<Record<string, Readonly<Record<string, unknown>>>>>> = {
  italy_power: {
    integrated_gradients: { n_steps: 400 },
    neuron_integrated_gradients: { n_steps: 400 },
    shapley_exact: { feature_mask: Array.from({ length: 24 }, (_, hour) => hour >> 1) },
  },
};

/** Axioms that are tried on a changed model, whose elements are compared one by one: `contract.test.ts` tries them. */
const OF_ELEMENTS = ['symmetry', 'dummy', 'sensitivity'];
/** A tree has no derivative, and methods that need one say so. */
const NO_DERIVATIVE = /has no rule for ai\.onnx\.ml\.TreeEnsembleClassifier .* a decision tree is constant/;

async function subjectOf(name: Name): Promise<Subject> {
  const folder = fileURLToPath(new URL(`../../models/${name}/`, import.meta.url));
  const { forms } = new TaskRegistry(builtinTasks);
  const opened = await openModelFile(folder, { forms, embedded: { folders: {}, root: '' } });
  const [row] = await readModelInput(opened, INPUTS[name], { codecs: nodeCodecs(), modalities: allModalities() });
  if (!row?.prepared) throw new Error(`The model ${name} has no modality.`);
  const background = await row.prepared.background();
  return {
    name,
    model: opened.model,
    inputs: row.inputs,
    features: row.prepared.features,
    baselines: await row.prepared.baselines(),
    ...(background && { background }),
  };
}

/** Methods that ran on each model. */
const ran = new Map<Name, string[]>();

describe.each(Object.keys(INPUTS) as Name[])('methods on %s', (name) => {
  const subject = subjectOf(name);

  it.each(methods.map((method) => [method.id, method] as const))('%s keeps its promises', async (id, method) => {
    const verdicts = await checkContract(method, {
      others: methods,
      params: PARAMS[name]?.[id] ?? {},
      subjects: async () => [await subject],
    });
    const broken = verdicts.filter(
      ({ outcome, promise, problem = '' }) =>
        outcome === 'broken' &&
        !OF_ELEMENTS.some((axiom) => promise.startsWith(axiom)) &&
        !(name === 'penguins' && NO_DERIVATIVE.test(problem)),
    );
    expect(broken).toEqual([]);
    const isKept = verdicts.some(
      ({ promise, outcome }) => promise === 'answers without an error' && outcome === 'kept',
    );
    if (isKept) ran.set(name, [...(ran.get(name) ?? []), id]);
  });

  it('runs the methods of its kind', () => {
    expect(ran.get(name)).toEqual(expect.arrayContaining(['occlusion', 'kernel_shap', 'lime', 'rise']));
    expect(ran.get(name)?.includes('integrated_gradients')).toBe(name !== 'penguins');
    expect(ran.get(name)?.includes('tree_shap')).toBe(name === 'penguins');
  });
});
