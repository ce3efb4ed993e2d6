/** Numbers that can be checked by hand, most of them from Captum's own tests. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainRequest } from '../../src/core/explainer/request.ts';
import type { Model } from '../../src/core/model/model.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { openGraph } from '../../src/testing/models.ts';
import { explainerOf } from '../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

/** Values of the only tensor that the method gives, rounded to six digits. */
async function values(model: Model, request: ExplainRequest): Promise<Record<string, number[]>> {
  const { rows } = await explainer.explain(model, request);
  return Object.fromEntries(
    Object.entries(rows[0]?.values ?? {}).map(([name, { data }]) => [
      name,
      Array.from(data, (x) => Math.round(x * 1e6) / 1e6 + 0),
    ]),
  );
}

/** 1 - relu(1 - x), for rows of any length. */
function clip() {
  const g = GraphBuilder.empty();
  const one = g.scalar(1);
  const x = g.input('x', 'float32', ['N', 'M']);
  return openGraph(g.build([g.named(g.sub(one, g.op('Relu', [g.sub(one, x)])), 'y')]));
}

/** Identity, then 3 -> 4 all ones with biases -10, 1, 1, 1, ReLU, then 4 -> 2 all ones with biases -1, 1. */
function layers() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  const first = g.named(g.op('Gemm', [x, g.constant('float32', [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1])]), 'first');
  const second = g.op('Gemm', [
    first,
    g.constant('float32', [3, 4], Array(12).fill(1)),
    g.constant('float32', [4], [-10, 1, 1, 1]),
  ]);
  const last = g.op('Gemm', [
    g.op('Relu', [second]),
    g.constant('float32', [4, 2], Array(8).fill(1)),
    g.constant('float32', [2], [-1, 1]),
  ]);
  return openGraph(g.build([g.named(last, 'y')]));
}

/** One convolution (two channels of ones, biases -50 and -75) over x + x2, ReLU, and 8 -> 4 with +1 five times, -1 thrice. */
function convolution({ inputs = 1 } = {}) {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 1, 4, 4]);
  const sum = inputs === 2 ? g.add(x, g.input('x2', 'float32', ['N', 1, 4, 4])) : x;
  const conv = g.op('Conv', [
    sum,
    g.constant('float32', [2, 1, 3, 3], Array(18).fill(1)),
    g.constant('float32', [2], [-50, -75]),
  ]);
  const flat = g.op('Reshape', [g.op('Relu', [g.named(conv, 'conv')]), g.ints([-1, 8])]);
  const weights = Array.from({ length: 32 }, (_, i) => (i < 20 ? 1 : -1));
  return openGraph(
    g.build([g.named(g.op('Relu', [g.op('Gemm', [flat, g.constant('float32', [8, 4], weights)])]), 'y')]),
  );
}

const row = (...data: number[]) => float32([1, data.length], data);
const square = (data: readonly number[]) => float32([1, 1, 4, 4], data);
const ramp = square(Array.from({ length: 16 }, (_, i) => i));
const ones = square(Array(16).fill(1));

describe('saliency', () => {
  it('is the absolute gradient of the summed outputs, and zero at a kink', async () => {
    const request = { method: 'saliency', target: 'sum', inputs: { x: row(1, 2, 3, 0, -1, 7) } };
    expect(await values(await clip(), request)).toEqual({ x: [0, 0, 0, 1, 1, 0] });
  });

  it('keeps the sign when absolute is false', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 3]);
    const model = await openGraph(
      g.build([g.named(g.op('MatMul', [x, g.constant('float32', [3, 1], [2, -3, 0.5])]), 'y')]),
    );
    expect(await values(model, { method: 'saliency', inputs: { x: row(1, 1, 1) } })).toEqual({ x: [2, 3, 0.5] });
    const signed = { method: 'saliency', params: { absolute: false }, inputs: { x: row(1, 1, 1) } };
    expect(await values(model, signed)).toEqual({ x: [2, -3, 0.5] });
  });

  it.each([
    ['sum', [3, 1]],
    ['mean', [1.5, 0.5]],
    ['max_abs', [4, 2]],
    ['l2', [4.123106, 2.236068]],
  ])('reduces channels by %s', async (reduction, expected) => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2, 2]);
    const slopes = g.constant('float32', [1, 2, 2], [4, 2, -1, -1]);
    const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', g.mul(x, slopes), [1, 2], false), 'y')]));
    const request = {
      method: 'saliency',
      params: { absolute: false, reduction },
      inputs: { x: float32([1, 2, 2]) },
      target: 'sum',
    };
    expect(await values(model, request)).toEqual({ x: expected });
  });
});

describe('input_x_gradient', () => {
  it('multiplies the input by its gradient', async () => {
    const request = { method: 'input_x_gradient', target: 'sum', inputs: { x: row(1, 2, 3, 0, -1, 7) } };
    expect(await values(await clip(), request)).toEqual({ x: [0, 0, 0, 0, -1, 0] });
  });
});

