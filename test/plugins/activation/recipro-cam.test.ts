/** Recipro-CAM: numbers by hand on a model whose score is a sum over places. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import reciproCam from '../../../src/plugins/activation/recipro-cam.ts';
import vitReciproCam from '../../../src/plugins/activation/vit-recipro-cam.ts';
import { imageTensor, openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { testMethod } from '../../support/contract-suite.ts';
import { transformer } from '../../support/transformer.ts';

const explainer = explainerOf([reciproCam, vitReciproCam]);

testMethod(reciproCam, { params: { response: 'probability', mask: 'single', scaled: false } });

/** The sum of a ReLU over 3 x 3 places is class 0, its negative class 1. */
function sumOfPlaces() {
  const g = GraphBuilder.empty();
  const layer = g.named(g.op('Relu', [g.input('image', 'float32', ['N', 1, 3, 3])]), 'layer');
  const sum = g.reduce('ReduceSum', layer, [2, 3], false);
  return openGraph(g.build([g.named(g.op('MatMul', [sum, g.constant('float32', [1, 2], [1, -1])]), 'y')]));
}

async function mapOf(params: Readonly<Record<string, unknown>>, data = [0, 0, 0, 0, 16, 0, 0, 0, 32]) {
  const { rows } = await explainer.explain(await sumOfPlaces(), {
    method: 'recipro_cam',
    target: 0,
    params: { target_layer: 'layer', ...params },
    inputs: { image: float32([1, 1, 3, 3], data) },
  });
  return [...(rows[0]?.values.layer?.data ?? [])];
}

describe('recipro_cam', () => {
  it('gives the score of each place alone', async () => {
    expect(await mapOf({ mask: 'single', scaled: false })).toEqual([0, 0, 0, 0, 16, 0, 0, 0, 32]);
  });

  it('weights neighbours with a binomial kernel that is cut at the border', async () => {
    expect(await mapOf({ scaled: false })).toEqual([1, 2, 1, 2, 4 + 2, 2 + 4, 1, 2 + 4, 1 + 8]);
  });

  it('scales the map to the range from 0 to 1 by default', async () => {
    expect(await mapOf({ mask: 'single' })).toEqual([0, 0, 0, 0, 0.5, 0, 0, 0, 1]);
  });

  it('gives the softmax probability of the target when asked to', async () => {
    const [first, , , , middle] = await mapOf(
      { mask: 'single', scaled: false, response: 'probability' },
      [0, 0, 0, 0, 1, 0, 0, 0, 0],
    );
    expect(first).toBeCloseTo(0.5, 6);
    expect(middle).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  });

  it('keeps neighbours in the image where tokens are in windows', async () => {
    const g = GraphBuilder.empty();
    const maps = g.op('Relu', [g.input('image', 'float32', ['N', 2, 4, 4])]);
    const parts = g.op('Reshape', [maps, g.ints([0, 2, 2, 2, 2, 2])]);
    const windows = g.op('Reshape', [g.op('Transpose', [parts], { perm: [0, 2, 4, 3, 5, 1] }), g.ints([0, 16, 2])]);
    const tokens = g.named(windows, 'tokens');
    const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', tokens, [1], false), 'y')]));
    // The first place of the second window of the image's first row, and the one left of it.
    const data = new Float32Array(32);
    data[2] = 16;
    const explained = async (mask: string) => {
      const { rows } = await explainer.explain(model, {
        method: 'recipro_cam',
        target: 0,
        params: { target_layer: 'tokens', scaled: false, mask },
        inputs: { image: float32([1, 2, 4, 4], data) },
      });
      return [...(rows[0]?.values.tokens?.data ?? [])];
    };
    expect((await explained('single')).flatMap((value, at) => (value ? [[at, value]] : []))).toEqual([[4, 16]]);
    // Positions 1, 4 and 5 are places 1, 2 and 3 of the first row; 3, 6 and 7 lie below them.
    expect((await explained('gaussian')).flatMap((value, at) => (value ? [[at, value]] : []))).toEqual([
      [1, 2],
      [3, 1],
      [4, 4],
      [5, 2],
      [6, 2],
      [7, 1],
    ]);
  });

  it('refuses a layer without places', async () => {
    const model = await sumOfPlaces();
    const request = { method: 'recipro_cam', params: { target_layer: 'y' }, inputs: { image: float32([1, 1, 3, 3]) } };
    await expect(explainer.explain(model, request)).rejects.toMatchObject({ code: 'unprocessable_method' });
  });
});

describe('vit_recipro_cam', () => {
  const explain = async (params: Readonly<Record<string, unknown>>) => {
    const { rows } = await explainer.explain(await transformer(), {
      method: 'vit_recipro_cam',
      target: 1,
      params: { scaled: false, ...params },
      inputs: { image: imageTensor() },
    });
    return rows[0]?.values ?? {};
  };

  it('masks the tokens that the last block starts from, and leaves the class token out of the map', async () => {
    const [map] = Object.values(await explain({ class_token: 'zero' }));
    expect(map?.dims).toEqual([1, 5, 1]);
    expect(map?.data[0]).toBe(0);
    expect(new Set(map?.data).size).toBe(5);
  });

  it('is recipro_cam of the same tokens when the normalisation sees them masked', async () => {
    const masked = await explain({ normalisation: 'masked' });
    const [[layer = '', expected]] = Object.entries(masked) as [[string, (typeof masked)[string]]];
    const { rows } = await explainer.explain(await transformer(), {
      method: 'recipro_cam',
      target: 1,
      params: { scaled: false, target_layer: layer },
      inputs: { image: imageTensor() },
    });
    expect([...(rows[0]?.values[layer]?.data ?? [])]).toEqual([...expected.data]);
    expect(Object.values(await explain({}))[0]?.data).not.toEqual(expected.data);
  });

  it('depends on the class token', async () => {
    const [kept, zeroed] = [await explain({}), await explain({ class_token: 'zero' })];
    expect(Object.values(kept)[0]?.data).not.toEqual(Object.values(zeroed)[0]?.data);
  });

  it('refuses a model without attention', async () => {
    const request = { method: 'vit_recipro_cam', inputs: { image: float32([1, 1, 3, 3]) } };
    await expect(explainer.explain(await sumOfPlaces(), request)).rejects.toMatchObject({
      code: 'unprocessable_method',
    });
  });
});
