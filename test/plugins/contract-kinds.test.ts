/** The contract of every method on the kinds of data and answers that the suite for authors leaves out. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';
import { imageTensor, openGraph } from '../../src/testing/models.ts';
import { checkContract } from '../../src/testing/node.ts';
import { numbers, weights } from '../support/task-subjects.ts';

const methods = plugins.map(({ method }) => method);

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

/** A classifier of sound: 128 samples, two strided convolutions, mean over time. */
function soundGraph(): Graph {
  const g = GraphBuilder.empty('sound');
  const wave = g.op('Unsqueeze', [g.input('waveform', 'float32', ['N', 128]), g.ints([1])]);
  const first = g.op('Relu', [g.op('Conv', [wave, weights(g, [4, 1, 8], 31)], { strides: [4] })]);
  const features = g.op('Relu', [g.op('Conv', [first, weights(g, [4, 4, 4], 32)], { strides: [2] })]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [features])]);
  return g.build([g.named(g.op('MatMul', [pooled, weights(g, [4, 3], 33)]), 'logits')]);
}

const KINDS = [
  { kind: 'a series', graph: seriesGraph, inputs: { series: numbers([1, 2, 7], 7) }, manifest: {} },
  { kind: 'sound', graph: soundGraph, inputs: { waveform: numbers([1, 128], 34) }, manifest: {} },
  {
    kind: 'scores at every position',
    graph: segmentationGraph,
    inputs: { image: imageTensor() },
    manifest: { task: 'semantic_segmentation' },
  },
  { kind: 'one number', graph: regressionGraph, inputs: { image: imageTensor() }, manifest: { task: 'regression' } },
] as const;

/** Methods that give samples of sound a value together, in windows: where some of them do not matter, they get it too. */
const IN_WINDOWS: readonly string[] = ['shapley_exact', 'partition_shap'];
const WINDOWS = { feature_mask: Array.from({ length: 128 }, (_, i) => Math.floor(i / 16)) };

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
    const inWindows = 'waveform' in inputs && IN_WINDOWS.includes(method.id);
    const verdicts = await checkContract(method, {
      others: methods,
      params: isCut ? { feature_mask: 'none' } : inWindows ? WINDOWS : {},
      subjects: async () => [{ name: kind, model: await openGraph(graph(), manifest), inputs }],
    });
    const broken = verdicts.filter(({ outcome, promise }) => {
      if (outcome !== 'broken') return false;
      if ('waveform' in inputs) return !(inWindows && promise.startsWith('dummy'));
      return 'series' in inputs || !OF_CLASSES.includes(promise);
    });
    expect(broken).toEqual([]);
  });
});
