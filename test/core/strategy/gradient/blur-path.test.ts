import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../../src/core/autodiff/compile.ts';
import { gaussianBlur, gaussianKernel } from '../../../../src/core/image/blur.ts';
import { GraphBuilder } from '../../../../src/core/onnx/builder.ts';
import { blurRows, blurRuleset } from '../../../../src/core/strategy/gradient/blur-path.ts';
import { Random } from '../../../../src/core/tensor/random.ts';
import { float32, sizeOf, type Tensor } from '../../../../src/core/tensor/tensor.ts';
import { open } from '../../../support/engine.ts';

/** Blurred in double precision, by the definition: zeros beyond the edge. */
function blurred(x: ArrayLike<number>, dims: readonly number[], axes: readonly number[], sigma: number): Float64Array {
  const half = gaussianKernel(sigma);
  let values = Float64Array.from(x);
  for (const axis of axes) {
    const inner = sizeOf(dims.slice(axis + 1));
    const length = dims[axis] as number;
    values = values.map((_, i) => {
      const at = Math.floor(i / inner) % length;
      let sum = 0;
      for (let j = 0; j < length; j++) sum += (half[Math.abs(at - j)] ?? 0) * (values[i + (j - at) * inner] as number);
      return sum;
    });
  }
  return values;
}

describe('blurRuleset', () => {
  it.each([
    ['an image, channels first', ['N', 2, 9, 6], [2, 3]],
    ['an image, channels last', ['N', 9, 6, 2], [1, 2]],
    ['a series, channels first', ['N', 3, 11], [2]],
    ['a series, channels last', ['N', 11, 3], [1]],
    ['symbolic dims', ['N', 2, 'height', 'width'], [2, 3]],
  ] as const)('blurs in the graph, and returns the gradient times the change: %s', async (_, dims, axes) => {
    const shape = [1, ...dims.slice(1).map((d) => (d === 'height' ? 9 : d === 'width' ? 6 : Number(d)))];
    const size = sizeOf(shape);
    const g = GraphBuilder.empty();
    // Half the sum of squares: its gradient is what the model sees.
    const x = g.input('x', 'float32', dims);
    const squares = g.mul(g.mul(x, x), g.scalar(0.5));
    const axesOfAll = shape.map((_, axis) => axis).slice(1);
    const graph = g.build([
      g.named(
        g.reduce(
          'ReduceSum',
          g.op('Unsqueeze', [squares, g.ints([1])]),
          axesOfAll.map((a) => a + 1),
          false,
        ),
        'y',
      ),
    ]);
    const ruleset = blurRuleset([{ name: 'x', axes }]);
    const run = await open(compile(graph, { scores: 'y', gradients: ['x'], ruleset }));
    const sharp = float32(shape, new Random(1).normal(size));
    const sigmas = [
      [0, 0.01],
      [1.3, 1.31],
      [20, 20.5],
    ] as const;
    const rows = blurRows({ name: 'x', axes }, sharp, sigmas);
    const repeated = float32([3, ...shape.slice(1)], [...sharp.data, ...sharp.data, ...sharp.data]);
    const result = await run({ ...rows, 'sharp/x': repeated, [COTANGENT]: float32([3, 1], [1, 1, 1]) });
    for (const [row, [here, there]] of sigmas.entries()) {
      const now = blurred(sharp.data, shape, axes, here);
      const next = blurred(sharp.data, shape, axes, there);
      const expected = now.map((value, i) => value * ((next[i] as number) - value));
      const scale = Math.max(...expected.map(Math.abs), 1e-12);
      const values = (result[gradientName('x')] as Tensor<'float32'>).data.subarray(row * size, (row + 1) * size);
      for (const [i, value] of values.entries())
        expect(Math.abs(value - (expected[i] as number)) / scale).toBeLessThan(2e-6);
      const seen = gaussianBlur(sharp, here, { axes, border: 'constant' }).data;
      const score = seen.reduce((sum, value) => sum + value * value, 0) / 2;
      expect((result.y as Tensor<'float32'>).data[row]).toBeCloseTo(score, 4);
    }
  });
});
