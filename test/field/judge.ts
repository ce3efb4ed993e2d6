/** Verdict on one case: the model is opened, described, run and explained as a user would, and held against the facts. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WhylightError } from '../../src/core/errors.ts';
import type { Explainer } from '../../src/core/explainer/explainer.ts';
import type { ModelDescription } from '../../src/core/model/description.ts';
import { checkInputs } from '../../src/core/model/inputs.ts';
import { parseLabels } from '../../src/core/model/manifest.ts';
import { Model } from '../../src/core/model/model.ts';
import type { Inputs } from '../../src/core/tensor/rows.ts';
import { FilesBeside } from '../../src/node/files-beside.ts';
import type { Expectation, FieldCase } from './expectation.ts';
import { filled } from './fill.ts';

export interface Verdict {
  readonly name: string;
  /** Empty for a case that is as expected. */
  readonly faults: readonly string[];
}

/** @param root folder that images are named from */
export async function judge(it: FieldCase, explainer: Explainer, root: string): Promise<Verdict> {
  const faults: string[] = [];
  const { expected } = it;
  const model = await open(it).catch((error: unknown) => error);
  if (!(model instanceof Model)) {
    if (expected.open === 'yes') faults.push(`is not opened: ${message(model)}`);
    if (!WhylightError.is(model)) faults.push(`fails with ${message(model)}`);
    return { name: it.name, faults };
  }
  if (expected.open === 'refuse' && !(await refusedLater(model, it, explainer, root))) faults.push('is opened');
  if (expected.open !== 'yes' || !expected.inputs) return { name: it.name, faults };
  faults.push(...descriptionFaults(model.description, expected));
  if (!expected.inputs.every(({ fill }) => fill)) return { name: it.name, faults };
  const inputs: Record<string, Inputs[string]> = {};
  for (const input of expected.inputs) inputs[input.name] = await filled(it, input, root);
  for (const check of [topFaults, gradientFaults, removalFaults, methodFaults]) {
    try {
      faults.push(...(await check(model, inputs, expected, explainer)));
    } catch (error) {
      faults.push(`${check.name.replace('Faults', '')}: ${message(error)}`);
    }
  }
  return { name: it.name, faults };
}

async function open({ file, expected }: FieldCase): Promise<Model> {
  const folder = dirname(file);
  const labels = expected.labels?.file;
  return Model.read({
    bytes: new Uint8Array(await readFile(file)),
    external: new FilesBeside(folder),
    ...(labels !== undefined && { labels: parseLabels(await readFile(join(folder, labels), 'utf8'), labels) }),
  });
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 160);

/** A file that the engine refuses is refused when it is first run. */
async function refusedLater(model: Model, it: FieldCase, explainer: Explainer, root: string): Promise<boolean> {
  try {
    const inputs: Record<string, Inputs[string]> = {};
    for (const input of it.expected.inputs ?? []) inputs[input.name] = await filled(it, input, root);
    await explainer.predict(model, { inputs });
    return false;
  } catch (error) {
    return WhylightError.is(error);
  }
}

function descriptionFaults(description: ModelDescription, expected: Expectation): string[] {
  const faults: string[] = [];
  const differs = (what: string, is: unknown, right: unknown): void => {
    if (right !== undefined && is !== right) faults.push(`${what} is ${is}, expected ${right}`);
  };
  for (const { name, role, modality, batch_axis, layout } of expected.inputs ?? []) {
    const fact = description.inputs.find((input) => input.name === name);
    if (!fact) faults.push(`input ${name} is missing`);
    differs(`role of ${name}`, fact?.role.value, role);
    differs(`modality of ${name}`, fact?.modality.value, modality);
    differs(`batch axis of ${name}`, fact?.batchAxis.value, batch_axis);
    if (layout && /^[A-Z]+$/.test(layout)) differs(`layout of ${name}`, fact?.layout.value, layout);
  }
  const { explained, doubts } = description;
  const outputs = expected.output === undefined ? [] : [expected.output].flat();
  if (outputs.length > 0 && !outputs.includes(explained.name)) differs('explained output', explained.name, outputs[0]);
  const axis = explained.classAxis?.value;
  const asks = axis === undefined && doubts.length > 0;
  if (expected.class_axis === 'unknown' ? !asks && doubts.length === 0 : !asks) {
    if (expected.class_axis !== 'unknown') differs('class axis', axis, expected.class_axis);
    else faults.push('says nothing of what cannot be known');
  }
  if (!asks) differs('activation', explained.activation.value, expected.activation ?? undefined);
  return faults;
}

/** Row that an index of the output lies in. */
function rowAt({ places, description: { explained } }: Model, index: readonly number[]): number {
  const place = places[explained.name] ?? 0;
  return typeof place === 'number' ? (index[place] ?? 0) : 0;
}

