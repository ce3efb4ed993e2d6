import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  COTANGENT,
  type CompileRequest,
  compile,
  gradientName,
  type Optimize,
} from '../../../src/core/autodiff/compile.ts';
import { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { bindRows } from '../../../src/core/plan/bind-rows.ts';
import { compileVariant, describeVariant } from '../../../src/core/plan/compile-variant.ts';
import { bytesPerTarget } from '../../../src/core/plan/shared-forward.ts';
import { type ResolvedNeeds, resolveNeeds, variantKey } from '../../../src/core/plan/variant.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { sizeOf, tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../../src/testing/open.ts';

const random = (seed: number, dims: readonly number[]) => new Random(seed, 0).normal(sizeOf(dims));

/** Gradient of three scores of what `body` makes of an image. */
function gradient(body: (g: GraphBuilder, x: Value) => Value, request: Partial<CompileRequest> = {}): Graph {
  const g = GraphBuilder.empty();
  const y = body(g, g.input('x', 'float32', ['N', 4, 6, 6]));
  const flat = g.op('Flatten', [y]);
  const size = Number(flat.dims?.[1]);
  const weights = g.constant('float32', [size, 3], random(9, [size, 3]));
  return compile(g.build([g.named(g.op('MatMul', [flat, weights]), 'scores')]), {
    scores: 'scores',
    gradients: ['x'],
    ...request,
  });
}

const conv = (g: GraphBuilder, x: Value, group = 1) =>
  g.op('Conv', [x, g.constant('float32', [4, 4 / group, 3, 3], random(7, [4, 4 / group, 3, 3]))], {
    pads: [1, 1, 1, 1],
    group,
  });

const SHARED: readonly [string, (g: GraphBuilder, x: Value) => Value][] = [
  ['convolutions, activations and a residual', (g, x) => g.add(x, g.op('Relu', [conv(g, conv(g, x), 4)]))],
  ['a product of two values', (g, x) => g.mul(conv(g, x), g.op('Sigmoid', [x]))],
  ['branches that are joined', (g, x) => g.op('Concat', [conv(g, x), g.op('Tanh', [x])], { axis: 1 })],
  ['global pooling', (g, x) => g.op('GlobalAveragePool', [conv(g, x)])],
  ['average pooling', (g, x) => g.op('AveragePool', [conv(g, x)], { kernel_shape: [2, 2], strides: [2, 2] })],
  ['max pooling', (g, x) => g.op('MaxPool', [conv(g, x)], { kernel_shape: [2, 2], strides: [2, 2] })],
  [
    'max pooling over windows that overlap and reach beyond the image',
    (g, x) =>
      g.op('MaxPool', [g.op('Relu', [conv(g, x)])], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  ],
  ['ReLU6', (g, x) => conv(g, g.op('Clip', [conv(g, x), g.scalar(0), g.scalar(6)]))],
  ['a normalised exponential', (g, x) => g.op('Softmax', [conv(g, x)], { axis: 1 })],
];

const CASES = SHARED.flatMap((each) => [['memory', ...each] as const, ['speed', ...each] as const]);

test.each(CASES)('a graph for several targets (%s) of %s shares a forward pass', async (optimize, _, body) => {
  const graph = gradient(body, { optimize, targets: 'several' });
  expect(bytesPerTarget(bindRows(graph))).toBeGreaterThan(0);
  const x = tensor('float32', [1, 4, 6, 6], random(3, [1, 4, 6, 6]));
  const cotangent = random(4, [5, 3]);
  const run = await open(graph);
  const together = (await run({ x, [COTANGENT]: tensor('float32', [5, 3], cotangent) }))[gradientName('x')];
  expect(together?.dims).toEqual([5, 4, 6, 6]);
  for (let row = 0; row < 5; row++) {
    const one = tensor('float32', [1, 3], cotangent.slice(row * 3, row * 3 + 3));
    const alone = (await run({ x, [COTANGENT]: one }))[gradientName('x')];
    const all = together?.data as Float32Array;
    Array.from(alone?.data as Float32Array).forEach((value, i) => {
      expect(all[row * 144 + i]).toBeCloseTo(value, 5);
    });
  }
  await run.release();
});

test('targets of a network with dilated max pooling do not, where cotangents are added at positions of the whole batch', () => {
  const pooled = (dilations: readonly number[]) =>
    gradient((g, x) => g.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2], dilations }), {
      optimize: 'memory',
      targets: 'several',
    });
  expect(bytesPerTarget(bindRows(pooled([2, 2])))).toBeUndefined();
  expect(bytesPerTarget(bindRows(pooled([1, 1])))).toBeGreaterThan(0);
});

test('a graph without a gradient has no bytes for each target', () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  expect(bytesPerTarget(g.build([g.op('Relu', [x])]))).toBeUndefined();
});

test('a graph for speed shares a forward pass where several targets are expected, and is another one', async () => {
  const model = await Model.read({ bytes: readFileSync('models/cifar10/model.onnx') });
  const one = resolveNeeds({ gradients: 'sources' }, model.info());
  const several = { ...one, severalTargets: true };
  const describe = (needs: ResolvedNeeds, optimize: Optimize) => {
    const graph = compileVariant(model, needs, optimize);
    return describeVariant(variantKey(model, needs, optimize), needs, graph, optimize);
  };
  const [tied, untied] = [describe(one, 'speed'), describe(several, 'speed')];
  expect(tied.bytesPerTarget).toBeUndefined();
  expect(untied.bytesPerTarget).toBeGreaterThan(0);
  expect(untied.key).not.toBe(tied.key);
  expect(describe(one, 'memory')).toEqual({ ...describe(several, 'memory'), severalTargets: undefined });
});
