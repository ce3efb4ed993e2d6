/** The CAM family: published numbers, and the methods against one another where they must agree. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { imageGraph, imageTensor, openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { testMethod } from '../../support/contract-suite.ts';
import { smallImage, smallNetwork } from '../../support/small-network.ts';

const methods = plugins.map(({ method }) => method);
const explainer = explainerOf(methods);

for (const method of methods) {
  const names = Object.keys(method.params.shape);
  if (names.includes('aug_smooth')) testMethod(method, { params: { aug_smooth: true } });
  if (names.includes('eigen_smooth')) {
    testMethod(method, { params: { eigen_smooth: true, ...(names.includes('n_samples') && { n_samples: 2 }) } });
  }
}

async function values(model: Model, method: string, params = {}, image = imageTensor()): Promise<number[]> {
  const { rows } = await explainer.explain(model, { method, params, target: 1, inputs: { image } });
  return [...(Object.values(rows[0]?.values ?? {})[0]?.data ?? [])];
}

/** A graph whose layer has just these activations and gradients: the score is their product, summed. */
function layerOf(activations: readonly number[], gradients: readonly number[]) {
  const g = GraphBuilder.empty();
  const dims = [activations.length / 4, 2, 2];
  const layer = g.named(g.op('Relu', [g.input('image', 'float32', ['N', ...dims])]), 'layer');
  const product = g.mul(layer, g.constant('float32', [1, ...dims], [...gradients]));
  return openGraph(g.build([g.named(g.reduce('ReduceSum', product, [2, 3], false), 'y')]));
}

async function mapOf(activations: readonly number[], gradients: readonly number[], method: string, params = {}) {
  const { rows } = await explainer.explain(await layerOf(activations, gradients), {
    method,
    target: 'sum',
    params: { target_layer: 'layer', relu: false, ...params },
    inputs: { image: float32([1, activations.length / 4, 2, 2], [...activations]) },
  });
  return [...(rows[0]?.values.layer?.data ?? [])];
}

function expectClose(actual: readonly number[], expected: readonly number[], digits = 4): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, digits);
}

describe('published CAM values', () => {
  it('match for the weights of Grad-CAM++ with means, from the tests of Xplique', async () => {
    const maps = [
      [1, 1, 1, 1],
      [1, 1, 0, 0],
      [0, 0, 0, 0],
      [0.5, 0, 0, 0],
    ];
    for (const [c, weight] of [1 / 3, 1 / 5, 0, 0.0625 / (2 * 0.25 + 0.5 ** 3 * 0.125) / 2].entries()) {
      const one = maps[c] as number[];
      const map = await mapOf(one, one, 'grad_cam_plus_plus', { convention: 'mean' });
      expectClose(
        map,
        one.map((value) => value * weight),
      );
    }
  });

  it('match for the map of FEM, from the tests of Xplique', async () => {
    const maps = [1, 1, 1, 1, 0, 0, 0, 4];
    expect(await mapOf(maps, maps, 'fem', { k: 1, convention: 'channel_mean' })).toEqual([1, 1, 1, 2]);
  });
});

describe('CAM methods on a model with global pooling and one linear layer', async () => {
  const model = await openGraph(imageGraph());
  const relu = { relu: false };
  const gradCam = await values(model, 'grad_cam', relu);

  it('CAM is Grad-CAM times the number of positions', async () => {
    expectClose(
      await values(model, 'cam', relu),
      gradCam.map((value) => value * 64),
    );
  });

  it.each(['hires_cam', 'xgrad_cam', 'shapley_cam'])('%s equals Grad-CAM', async (method) => {
    expectClose(await values(model, method, relu), gradCam);
  });

  it('Finer-CAM equals Grad-CAM without a comparison class, and differs with one', async () => {
    expectClose(await values(model, 'finer_cam', { ...relu, alpha: 0 }), gradCam);
    expect(await values(model, 'finer_cam', relu)).not.toEqual(gradCam);
    expect(await values(model, 'finer_cam', { ...relu, convention: 'differentiated' })).not.toEqual(
      await values(model, 'finer_cam', relu),
    );
  });

  it('Ablation-CAM weights each map by the contribution of its mean to the score', async () => {
    const { rows } = await explainer.explain(model, {
      method: 'layer_activation',
      target: 1,
      inputs: { image: imageTensor() },
    });
    const [row] = rows;
    const [layer = ''] = Object.keys(row?.values ?? {});
    const gradients = await values(model, 'layer_gradient', { target_layer: layer });
    const features = row?.values[layer]?.data ?? new Float32Array();
    const expected = new Array<number>(64).fill(0);
    for (let c = 0; c < 5; c++) {
      const own = features.subarray(c * 64, (c + 1) * 64);
      const added = own.reduce((sum, value) => sum + value * (gradients[c * 64] as number), 0);
      for (const [p, value] of own.entries())
        expected[p] = (expected[p] as number) + (value * added) / (row?.score as number);
    }
    expectClose(await values(model, 'ablation_cam', relu), expected);
  });
});

