/** The contract of every method on the kinds of data and answers that the suite for authors leaves out. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { float32, type Tensor } from '../../src/core/tensor/tensor.ts';
import { imageTensor, openGraph } from '../../src/testing/models.ts';
import { checkContract } from '../../src/testing/node.ts';

const methods = plugins.map(({ method }) => method);

const numbers = (dims: readonly number[], seed: number): Tensor<'float32'> =>
  float32(dims, new Random(seed).normal(dims.reduce((a, b) => a * b, 1)));

const weights = (g: GraphBuilder, dims: readonly number[], seed: number): Value =>
  g.constant('float32', dims, numbers(dims, seed).data);

/** A classifier of series [N, 2, 7]: convolution, ReLU, mean over time, three classes. */
function seriesGraph(): Graph {
  const g = GraphBuilder.empty('series');
  const x = g.input('series', 'float32', ['N', 2, 7]);
  const features = g.op('Relu', [g.op('Conv', [x, weights(g, [4, 2, 3], 1)], { pads: [1, 1] })]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [features])]);
  return g.build([g.named(g.op('MatMul', [pooled, weights(g, [4, 3], 2)]), 'logits')]);
}

/** Scores of three classes at each of 8 by 8 positions. */
function segmentationGraph(): Graph {
  const g = GraphBuilder.empty('segmentation');
  const x = g.input('image', 'float32', ['N', 3, 8, 8]);
  const features = g.op('Relu', [g.op('Conv', [x, weights(g, [4, 3, 3, 3], 13)], { pads: [1, 1, 1, 1] })]);
  return g.build([g.named(g.op('Conv', [features, weights(g, [3, 4, 1, 1], 14)]), 'scores')]);
}

/** One number for an image. */
function regressionGraph(): Graph {
  const g = GraphBuilder.empty('regression');
  const x = g.input('image', 'float32', ['N', 3, 8, 8]);
  const features = g.op('Relu', [g.op('Conv', [x, weights(g, [4, 3, 3, 3], 5)], { pads: [1, 1, 1, 1] })]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [features])]);
  return g.build([g.named(g.op('MatMul', [pooled, weights(g, [4, 1], 6)]), 'price')]);
}

const KINDS = [
  { kind: 'a series', graph: seriesGraph, inputs: { series: numbers([1, 2, 7], 7) }, manifest: {} },
  {
    kind: 'scores at every position',
    graph: segmentationGraph,
    inputs: { image: imageTensor() },
    manifest: { task: 'semantic_segmentation' },
  },
  { kind: 'one number', graph: regressionGraph, inputs: { image: imageTensor() }, manifest: { task: 'regression' } },
] as const;

/** Promises that the suite tries with two classes by their numbers, which these answers do not have. */
const OF_CLASSES: readonly string[] = [
  'another target gives another map, where the method says so',
  'each row is explained by itself',
  'linearity: a weighted sum of scores gets the weighted sum',
];

describe.each(KINDS)('methods on $kind', ({ kind, graph, inputs, manifest }) => {
  it.each(methods.map((method) => [method.id, method] as const))('%s keeps its promises', async (_, method) => {
    // The axioms are about single elements, and a series is cut into windows by default.
    const isCut = 'series' in inputs && 'feature_mask' in method.params.shape;
    const verdicts = await checkContract(method, {
      others: methods,
      params: isCut ? { feature_mask: 'none' } : {},
      subjects: async () => [{ name: kind, model: await openGraph(graph(), manifest), inputs }],
    });
    const broken = verdicts.filter(({ outcome, promise }) => {
      return outcome === 'broken' && ('series' in inputs || !OF_CLASSES.includes(promise));
    });
    expect(broken).toEqual([]);
  });
});