describe('integrated_gradients', () => {
  it('integrates over a kink on the path', async () => {
    const request = {
      method: 'integrated_gradients',
      params: { n_steps: 500 },
      target: 0,
      inputs: { x: row(0, 100, 0) },
    };
    const { x } = await values(await layers(), request);
    expect(x?.[1]).toBeCloseTo(390, 0);
    expect([x?.[0], x?.[2]]).toEqual([0, 0]);
  });
});

describe('grad_cam', () => {
  const cam = async (layer: string, inputs: ExplainRequest['inputs'], model: Promise<Model>) =>
    values(await model, { method: 'grad_cam', params: { target_layer: layer, relu: false }, target: 0, inputs });

  it('weights channels by their mean gradients', async () => {
    expect(await cam('conv', { x: ramp }, convolution())).toEqual({ conv: [11.25, 13.5, 20.25, 22.5] });
    expect(await cam('conv', { x: ramp, x2: ones }, convolution({ inputs: 2 }))).toEqual({
      conv: [14.5, 19, 32.5, 37],
    });
  });

  it('uses the last feature map by default', async () => {
    const model = await convolution();
    expect(model.info().camLayer?.name).toContain('Relu');
    const { rows } = await explainer.explain(model, { method: 'grad_cam', target: 0, inputs: { x: ramp } });
    expect(Object.values(rows[0]?.values ?? {})[0]?.dims).toEqual([1, 1, 2, 2]);
    expect(rows[0]?.map?.dims).toEqual([4, 4]);
  });

  it('works on a layer without spatial dims', async () => {
    expect(await cam('first', { x: row(0, 100, 0) }, layers())).toEqual({ first: [400] });
  });

  it('works on the input as a layer', async () => {
    const x = square([0, 1, 2, 3, 4, -4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    const expected = [
      0, 0.5625, 1.125, 1.6875, 2.25, -2.25, 3.375, 3.9375, 4.5, 5.0625, 5.625, 6.1875, 6.75, 7.3125, 7.875, 8.4375,
    ];
    expect(await cam('x', { x }, convolution())).toEqual({ x: expected });
  });

  it('refuses an unknown layer with the nearest names', async () => {
    await expect(cam('konv', { x: ramp }, convolution())).rejects.toMatchObject({
      code: 'layer_not_found',
      details: { nearest: ['conv'] },
    });
  });
});

describe('occlusion', () => {
  const occlude = async (params: Record<string, unknown>, inputs: ExplainRequest['inputs'], model: Promise<Model>) =>
    values(await model, { method: 'occlusion', params, target: 0, inputs });

  it('assigns to each element the drop of the score without it', async () => {
    expect(await occlude({}, { x: row(20, 50, 30) }, layers())).toEqual({ x: [80, 200, 120] });
  });

  it('averages over all windows that cover an element', async () => {
    const params = { sliding_window_shape: 2, strides: [1], baseline: 10 };
    expect(await occlude({ ...params, sliding_window_shape: [2] }, { x: row(20, 50, 30) }, layers())).toEqual({
      x: [200, 220, 240],
    });
  });

  it('crops windows at the edge of each input', async () => {
    const params = { sliding_window_shape: [1, 2, 3, 1, 1, 2], strides: [1, 2, 1, 1, 1, 2] };
    expect(await occlude(params, { x: ramp, x2: ones }, convolution({ inputs: 2 }))).toEqual({
      x: [17, 17, 17, 17, 17, 17, 17, 17, 64, 65.5, 65.5, 67, 64, 65.5, 65.5, 67],
      x2: [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0],
    });
  });

  it.each([
    [{ sliding_window_shape: [5] }, 'larger than the input'],
    [{ sliding_window_shape: [2], strides: [3] }, 'never be covered'],
    [{ sliding_window_shape: [1, 2, 3, 4] }, 'must have 1, 2 or 3 numbers'],
  ])('refuses %j', async (params, message) => {
    await expect(occlude(params, { x: ramp }, convolution())).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(message),
    });
  });

  it('can replace windows by the mean of the input', async () => {
    const request = { method: 'occlusion', params: { baseline: 'mean' }, target: 'sum', inputs: { x: row(0, 0.5, 1) } };
    expect(await values(await clip(), request)).toEqual({ x: [-0.5, 0, 0.5] });
  });
});

describe('feature_ablation', () => {
  it('ablates elements one at a time', async () => {
    const request = {
      method: 'feature_ablation',
      params: { feature_mask: 'none' },
      target: 0,
      inputs: { x: ramp, x2: ones },
    };
    expect(await values(await convolution({ inputs: 2 }), request)).toEqual({
      x: [0, 2, 4, 3, 4, 9, 10, 7, 4, 13, 14, 11, 0, 0, 0, 0],
      x2: [1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2, 1, 0, 0, 0, 0],
    });
  });
});
