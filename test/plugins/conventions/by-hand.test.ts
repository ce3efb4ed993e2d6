/** Conventions of other libraries that are easily missed, with numbers by hand. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import ablationCam from '../../../src/plugins/activation/ablation-cam.ts';
import deepLift from '../../../src/plugins/gradient/deep-lift.ts';
import featureAblation from '../../../src/plugins/perturbation/feature-ablation.ts';
import layerFeatureAblation from '../../../src/plugins/perturbation/layer-feature-ablation.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf([ablationCam, deepLift, featureAblation, layerFeatureAblation]);

/** The sum of a layer of `channels` x 1 x 2, which is the input itself. */
function sumOfLayer(channels: number) {
  const g = GraphBuilder.empty();
  const layer = g.named(g.op('Identity', [g.input('image', 'float32', ['N', channels, 1, 2])]), 'before');
  const layer2 = g.named(g.op('Add', [layer, g.scalar(0)]), 'layer');
  return openGraph(g.build([g.named(g.reduce('ReduceSum', layer2, [1, 2, 3], false), 'y')]));
}

async function explain(
  method: string,
  data: readonly number[],
  params: Readonly<Record<string, unknown>>,
  baselines?: Parameters<typeof explainer.explain>[1]['baselines'],
) {
  const channels = data.length / 2;
  const { rows } = await explainer.explain(await sumOfLayer(channels), {
    method,
    params,
    target: 'sum',
    inputs: { image: float32([1, channels, 1, 2], [...data]) },
    ...(baselines && { baselines }),
  });
  return [...(Object.values(rows[0]?.values ?? {})[0]?.data ?? [])];
}

describe('ablation_cam', () => {
  it('weights a constant map by the share of the score that it carries', async () => {
    expect(await explain('ablation_cam', [1, 1, 3, 3], { target_layer: 'layer' })).toEqual([
      2 / 8 + (3 * 6) / 8,
      2 / 8 + (3 * 6) / 8,
    ]);
  });

  it('sets each channel 1e7 further below the minimum than the one before under the preset pytorch_grad_cam', async () => {
    const map = await explain('ablation_cam', [1, 1, 1, 1], { target_layer: 'layer', preset: 'pytorch_grad_cam' });
    // The score falls from 4 to 2 + 2 (1 - 1e7 k) for channel k of 2.
    expect((map[0] as number) / ((2e7 * (1 + 2)) / 4)).toBeCloseTo(1, 5);
  });
});

describe('layer_feature_ablation', () => {
  it.each([
    ['one number', 1, [1, 2, 3, 4]],
    ['a number for each channel', [1, 2], [1, 2, 2, 3]],
    ['a number for each element', [2, 3, 4, 5], [0, 0, 0, 0]],
  ])('takes %s as baseline', async (_, baseline, expected) => {
    const params = { target_layer: 'layer', feature_mask: 'none', baseline };
    expect(await explain('layer_feature_ablation', [2, 3, 4, 5], params)).toEqual(expected);
  });

  it('refuses a list of another length', async () => {
    const params = { target_layer: 'layer', feature_mask: 'none', baseline: [1, 2, 3] };
    await expect(explain('layer_feature_ablation', [2, 3, 4, 5], params)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('baselines of a request', () => {
  it.each([
    ['one number', [1], [1], [1, 2, 3, 4]],
    ['a number for each channel', [1, 2, 1, 1], [1, 2], [1, 2, 2, 3]],
    ['a number for each column', [1, 1, 1, 2], [2, 3], [0, 0, 2, 2]],
  ])('spread %s over the input', async (_, dims, data, expected) => {
    const baselines = { image: float32(dims, data) };
    expect(await explain('feature_ablation', [2, 3, 4, 5], { feature_mask: 'none' }, baselines)).toEqual(expected);
  });

  it('are refused where they do not broadcast', async () => {
    const baselines = { image: float32([1, 3, 1, 1]) };
    await expect(explain('feature_ablation', [2, 3, 4, 5], {}, baselines)).rejects.toMatchObject({
      code: 'invalid_tensor',
    });
  });
});

describe('deep_lift', () => {
  it('explains an input that is named as the layer', async () => {
    expect(await explain('deep_lift', [2, 3, 4, 5], { target_layer: 'image', baseline: 1 })).toEqual([1, 2, 3, 4]);
  });
});
