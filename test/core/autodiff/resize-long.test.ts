/** Resize along axes so long that a matrix of both extents would not fit: the transpose of the forward pass. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';

const [from, to] = [9000, 4001];

function resized(mode: string, coordinates: string) {
  const g = GraphBuilder.empty('resized');
  const x = g.input('x', 'float32', ['N', 1, from]);
  const y = g.op('Resize', [x, null, null, g.ints([to])], {
    mode,
    axes: [2],
    coordinate_transformation_mode: coordinates,
  });
  return g.build([g.named(g.op('Flatten', [y]), 'scores')]);
}

const dot = (a: Tensor, b: Tensor): number =>
  Array.from(a.data, Number).reduce((sum, v, i) => sum + v * Number(b.data[i]), 0);

describe('the derivative of Resize along a long axis', () => {
  it.each([
    ['linear', 'half_pixel'],
    ['linear', 'align_corners'],
    ['linear', 'pytorch_half_pixel'],
    ['nearest', 'asymmetric'],
  ])('is the transpose of %s interpolation with the coordinates %s', async (mode, coordinates) => {
    const graph = compile(resized(mode, coordinates), { scores: 'scores', gradients: ['x'] });
    const session = await onnxruntimeNode({ threads: 1 }).load(write(graph));
    const x = float32([1, 1, from], new Random(1).normal(from));
    const dy = float32([1, to], new Random(2).normal(to));
    const answer = await session.run({ x, [COTANGENT]: dy });
    await session.release();
    const forward = dot(answer.scores as Tensor, dy);
    const backward = dot(answer[gradientName('x')] as Tensor, x);
    expect(Math.abs(forward - backward)).toBeLessThan(1e-3 * Math.sqrt(to));
    expect(graph.nodes.map(({ op }) => op)).not.toContain('EyeLike');
  });

  it('is refused for cubic interpolation, with the reason', () => {
    expect(() => compile(resized('cubic', 'half_pixel'), { scores: 'scores', gradients: ['x'] })).toThrow(
      'along an axis of 9000 positions',
    );
  });
});
