import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { smoothGradCamPlusPlus } from '../../../src/plugins/activation/smooth-grad-cam-plus-plus.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

/** y = sum(x^2) / 2 at a layer of one channel and two places: the gradient is the layer itself. */
async function explain(convention: string, noise: readonly (readonly number[])[]) {
  const g = GraphBuilder.empty();
  const layer = g.named(g.op('Relu', [g.input('image', 'float32', ['N', 1, 1, 2])]), 'layer');
  const half = g.mul(g.mul(layer, layer), g.scalar(0.5));
  const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', half, [2, 3], false), 'y')]));
  const recorded = smoothGradCamPlusPlus((sample, values) =>
    Object.fromEntries(
      Object.entries(values).map(([name, { dims, data }]) => [
        name,
        float32(
          dims,
          data.map((x, i) => x + (noise[sample]?.[i] as number)),
        ),
      ]),
    ),
  );
  const { rows } = await explainerOf([recorded]).explain(model, {
    method: 'smooth_grad_cam_plus_plus',
    params: { target_layer: 'layer', n_samples: noise.length, convention },
    inputs: { image: float32([1, 1, 1, 2], [1, 2]) },
  });
  return [...(rows[0]?.values.layer?.data ?? [])];
}

describe('smooth_grad_cam_plus_plus', () => {
  /** Gradients of the two copies are [1, 2] and [3, 2]. */
  const noise = [
    [0, 0],
    [2, 0],
  ];
  const [square, cube] = [
    [5, 4],
    [14, 8],
  ] as const;
  const cubes = cube[0] + 2 * cube[1];
  it.each([
    ['mean_gradient', (5 / (2 * square[0] + cubes)) * 2 + (4 / (2 * square[1] + cubes)) * 2],
    ['last_gradient', (5 / (2 * square[0] + cubes)) * 3 + (4 / (2 * square[1] + cubes)) * 2],
    ['first_order', (2 / (2 * square[0] + cubes)) * 2 + (2 / (2 * square[1] + cubes)) * 2],
  ])('weights a channel as the formula of %s says', async (convention, weight) => {
    const map = await explain(convention, noise);
    for (const [i, value] of [1, 2].entries()) expect(map[i]).toBeCloseTo(value * weight, 5);
  });
});
