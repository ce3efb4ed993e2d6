import { expect, test } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../../src/core/autodiff/compile.ts';
import { GraphBuilder } from '../../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../../src/core/onnx/graph.ts';
import { denseConvolutions } from '../../../../src/core/onnx/simplify/dense-convolutions.ts';
import { Random } from '../../../../src/core/tensor/random.ts';
import { sizeOf, tensor } from '../../../../src/core/tensor/tensor.ts';
import { open } from '../../../../src/testing/open.ts';

const values = (seed: number, ...dims: number[]) => new Random(seed, 0).normal(sizeOf(dims));

/** Global pooling and a classifier of 1x1 kernels, as exporters of MobileNets write it. */
function classifier(attributes = {}): Graph {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 4, 3, 3]);
  const weights = g.constant('float32', [6, 4, 1, 1], values(1, 6, 4));
  const scores = g.op(
    'Conv',
    [g.op('GlobalAveragePool', [x]), weights, g.constant('float32', [6], values(2, 6))],
    attributes,
  );
  return g.build([g.named(g.op('Flatten', [scores]), 'scores')]);
}

const operators = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op);

async function outputs(graph: Graph, feeds: Parameters<Awaited<ReturnType<typeof open>>>[0]) {
  const run = await open(graph);
  const results = await run(feeds);
  await run.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

test('a convolution over one position becomes a matrix product of the same values', async () => {
  const graph = classifier();
  const dense = denseConvolutions(graph);
  expect(operators(dense)).toEqual(['GlobalAveragePool', 'Reshape', 'Gemm', 'Reshape', 'Flatten', 'Identity']);
  const feeds = { x: tensor('float32', [3, 4, 3, 3], values(3, 3, 4, 3, 3)) };
  const [before, after] = [await outputs(graph, feeds), await outputs(dense, feeds)];
  before.scores?.forEach((value, i) => void expect(after.scores?.[i]).toBeCloseTo(value, 5));
});

test('the gradient reads the weights of the forward pass, and there is one copy of them', async () => {
  for (const optimize of ['memory', 'speed'] as const) {
    const compiled = compile(classifier(), { scores: 'scores', gradients: ['x'], optimize });
    expect(operators(compiled).filter((op) => /Conv/.test(op))).toEqual([]);
    const products = compiled.nodes.filter(({ op }) => op === 'Gemm');
    expect(products.map(({ inputs }) => inputs[1])).toEqual([products[0]?.inputs[1], products[0]?.inputs[1]]);
    expect([...compiled.constants.values()].filter(({ bytes }) => bytes.length === 4 * 6 * 4)).toHaveLength(1);
    const cotangent = values(4, 2, 6);
    const { [gradientName('x')]: gradient = [] } = await outputs(compiled, {
      x: tensor('float32', [2, 4, 3, 3], values(3, 2, 4, 3, 3)),
      [COTANGENT]: tensor('float32', [2, 6], cotangent),
    });
    const weights = values(1, 6, 4);
    gradient.forEach((value, i) => {
      const [row, channel] = [Math.floor(i / 36), Math.floor(i / 9) % 4];
      let sum = 0;
      for (let k = 0; k < 6; k++) sum += (cotangent[row * 6 + k] as number) * (weights[k * 4 + channel] as number);
      expect(value).toBeCloseTo(sum / 9, 5);
    });
  }
});

test('convolutions with padding, groups or more than one position stay as they are', () => {
  const padded = classifier({ pads: [1, 1, 1, 1], strides: [3, 3] });
  expect(denseConvolutions(padded)).toBe(padded);
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 4, 2, 1]);
  const wide = g.build([g.op('Conv', [x, g.constant('float32', [6, 4, 1, 1], values(1, 6, 4))])]);
  expect(denseConvolutions(wide)).toBe(wide);
  const h = GraphBuilder.empty();
  const y = h.input('x', 'float32', ['N', 4, 1, 1]);
  const grouped = h.build([h.op('Conv', [y, h.constant('float32', [6, 2, 1, 1], values(1, 12))], { group: 2 })]);
  expect(denseConvolutions(grouped)).toBe(grouped);
});

test('there is one copy of the weights where the gradient reads only the explained classes', async () => {
  const [classes, channels] = [1024, 512];
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', channels, 2, 2]);
  const weights = values(1, classes, channels);
  const kernel = g.constant('float32', [classes, channels, 1, 1], weights);
  const scores = g.op('Conv', [g.op('GlobalAveragePool', [x]), kernel]);
  const graph = g.build([g.named(g.op('Flatten', [scores]), 'scores')]);
  const compiled = compile(graph, { scores: 'scores', gradients: ['x'] });
  expect(operators(compiled)).toContain('Gather');
  expect([...compiled.constants.values()].filter(({ bytes }) => bytes.length === 4 * classes * channels)).toHaveLength(
    1,
  );
  const cotangent = new Float32Array(classes);
  cotangent[700] = 3;
  const { [gradientName('x')]: gradient = [] } = await outputs(compiled, {
    x: tensor('float32', [1, channels, 2, 2], values(2, channels, 2, 2)),
    [COTANGENT]: tensor('float32', [1, classes], cotangent),
  });
  expect(gradient).toHaveLength(4 * channels);
  gradient.forEach((value, i) => {
    expect(value).toBeCloseTo((3 * (weights[700 * channels + Math.floor(i / 4)] as number)) / 4, 5);
  });
});
