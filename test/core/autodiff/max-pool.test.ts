import { expect, test } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { windowOf } from '../../../src/core/onnx/window.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { sizeOf, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { onnxruntimeWeb } from '../../../src/node/onnxruntime-web.ts';

// As many channels as native kernels keep in a block.
const [ROWS, CHANNELS] = [2, 16];

const WINDOWS = [
  ['3x3 by 2', [7, 6], { kernel_shape: [3, 3], strides: [2, 2] }],
  ['3x3 by 2, padded', [7, 6], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['3x3 by 2, beyond the end', [6, 6], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }],
  ['2x2 by 2', [6, 7], { kernel_shape: [2, 2], strides: [2, 2] }],
  ['2x3 by 1', [4, 5], { kernel_shape: [2, 3] }],
  ['2x2 by 3', [7, 8], { kernel_shape: [2, 2], strides: [3, 3] }],
  ['4x4 by 2, with more positions than are compared', [8, 8], { kernel_shape: [4, 4], strides: [2, 2] }],
] as const;

/** Gradient of a pooling, and the shape of its result. */
function gradient(
  space: readonly number[],
  attributes: (typeof WINDOWS)[number][2],
  optimize: 'memory' | 'speed' = 'memory',
) {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', CHANNELS, ...space]);
  const y = g.op('MaxPool', [x], attributes);
  const graph = g.build([g.named(y, 'y')]);
  const [node] = graph.nodes;
  if (!node || !y.dims) throw new Error('The graph has no pooling.');
  const compiled = compile(graph, { scores: 'y', gradients: ['x'], topClass: false, optimize });
  return { compiled, to: y.dims.slice(2).map(Number), window: windowOf(node, x.dims) };
}

async function run(graph: Graph, feeds: Readonly<Record<string, Tensor>>): Promise<number[][]> {
  const gradients: number[][] = [];
  for (const engine of [onnxruntimeNode({ threads: 1 }), onnxruntimeWeb()]) {
    const session = await engine.load(write(graph));
    const { [gradientName('x')]: result } = await session.run(feeds);
    await session.release();
    gradients.push(Array.from(result?.data as Float32Array));
  }
  return gradients;
}

const CASES = WINDOWS.flatMap((window) => [['memory', ...window] as const, ['speed', ...window] as const]);

test.each(CASES)('the first of equal maxima takes the cotangent (%s), windows of %s', async (optimize, ...each) => {
  const [, space, attributes] = each;
  const { compiled, to, window } = gradient(space, attributes, optimize);
  const [height, width] = space;
  const [outRows, outColumns] = to as [number, number];
  // Few different numbers: nearly every window has several maxima.
  const x = Array.from(new Random(1, 0).uniform(ROWS * CHANNELS * height * width), (u) => Math.floor(u * 3) - 1);
  const dy = new Random(2, 0).normal(ROWS * CHANNELS * outRows * outColumns);
  const expected = new Float64Array(x.length);
  for (let plane = 0; plane < ROWS * CHANNELS; plane++) {
    for (let at = 0; at < outRows * outColumns; at++) {
      let [best, largest] = [-1, Number.NEGATIVE_INFINITY];
      for (let k = 0; k < window.kernel.reduce((a, b) => a * b, 1); k++) {
        const columns = window.kernel[1] as number;
        const row = Math.floor(at / outColumns) * (window.strides[0] as number) - (window.padsBegin[0] as number);
        const column = (at % outColumns) * (window.strides[1] as number) - (window.padsBegin[1] as number);
        const [r, c] = [row + Math.floor(k / columns), column + (k % columns)];
        const value = x[(plane * height + r) * width + c] as number;
        if (r < 0 || c < 0 || r >= height || c >= width || value <= largest) continue;
        [best, largest] = [(plane * height + r) * width + c, value];
      }
      expected[best] = (expected[best] as number) + (dy[plane * outRows * outColumns + at] as number);
    }
  }
  const feeds = {
    x: tensor('float32', [ROWS, CHANNELS, height, width], x),
    [COTANGENT]: tensor('float32', [ROWS, CHANNELS, ...to], dy),
  };
  for (const result of await run(compiled, feeds))
    for (const [i, value] of result.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
});

test('a window of NaN alone gives a gradient all the same', async () => {
  const { compiled, to } = gradient([6, 6], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  const shape = [ROWS, CHANNELS, 6, 6];
  const feeds = {
    x: tensor('float32', shape, new Float32Array(sizeOf(shape)).fill(Number.NaN)),
    [COTANGENT]: tensor('float32', [ROWS, CHANNELS, ...to], new Float32Array(ROWS * CHANNELS * sizeOf(to)).fill(1)),
  };
  for (const result of await run(compiled, feeds)) expect(result).toHaveLength(sizeOf(shape));
});

/** Maxima of one window of three elements, and the shares of the cotangent that they get. */
const CLOSE: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [0, 2 ** -125, 0],
    [0, 1, 0],
  ],
  [
    [-1e30, -1e-30, 1e30],
    [0, 0, 1],
  ],
  [
    [1 + 2 ** -23, 1, 1 + 2 ** -23],
    [1, 0, 0],
  ],
  [
    [2 ** -101 + 2 ** -124, 2 ** -101, 0],
    [1, 0, 0],
  ],
  [
    [0, 2 ** -126, 0],
    [0.5, 0.5, 0],
  ],
];

test.each(CLOSE)(
  'elements 2^-125 apart are told from one another, closer ones share the cotangent: %j',
  async (...each) => {
    const [elements, shares] = each;
    const g = GraphBuilder.empty();
    const y = g.op('MaxPool', [g.input('x', 'float32', ['N', 1, 1, 3])], { kernel_shape: [1, 3] });
    const request = { scores: 'y', gradients: ['x'], topClass: false, optimize: 'speed' } as const;
    const compiled = compile(g.build([g.named(y, 'y')]), request);
    const feeds = { x: tensor('float32', [1, 1, 1, 3], elements), [COTANGENT]: tensor('float32', [1, 1, 1, 1], [3]) };
    for (const result of await run(compiled, feeds))
      expect(result.map((value) => value + 0)).toEqual(shares.map((share) => 3 * share));
  },
);