type Check = (model: Model, inputs: Inputs, expected: Expectation, explainer: Explainer) => Promise<string[]>;

const near = (a: number, b: number, scale: number, tolerance = 1e-4): boolean =>
  Math.abs(a - b) <= tolerance * Math.max(scale, 1e-12) + 1e-9;

/** Index of an element of one row, from its index in the output. */
function elementOf(model: Model, index: readonly number[], inputs: Inputs): number | undefined {
  const { shape, batchAxis, name } = model.description.explained;
  const info = model.info({ scores: 'output', shapes: checkInputs(model, inputs).shapes });
  if (info.scores.dims.some((dim) => typeof dim !== 'number') && shape.length !== index.length) return undefined;
  const row = batchAxis.value === null ? index : index.filter((_, axis) => axis !== (model.places[name] ?? 0));
  const dims = info.scores.dims.map(Number);
  const flat = row.reduce((sum, at, axis) => sum * (dims[axis] as number) + at, 0);
  return dims.length === row.length && Number.isInteger(flat) ? flat : undefined;
}

const topFaults: Check = async (model, inputs, { top }, explainer) => {
  if (!top) return [];
  const element = elementOf(model, top.index, inputs);
  const rows = await explainer.predict(model, { inputs, scores: 'output' });
  const score = element === undefined ? undefined : rows[rowAt(model, top.index)]?.scores[element];
  if (score === undefined || Number.isNaN(score)) return [];
  return near(score, top.value, Math.abs(top.value), 2e-3) ? [] : [`score is ${score}, expected ${top.value}`];
};

const gradientFaults: Check = async (model, inputs, { gradient, top, methods, inputs: described }, explainer) => {
  if (gradient?.of !== 'top' || (methods?.gradient && methods.gradient.must !== 'run')) return [];
  const element = top && elementOf(model, top.index, inputs);
  const name = described?.find(({ role }) => role === 'explained')?.name;
  if (!gradient || element === undefined || name === undefined) return [];
  const { rows } = await explainer.explain(model, {
    method: 'saliency',
    params: { absolute: false, reduction: 'none' },
    inputs,
    scores: 'output',
    target: { weights: [{ index: element, weight: 1 }] },
  });
  const values = top && rows[rowAt(model, top.index)]?.values[name]?.data;
  if (!values) return [`no gradient at ${name}`];
  const scale = Math.max(...gradient.values.map(Math.abs));
  const wrong = gradient.elements.findIndex(
    (at, i) => !near(values[at] as number, gradient.values[i] as number, scale, gradient.tolerance ?? 1e-3),
  );
  if (wrong < 0) return [];
  return [`gradient is ${values[gradient.elements[wrong] as number]}, expected ${gradient.values[wrong]}`];
};

const removalFaults: Check = async (
  model,
  inputs,
  { element_to_zero: removal, top, request_target: stated, inputs: described },
  explainer,
) => {
  const element = top && elementOf(model, top.index, inputs);
  const name = described?.find(({ role }) => role === 'explained')?.name;
  if (!removal || element === undefined || name === undefined) return [];
  // Numbers of another target than the top class need that target.
  if (removal.of !== undefined && removal.of !== 'top' && !stated) return [];
  const { rows } = await explainer.explain(model, {
    method: 'feature_ablation',
    params: { feature_mask: 'none', baseline: 0 },
    inputs,
    scores: 'output',
    target:
      removal.of !== undefined && removal.of !== 'top' && stated
        ? stated
        : { weights: [{ index: element, weight: 1 }] },
  });
  const values = top && rows[rowAt(model, top.index)]?.values[name]?.data;
  if (!values) return [`no attribution of ${name}`];
  const scale = Math.max(...removal.values.map(Math.abs));
  const wrong = removal.values.findIndex((right, i) => !near(values[i] as number, right, scale, 1e-3));
  return wrong < 0 ? [] : [`ablation is ${values[wrong]}, expected ${removal.values[wrong]}`];
};

const METHODS: Readonly<Record<string, string>> = {
  gradient: 'saliency',
  activation: 'grad_cam',
  perturbation: 'occlusion',
};

const methodFaults: Check = async (model, inputs, { methods = {} }, explainer) => {
  const faults: string[] = [];
  for (const [strategy, { must }] of Object.entries(methods)) {
    const method = METHODS[strategy];
    if (!method || must === 'either') continue;
    const error = await explainer.explain(model, { method, inputs }, { maxSamples: 3000 }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (must === 'run' && error && !WhylightError.is(error, 'budget_exceeded')) {
      faults.push(`${method} is refused: ${message(error)}`);
    }
    if (must === 'refuse' && !error) faults.push(`${method} runs`);
  }
  return faults;
};