describe('variants of Score-CAM', async () => {
  const model = await openGraph(imageGraph());
  const scoreCam = await values(model, 'score_cam');

  it.each([
    ['ss_cam', { std: 0, n_samples: 3 }],
    ['is_cam', { n_samples: 1, convention: 'linear' }],
    ['faster_score_cam', { max_channels: 100 }],
  ])('%s equals Score-CAM for its trivial parameters', async (method, params) => {
    expectClose(await values(model, method, params), scoreCam, 5);
  });

  /** Computed in float64 by another program from the formulas, at these places of the map. */
  const PLACES = [0, 6, 12, 13, 18, 24];
  it.each([
    ['score_cam', {}, 0, [0.778718, 1.399572, 1.359589, 1.393933, 1.299427, 0.725769]],
    ['score_cam', {}, 1, [0.786827, 1.403057, 1.363065, 1.397272, 1.302853, 0.730457]],
    ['is_cam', {}, 0, [0.770846, 1.39664, 1.356676, 1.391142, 1.296575, 0.721596]],
    ['is_cam', {}, 1, [0.783562, 1.402119, 1.36214, 1.39639, 1.301961, 0.72896]],
    ['is_cam', { convention: 'linear' }, 0, [0.784445, 1.401669, 1.361672, 1.395929, 1.301465, 0.728774]],
  ])('%s with %j gives its float64 reference values for class %d', async (method, params, target, expected) => {
    const request = { method, params: { ...params, target_layer: 'hidden' }, target, inputs: { x: smallImage() } };
    const { rows } = await explainer.explain(await smallNetwork('Relu'), request);
    for (const [i, place] of PLACES.entries())
      expect(rows[0]?.values.hidden?.data[place]).toBeCloseTo(expected[i] as number, 5);
  });

  it('plan their rows from the number of channels', () => {
    const plan = explainer.plan(model, {
      method: 'faster_score_cam',
      params: { max_channels: 2 },
      inputs: { image: imageTensor() },
    });
    expect(plan.cost).toEqual({ forwards: 3, backwards: 0 });
  });
});

describe('grad_cam without the sum over channels', () => {
  const [activations, slopes] = [
    [1, 2, 3, 4, 5, 6, 7, 8],
    [1, 1, 1, 1, -1, -2, -3, -2],
  ];

  it('returns each feature map times its weight', async () => {
    expectClose(
      await mapOf(activations, slopes, 'grad_cam', { attr_dim_summation: false }),
      [1, 2, 3, 4, -10, -12, -14, -16],
    );
    expectClose(await mapOf(activations, slopes, 'grad_cam'), [-9, -10, -11, -12]);
  });

  it('refuses methods that have a single map', async () => {
    const both = { attr_dim_summation: false, eigen_smooth: true };
    await expect(mapOf(activations, slopes, 'grad_cam', both)).rejects.toThrow('leave out more_layers');
  });
});

