/** Token models: the class token stands for no place, the others are the places of the image. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { imageTensor, openGraph, tokenGraph, tokens } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { testMethod } from '../../support/contract-suite.ts';
import { transformer } from '../../support/transformer.ts';

const methods = plugins.map(({ method }) => method);
const explainer = explainerOf(methods);
const activation = methods.filter(({ strategy }) => strategy === 'activation');

for (const method of activation) {
  testMethod(method, {
    params: method.id === 'ss_cam' ? { n_samples: 2 } : {},
    subjects: async () => [{ name: 'image', model: await transformer(), inputs: { image: imageTensor() } }],
  });
}

const values = async (method: string, options = {}, params = {}) => {
  const { rows } = await explainer.explain(await transformer(options), {
    method,
    params,
    target: 1,
    inputs: { image: imageTensor() },
  });
  return { values: Object.entries(rows[0]?.values ?? {}), map: rows[0]?.map as Tensor<'float32'> };
};

describe('methods on a vision transformer', () => {
  it.each(
    activation
      // The map of several layers is that of the image, and a concept has as many numbers as its layer has channels.
      .filter(({ id, params }) => id !== 'refine_cam' && 'relu' in params.shape && !('concept' in params.shape))
      .filter(({ params }) => 'target_layer' in params.shape)
      .map(({ id }) => id),
  )('%s uses the tokens before the last attention', async (method) => {
    const { values: found, map } = await values(
      method,
      {},
      { relu: false, ...(method === 'ss_cam' && { n_samples: 1 }) },
    );
    expect(found.map(([, { dims }]) => dims)).toEqual([[1, 5, 1]]);
    expect(found[0]?.[1].data[0]).toBe(0);
    expect(map.dims).toEqual([8, 8]);
    // Corners of the enlarged map are the patches themselves.
    const [, topLeft, topRight, bottomLeft, bottomRight] = found[0]?.[1].data ?? [];
    expect([map.data[0], map.data[7], map.data[56], map.data[63]]).toEqual([
      topLeft,
      topRight,
      bottomLeft,
      bottomRight,
    ]);
  });

  it.each(['attention_rollout', 'transformer_attribution', 'grad_cam'])(
    '%s does not depend on the form of the exported graph',
    async (method) => {
      const { values: plain } = await values(method);
      for (const options of [{ foldHeads: true }, { spellOutNorm: true }, { foldHeads: true, spellOutNorm: true }]) {
        const { values: other } = await values(method, options);
        for (const [i, x] of (plain[0]?.[1].data ?? []).entries()) expect(other[0]?.[1].data[i]).toBeCloseTo(x, 5);
      }
    },
  );

  it('give rollout rows that sum to one with the class token', async () => {
    const { values: found } = await values('attention_rollout', {}, { query: 'mean' });
    const places = found[0]?.[1].data.reduce((sum, x) => sum + x, 0) ?? 0;
    expect(places).toBeGreaterThan(0);
    expect(places).toBeLessThan(1);
  });

  it('explain each row of a batch with folded heads separately', async () => {
    const model = await transformer({ foldHeads: true });
    const both = float32([2, 3, 8, 8], [...imageTensor(1).data, ...imageTensor(2).data]);
    const { rows } = await explainer.explain(model, {
      method: 'transformer_attribution',
      target: 2,
      inputs: { image: both },
    });
    const alone = await explainer.explain(model, {
      method: 'transformer_attribution',
      target: 2,
      inputs: { image: imageTensor(2) },
    });
    expect(rows[1]?.values).toEqual(alone.rows[0]?.values);
  });
});

it.each(['attention_rollout', 'transformer_attribution', 'cam'])(
  '%s refuses a model without attention or feature maps before anything runs',
  async (method) => {
    const model = await openGraph(tokenGraph());
    expect(() => explainer.plan(model, { method, inputs: { ids: tokens() } })).toThrow(
      expect.objectContaining({ code: 'unprocessable_method' }),
    );
  },
);
