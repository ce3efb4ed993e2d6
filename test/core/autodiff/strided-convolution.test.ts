import { expect, test } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import type { AttributesLike } from '../../../src/core/onnx/attribute-like.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { windowOf } from '../../../src/core/onnx/window.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { sizeOf, tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../../src/testing/open.ts';

const random = (seed: number, dims: readonly number[]) => new Random(seed, 0).normal(sizeOf(dims));
const [ROWS, CHANNELS] = [2, 3];

type Pair = readonly [number, number];
type Case = readonly [name: string, outputs: number, space: Pair, kernel: Pair, attributes: AttributesLike];

/** Windows of depthwise convolutions, with the extents of their input and the outputs of each channel. */
const WINDOWS: readonly Case[] = [
  ['3x3 by 2', 1, [8, 7], [3, 3], { strides: [2, 2] }],
  ['3x3 by 2, padded', 1, [8, 9], [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['3x3 by 2, padded at the end', 1, [8, 8], [3, 3], { strides: [2, 2], pads: [0, 0, 1, 1] }],
  ['5x3 by 3 and 2, padded unevenly', 1, [11, 8], [5, 3], { strides: [3, 2], pads: [2, 0, 1, 1] }],
  ['3x3 by 2, dilated', 1, [11, 11], [3, 3], { strides: [2, 2], dilations: [2, 2], pads: [2, 2, 2, 2] }],
  ['2x2 by 3, with elements that no window reads', 1, [9, 8], [2, 2], { strides: [3, 3] }],
  ['3x3 by 2, two outputs for each channel', 2, [7, 7], [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }],
];

function gradientOf([, outputs, space, kernel, attributes]: Case, optimize: 'memory' | 'speed') {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', CHANNELS, ...space]);
  const dims = [CHANNELS * outputs, 1, ...kernel];
  const y = g.op('Conv', [x, g.constant('float32', dims, random(1, dims))], { ...attributes, group: CHANNELS });
  const graph = g.build([g.named(y, 'y')]);
  const [node] = graph.nodes;
  if (!node) throw new Error('The graph has no convolution.');
  const compiled = compile(graph, { scores: 'y', gradients: ['x'], topClass: false, optimize });
  return { compiled, to: (y.dims ?? []).slice(1).map(Number), window: windowOf(node, x.dims, dims) };
}

/** Kernels of more than one position of the transposed convolutions of a graph. */
const widelyTransposed = ({ nodes, constants }: Graph) =>
  nodes.filter(
    ({ op, inputs }) => op === 'ConvTranspose' && sizeOf(constants.get(inputs[1] ?? '')?.dims.slice(2) ?? []) > 1,
  );

/** dx of a depthwise convolution in double precision, element by element. */
function expectedOf([, outputs, [height, width], kernel, _]: Case, dy: Float32Array, { to, window }: Measured) {
  const weights = random(1, [CHANNELS * outputs, 1, ...kernel]);
  const [maps, rows, columns] = to as [number, number, number];
  const dx = new Float64Array(ROWS * CHANNELS * height * width);
  for (const [i, cotangent] of dy.entries()) {
    const plane = Math.floor(i / (rows * columns));
    const [map, row] = [plane % maps, Math.floor(plane / maps)];
    const at = [Math.floor((i % (rows * columns)) / columns), i % columns] as const;
    for (let k = 0; k < sizeOf(kernel); k++) {
      const tap = [Math.floor(k / kernel[1]), k % kernel[1]] as const;
      const [r, c] = tap.map(
        (place, axis) =>
          (at[axis] as number) * (window.strides[axis] as number) +
          place * (window.dilations[axis] as number) -
          (window.padsBegin[axis] as number),
      ) as [number, number];
      if (r < 0 || c < 0 || r >= height || c >= width) continue;
      const element = ((row * CHANNELS + Math.floor(map / outputs)) * height + r) * width + c;
      dx[element] = (dx[element] as number) + cotangent * (weights[map * sizeOf(kernel) + k] as number);
    }
  }
  return dx;
}
type Measured = ReturnType<typeof gradientOf>;

test.each(WINDOWS)(
  'the input gradient of a strided depthwise convolution is exact to rounding: %s',
  async (...each) => {
    const fast = gradientOf(each, 'speed');
    expect(widelyTransposed(fast.compiled)).toHaveLength(0);
    expect(widelyTransposed(gradientOf(each, 'memory').compiled)).toHaveLength(1);
    const [space, shape] = [each[2], [ROWS, ...fast.to]];
    const dy = Float32Array.from(random(2, shape));
    const run = await open(fast.compiled);
    const { [gradientName('x')]: dx } = await run({
      x: tensor('float32', [ROWS, CHANNELS, ...space], random(3, [ROWS, CHANNELS, ...space])),
      [COTANGENT]: tensor('float32', shape, dy),
    });
    await run.release();
    const expected = expectedOf(each, dy, fast);
    expect(dx?.dims).toEqual([ROWS, CHANNELS, ...space]);
    for (const [i, value] of expected.entries()) expect(Math.abs(Number(dx?.data[i]) - value)).toBeLessThan(2e-6);
  },
);

test('a strided convolution over several channels keeps its transposed convolution, which zeros would make slower', () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 4, 8, 8]);
  const y = g.op('Conv', [x, g.constant('float32', [6, 4, 3, 3], random(1, [6, 4, 3, 3]))], { strides: [2, 2] });
  const compiled = compile(g.build([g.named(y, 'y')]), { scores: 'y', gradients: ['x'], optimize: 'speed' });
  expect(widelyTransposed(compiled)).toHaveLength(1);
});
