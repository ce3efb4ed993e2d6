/** Expected Grad-CAM where its expectation is known. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import expectedGradCam from '../../../src/plugins/activation/expected-grad-cam.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf([expectedGradCam, gradCam]);
const inputs = { image: float32([1, 1, 1, 4], [4, 3, 2, 1]) };

/** A score that no longer rises where the sum of the features is above 2: its slope at the input is zero. */
function saturated() {
  const g = GraphBuilder.empty();
  const layer = g.named(g.op('Relu', [g.input('image', 'float32', ['N', 1, 1, 4])]), 'layer');
  const sum = g.reduce('ReduceSum', layer, [2, 3], false);
  return openGraph(g.build([g.named(g.op('Min', [sum, g.scalar(2)]), 'y')]));
}

async function mapOf(method: string, params: object) {
  const request = { method, params: { target_layer: 'layer', relu: false, ...params }, target: 0, inputs };
  const { rows } = await explainer.explain(await saturated(), request);
  return [...(rows[0]?.values.layer?.data ?? [])];
}

describe('expected_grad_cam', () => {
  it('finds the features of a saturated score, whose gradient is zero', async () => {
    expect(await mapOf('grad_cam', {})).toEqual([0, 0, 0, 0]);
    const [first, ...rest] = await mapOf('expected_grad_cam', { n_samples: 1000, stdevs: 0 });
    // The sum is 10 at the input, so that a fifth of the way is not saturated.
    expect(first).toBeCloseTo(4 * 0.2, 1);
    expect(rest.every((value, i) => Math.abs(value - ((first as number) * (3 - i)) / 4) < 1e-5)).toBe(true);
  });

  it('is Grad-CAM where the baseline is the input and there is no noise', async () => {
    const g = GraphBuilder.empty();
    const layer = g.named(g.op('Relu', [g.input('image', 'float32', ['N', 1, 1, 4])]), 'layer');
    const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', g.mul(layer, layer), [2, 3], false), 'y')]));
    const run = async (method: string, params: object) => {
      const request = { method, params: { target_layer: 'layer', ...params }, target: 0, inputs, baselines: inputs };
      return [...((await explainer.explain(model, request)).rows[0]?.values.layer?.data ?? [])];
    };
    const expected = await run('grad_cam', {});
    const found = await run('expected_grad_cam', { n_samples: 3, stdevs: 0 });
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
  });
});