describe('the principal components of features', () => {
  const [channels, places] = [6, 4];
  const loadings = Array.from({ length: channels }, (_, c) => c + 1);
  const along = [-3, 1, 4, 2];
  const maps = loadings.flatMap((loading) => along.map((x) => 5 * channels + loading * x));

  it('find the only direction of variation', async () => {
    const length = Math.hypot(...loadings);
    const mean = along.reduce((sum, x) => sum + x, 0) / places;
    expectClose(
      await mapOf(maps, maps, 'eigen_cam'),
      along.map((x) => (x - mean) * length),
    );
  });

  const turned = loadings.flatMap((loading) => along.map((x) => 5 * channels - loading * x));

  it('are positive where the features are, or as LAPACK leaves them', async () => {
    const straight = await mapOf(maps, maps, 'eigen_cam');
    expectClose(
      await mapOf(turned, maps, 'eigen_cam'),
      straight.map((value) => -value),
    );
    // numpy.linalg.svd takes the first position for positive both times.
    const asLapack = { preset: 'pytorch_grad_cam', relu: false };
    const opposite = straight.map((value) => -value);
    expectClose(await mapOf(maps, maps, 'eigen_cam', asLapack), opposite);
    expectClose(await mapOf(turned, maps, 'eigen_cam', asLapack), opposite);
  });

  it('of a linear kernel are equal up to the sign, and of a sigmoid kernel differ', async () => {
    const linear = await mapOf(maps, maps, 'kpca_cam', { kernel: 'linear' });
    expectClose(linear.map(Math.abs), (await mapOf(maps, maps, 'eigen_cam')).map(Math.abs));
    expect(Math.max(...linear.map(Math.abs))).toBe(Math.max(...linear));
    expect(await mapOf(maps, maps, 'kpca_cam')).not.toEqual(linear);
  });
});

it('aug_smooth gives mirrored maps for mirrored images', async () => {
  const model = await openGraph(imageGraph());
  const image = imageTensor();
  const mirrored = float32(
    image.dims,
    image.data.map((_, i) => image.data[i - (i % 8) + 7 - (i % 8)] as number),
  );
  const map = await values(model, 'grad_cam', { aug_smooth: true }, image);
  const other = await values(model, 'grad_cam', { aug_smooth: true }, mirrored);
  expectClose(
    other,
    map.map((_, i) => map[i - (i % 8) + 7 - (i % 8)] as number),
    5,
  );
});

it('more_layers averages the scaled maps of several layers', async () => {
  const model = await openGraph(imageGraph());
  const [last, ...others] = model.info().spatialLayers.map(({ name }) => name);
  const earlier = others.at(-1) as string;
  const scaledMap = async (target_layer: string) => {
    const map = await values(model, 'grad_cam', { target_layer });
    const [low, high] = [Math.min(...map), Math.max(...map)];
    return map.map((value) => (value - low) / (high - low));
  };
  const [first, second] = [await scaledMap(last as string), await scaledMap(earlier)];
  const mean = first.map((value, p) => (value + (second[p] as number)) / 2);
  expectClose(await values(model, 'grad_cam', { more_layers: [earlier] }), mean, 5);
});

it('random_cam depends on the seed only', async () => {
  const model = await openGraph(imageGraph());
  const run = async (seed: number) =>
    (await explainer.explain(model, { method: 'random_cam', seed, inputs: { image: imageTensor() } })).rows[0]?.values;
  expect(await run(3)).toEqual(await run(3));
  expect(await run(4)).not.toEqual(await run(3));
});

describe('guided_grad_cam', () => {
  it.each(['nearest', 'bilinear'])('is guided backpropagation times the upsampled map (%s)', async (interpolation) => {
    const model = await openGraph(imageGraph());
    const [detail, map] = [await values(model, 'guided_backprop'), await values(model, 'grad_cam')];
    // The layer is as large as the image, so that enlarging changes nothing.
    const expected = detail.map((value, i) => value * (map[i % 64] as number));
    expectClose(await values(model, 'guided_grad_cam', { interpolation }), expected, 5);
  });
});

describe('full_grad', () => {
  it('sums the contributions of input and biases with each channel scaled', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('image', 'float32', ['N', 1, 2, 2]);
    const conv = g.op('Conv', [x, g.constant('float32', [1, 1, 1, 1], [2]), g.constant('float32', [1], [0.5])]);
    const weights = g.constant('float32', [1, 1, 2, 2], [1, 2, 3, 5]);
    const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', g.mul(conv, weights), [2, 3], false), 'y')]));
    const { rows } = await explainer.explain(model, {
      method: 'full_grad',
      target: 'sum',
      inputs: { image: float32([1, 1, 2, 2], [1, 1, 1, 2]) },
    });
    // Input: |2 w x| = 2 4 6 20, scaled 0 1/9 2/9 1. Bias: |0.5 w| = 0.5 1 1.5 2.5, scaled 0 1/4 1/2 1.
    expectClose([...(rows[0]?.values.image?.data ?? [])], [0, 1 / 9 + 1 / 4, 2 / 9 + 1 / 2, 2]);
  });
});
