/** CAM methods over several layers: the mean of the maps of the single ones. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { enlargeMap, mapAtOwnSize } from '../../../src/core/method/saliency-map.ts';
import { attentionMaps } from '../../../src/core/model/attention.ts';
import { scaledToUnit } from '../../../src/core/strategy/activation/layer-maps.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { imageGraph, imageTensor, openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { testMethod } from '../../support/contract-suite.ts';
import { transformer } from '../../support/transformer.ts';

const methods = plugins.map(({ method }) => method);
const explainer = explainerOf(methods);
const several = methods.filter(
  ({ params, id }) =>
    'more_layers' in params.shape && 'target_layer' in params.shape && id !== 'layer_integrated_gradients',
);
const image = imageTensor();
const modelled = openGraph(imageGraph());
const few = (id: string) => (id === 'ss_cam' || id === 'smooth_grad_cam_plus_plus' ? { n_samples: 2 } : {});

async function mapOf(method: string, params: object) {
  const model = await modelled;
  const { rows } = await explainer.explain(model, {
    method,
    params: { ...params, ...few(method) },
    target: 1,
    inputs: { image },
  });
  const [row] = rows;
  return { row, own: mapAtOwnSize({ values: row?.values ?? {} }, model.info()) ?? float32([0]) };
}

describe('methods with more_layers', () => {
  it('are all class activation maps that name a layer', () => {
    const cams = methods.filter(({ id, params }) => /cam|^fem$|^dff$/.test(id) && 'target_layer' in params.shape);
    const missing = cams.filter(({ params }) => !('more_layers' in params.shape)).map(({ id }) => id);
    // Guided Grad-CAM multiplies the map with values of the input, which is no layer.
    expect(missing).toEqual(['guided_grad_cam']);
  });

  it.each(several.filter(({ id }) => !['refine_cam', 'vit_recipro_cam', 'tcav'].includes(id)).map(({ id }) => id))(
    '%s gives the mean of the maps of both layers, and each of them',
    async (method) => {
      const [last, ...others] = (await modelled).info().spatialLayers.map(({ name }) => name) as [string, ...string[]];
      const earlier = others.at(-1) as string;
      const enlarged = async (target_layer: string) => {
        const { own } = await mapOf(method, { target_layer });
        const scaled = float32(own.dims, scaledToUnit(Float64Array.from(own.data)));
        return enlargeMap(scaled, [8, 8]).data;
      };
      const [first, second] = [await enlarged(last), await enlarged(earlier)];
      const { row, own } = await mapOf(method, { target_layer: last, more_layers: [earlier] });
      for (const [p, value] of own.data.entries()) {
        expect(value).toBeCloseTo(((first[p] as number) + (second[p] as number)) / 2, 4);
      }
      expect(row?.maps?.map(({ name }) => name)).toEqual([last, earlier]);
      expect(row?.maps?.[1]?.map?.data[0]).toBeCloseTo(second[0] as number, 4);
    },
  );

  it('vit_recipro_cam gives the mean over the blocks of a vision transformer', async () => {
    const model = await transformer();
    const [first, last] = attentionMaps(model.graph).map(({ skip }) => skip as string) as [string, string];
    const { rows } = await explainer.explain(model, {
      method: 'vit_recipro_cam',
      params: { target_layer: last, more_layers: [first] },
      target: 1,
      inputs: { image },
    });
    expect(rows[0]?.maps).toHaveLength(2);
    expect(rows[0]?.map?.dims).toEqual([8, 8]);
  });

  it('refuse a layer that is named twice', async () => {
    const [last] = (await modelled).info().spatialLayers.map(({ name }) => name) as [string];
    const twice = mapOf('score_cam', { target_layer: last, more_layers: [last] });
    await expect(twice).rejects.toMatchObject({
      code: 'unprocessable_method',
      message: expect.stringContaining('twice'),
    });
  });

  it('refuse concepts of several layers', async () => {
    const earlier = (await modelled).info().spatialLayers.at(-1)?.name as string;
    await expect(mapOf('dff', { returns: 'concept', more_layers: [earlier] })).rejects.toThrow('returns=map');
  });
});

// Without dff: maps of layers are scaled to [0, 1], and two classes may need the same concept most.
for (const id of ['score_cam', 'ablation_cam', 'finer_cam', 'recipro_cam', 'shapley_cam']) {
  const method = methods.find((one) => one.id === id);
  if (method) testMethod(method, { params: { more_layers: ['features'] } });
}
