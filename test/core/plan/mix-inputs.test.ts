/** Inputs that are mixed in the graph, beside the same mixtures made before they are fed. */
import { describe, expect, it } from 'vitest';
import { absentName, weightsName } from '../../../src/core/method/mixture.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { compileVariant } from '../../../src/core/plan/compile-variant.ts';
import { hasOneBatch, mixInputs } from '../../../src/core/plan/mix-inputs.ts';
import { resolveNeeds } from '../../../src/core/plan/variant.ts';
import { float32, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import featureAblation from '../../../src/plugins/perturbation/feature-ablation.ts';
import kernelShap from '../../../src/plugins/perturbation/kernel-shap.ts';
import lime from '../../../src/plugins/perturbation/lime.ts';
import rise from '../../../src/plugins/perturbation/rise.ts';
import { imageTensor, openGraph, tokens, vector } from '../../../src/testing/models.ts';
import { explainerOf, openImage, openTokens, openVector } from '../../support/classifiers.ts';
import { open } from '../../support/engine.ts';

const methods = [rise, lime, kernelShap, featureAblation];

/** An image and token ids, both of which count. */
function twoInputs(): Graph {
  const g = GraphBuilder.empty('two');
  const x = g.input('image', 'float32', ['N', 3, 8, 8]);
  const ids = g.input('ids', 'int64', ['N', 4]);
  const table = g.constant(
    'float32',
    [6, 3],
    Float32Array.from({ length: 18 }, (_, i) => Math.sin(i)),
  );
  const words = g.reduce('ReduceMean', g.op('Gather', [table, ids], { axis: 0 }), [1], false);
  const seen = g.op('Flatten', [g.op('GlobalAveragePool', [g.op('Sin', [x])])]);
  return g.build([g.named(g.mul(g.op('Exp', [words]), g.op('Exp', [seen])), 'logits')]);
}

const subjects: readonly [string, () => Promise<Model>, Record<string, Tensor>][] = [
  ['a picture', () => openImage(), { image: imageTensor(3) }],
  ['a batch of one', () => openImage({ batch: 1 }), { image: imageTensor(3) }],
  ['a vector', openVector, { x: vector(2) }],
  ['tokens', openTokens, { ids: tokens() }],
  [
    'an image and tokens',
    () => openGraph(twoInputs()),
    { image: imageTensor(4), ids: tensor('int64', [1, 4], [5, 1, 0, 2]) },
  ],
];

const mixes = (model: Model, optimize: 'speed' | 'memory'): boolean =>
  compileVariant(model, resolveNeeds({ mixtures: true }, model.info()), optimize).inputs.some(
    ({ name }) => name === weightsName('image') || name === weightsName('x'),
  );

describe.each(subjects)('%s', (name, open, inputs) => {
  it.each(methods.map((method) => [method.id, method] as const))('gives the same map by %s', async (id, method) => {
    const model = await open();
    expect([mixes(model, 'speed'), mixes(model, 'memory')]).toEqual([name !== 'tokens', false]);
    const params = {
      rise: { n_masks: 60, cells: 3, baseline: 0.5 },
      lime: { n_samples: 60, feature_mask: 'grid' },
      kernel_shap: { n_samples: 80, feature_mask: 'grid' },
      feature_ablation: {},
    }[id];
    const valuesOf = async (optimize: 'speed' | 'memory') => {
      const explainer = explainerOf([method], { optimize, maxBatch: 7 });
      const { rows, samples } = await explainer.explain(model, { method: id, params, inputs, seed: 5 });
      return { values: rows[0]?.values ?? {}, samples };
    };
    const [speed, memory] = [await valuesOf('speed'), await valuesOf('memory')];
    expect(speed.samples).toEqual(memory.samples);
    for (const [input, { data }] of Object.entries(memory.values)) {
      const largest = Math.max(...data.map(Math.abs));
      expect(largest).toBeGreaterThan(0);
      const off = data.map((value, i) => Math.abs(value - (speed.values[input]?.data[i] as number)));
      expect(Math.max(...off) / largest).toBeLessThan(2e-5);
    }
  });
});

describe('mixInputs', () => {
  const identity = (): Graph => {
    const g = GraphBuilder.empty();
    return g.build([g.named(g.input('x', 'float32', ['N', 2, 2]), 'y')]);
  };
  const x = float32([1, 2, 2], [0.1, -3e-7, 1e20, 7]);
  const feeds = (weights: Tensor, absent: Tensor) => ({
    'mixture/own/x': x,
    [absentName('x')]: absent,
    [weightsName('x')]: weights,
  });

  it('keeps inputs of weight 1 bit for bit, and uses the absent value for weight 0', async () => {
    const run = await open(mixInputs(identity()));
    const absent = float32([1, 2, 2], [0.3, 0.7, -5, 1e-3]);
    const { y } = (await run(feeds(float32([3, 1, 2], [1, 1, 0, 0, 0.25, 1]), absent))) as { y: Tensor<'float32'> };
    await run.release();
    expect(y.dims).toEqual([3, 2, 2]);
    expect([...y.data.subarray(0, 4)]).toEqual([...x.data]);
    expect([...y.data.subarray(4, 8)]).toEqual([...absent.data]);
    expect([...y.data.subarray(8)]).toEqual(
      [...Float32Array.of(0.25 * 0.1 + 0.75 * 0.3, -3e-7, 0.25 * 1e20 + 0.75 * -5, 7)].map((value) =>
        expect.closeTo(value, Math.abs(value) > 1e9 ? -14 : 6),
      ),
    );
  });

  it('broadcasts constant weights, so that unmixed rows stay unchanged', async () => {
    const run = await open(mixInputs(identity()));
    const { y } = await run(feeds(float32([1, 1, 1], [1]), float32([1, 1, 1], [0])));
    await run.release();
    expect(y).toEqual({ ...x, dims: [1, 2, 2] });
  });

  it('gives a graph without a common batch dim', () => {
    expect([hasOneBatch(identity()), hasOneBatch(mixInputs(identity()))]).toEqual([true, false]);
  });
});
