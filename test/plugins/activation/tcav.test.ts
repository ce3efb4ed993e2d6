import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import tcav from '../../../src/plugins/activation/tcav.ts';
import { imageGraph, imageTensor, openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { testMethod } from '../../support/contract-suite.ts';

testMethod(tcav, {
  params: { concept: [1, -1, 2, 0, 1] },
  subjects: async () => [{ name: 'image', model: await openGraph(imageGraph()), inputs: { image: imageTensor() } }],
});

describe('tcav', () => {
  /** y = sum of slopes times a layer of two channels and two places. */
  const explain = async (params: Readonly<Record<string, unknown>>, manifest = {}) => {
    const g = GraphBuilder.empty();
    const layer = g.named(g.op('Relu', [g.input('image', 'float32', ['N', 2, 1, 2])]), 'layer');
    const slopes = g.constant('float32', [1, 2, 1, 2], [1, 2, 5, -10]);
    const model = await openGraph(
      g.build([g.named(g.reduce('ReduceSum', g.mul(layer, slopes), [1, 2, 3], false), 'y')]),
      manifest,
    );
    const { rows } = await explainerOf([tcav]).explain(model, {
      method: 'tcav',
      params: { target_layer: 'layer', ...params },
      target: 'sum',
      inputs: { image: float32([1, 2, 1, 2], [1, 1, 1, 1]) },
    });
    return [...(rows[0]?.values.layer?.data ?? [])];
  };

  it('gives the derivative along the concept vector of length 1 at each place', async () => {
    const map = await explain({ concept: [6, 8], relu: false });
    for (const [i, value] of [0.6 * 1 + 0.8 * 5, 0.6 * 2 - 0.8 * 10].entries()) expect(map[i]).toBeCloseTo(value, 5);
  });

  it('cuts what moves the score down by default', async () => {
    const map = await explain({ concept: [6, 8] });
    expect(map[1]).toBe(0);
  });

  it('takes the vector and the layer of a concept that is kept with the model', async () => {
    const concepts = { stripes: { layer: 'layer', vector: [6, 8] } };
    const named = { target_layer: 'auto', concept: 'stripes', relu: false };
    expect(await explain(named, { concepts })).toEqual(await explain({ concept: [6, 8], relu: false }));
    await expect(explain({ concept: 'dots' }, { concepts })).rejects.toMatchObject({
      code: 'unprocessable_method',
      message: 'The model keeps no concept "dots": it has stripes.',
    });
  });

  it('refuses a vector that does not have the channels of the layer', async () => {
    await expect(explain({ concept: [1, 2, 3] })).rejects.toMatchObject({ code: 'unprocessable_method' });
    await expect(explain({})).rejects.toMatchObject({ code: 'unprocessable_method' });
  });
});
