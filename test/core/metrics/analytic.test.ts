/** Metrics of models whose answers can be worked out by hand: the best and the worst score of each. */
import { beforeAll, describe, expect, it } from 'vitest';
import { regionOfBoxes } from '../../../src/core/metrics/region.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { imageGraph, imageTensor, openGraph } from '../../../src/testing/models.ts';
import { ask, linear, type Question, scoreOf, vector } from '../../support/metric-questions.ts';

describe('deletion and insertion of f(x) = 4a + 3b + 2c + d at ones', () => {
  let question: Question;
  beforeAll(async () => {
    question = {
      model: await linear([4, 3, 2, 1]),
      request: { method: 'integrated_gradients', inputs: vector(1, 1, 1, 1) },
      params: { steps: 4, answer: 'score' },
    };
  });

  it('are 3.75 and 6.25 for the correct order', async () => {
    expect(await scoreOf('deletion', question)).toMatchObject({
      score: 3.75,
      curve: { x: [0, 0.25, 0.5, 0.75, 1], y: [10, 6, 3, 1, 0] },
    });
    expect(await scoreOf('insertion', question)).toMatchObject({ score: 6.25, curve: { y: [0, 4, 7, 9, 10] } });
  });

  it('are worst for the reversed order', async () => {
    const reverse = { ...question, values: [1, 2, 3, 4] };
    expect(await scoreOf('deletion', reverse)).toMatchObject({ score: 6.25 });
    expect(await scoreOf('insertion', reverse)).toMatchObject({ score: 3.75 });
  });

  it('stop at the requested share of features', async () => {
    const half = { ...question, params: { ...question.params, steps: 2, max_percentage_perturbed: 0.5 } };
    expect(await scoreOf('deletion', half)).toMatchObject({ curve: { x: [0, 0.25, 0.5], y: [10, 6, 3] } });
  });

  it('use the probabilities of a classifier by default', async () => {
    const model = await linear([2, 0], [0, 0]);
    const request = { method: 'integrated_gradients', inputs: vector(1, 0) };
    const { curve } = await scoreOf('deletion', { model, request, params: { steps: 2 } });
    expect(curve?.y[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(curve?.y[2]).toBeCloseTo(0.5, 6);
  });
});

describe('infidelity, sensitivity and completeness of a linear model', () => {
  let question: Question;
  beforeAll(async () => {
    question = {
      model: await linear([4, -3, 2, 1], [0, 1, 0, 0]),
      request: { method: 'integrated_gradients', inputs: vector(2, 1, -1, 3), target: 0 },
    };
  });

  it.each([{}, { perturbation: 'noise' }])('infidelity with %o is 0 for the exact attribution', async (params) => {
    expect((await scoreOf('infidelity', { ...question, params })).score).toBeCloseTo(0, 8);
  });

  it('infidelity of a derivative is 0 when it is scaled as a derivative', async () => {
    const derivative = {
      ...question,
      request: { ...question.request, method: 'saliency', params: { absolute: false } },
    };
    for (const perturbation of ['square', 'noise']) {
      const params = { multiply_by_inputs: false, perturbation, patch_size: 2 };
      expect((await scoreOf('infidelity', { ...derivative, params })).score).toBeCloseTo(0, 8);
    }
  });

  it('infidelity of zeros is the mean squared change, and 0 for a multiple when normalised', async () => {
    const params = { patch_size: 4 };
    expect((await scoreOf('infidelity', { ...question, params, values: [0, 0, 0, 0] })).score).toBeCloseTo(36, 4);
    const double = [16, -6, -4, 6];
    expect((await scoreOf('infidelity', { ...question, params, values: double })).score).toBeCloseTo(36, 4);
    const normalized = { ...params, normalize: true };
    expect((await scoreOf('infidelity', { ...question, params: normalized, values: double })).score).toBeCloseTo(0, 6);
  });

  it('max-sensitivity is 0 for a constant gradient and bounded for the input as a map', async () => {
    const request = { ...question.request, method: 'saliency' };
    expect((await scoreOf('max_sensitivity', { ...question, request })).score).toBe(0);
    const itself = { ...question, request: { ...request, method: 'input_itself' } };
    const { score } = await scoreOf('max_sensitivity', { ...itself, params: { perturb_radius: 0.1 } });
    expect(score).toBeGreaterThan(0.01);
    expect(score).toBeLessThanOrEqual((0.1 * 2) / Math.sqrt(15));
  });

  it('the completeness gap is 0 for integrated gradients and the whole difference for twice them', async () => {
    expect((await scoreOf('completeness_gap', question)).score).toBeCloseTo(0, 4);
    const double = { ...question, values: [16, -6, -4, 6] };
    expect((await scoreOf('completeness_gap', double)).score).toBeCloseTo(6, 4);
    expect((await scoreOf('completeness_gap', { ...double, params: { relative: true } })).score).toBeCloseTo(1, 4);
  });
});

describe('sparseness and complexity', () => {
  let question: Question;
  beforeAll(async () => {
    question = { model: await linear([1, 1, 1, 1]), request: { method: 'saliency', inputs: vector(1, 1, 1, 1) } };
  });

  it.each([
    [[0, 0, 0, 1], 0.75, 0, 1],
    [[1, 1, 1, 1], 0, Math.log(4), 4],
    [[1, -2, 3, -4], 0.25, 1.2798542258336676, 4],
  ])('have their analytic values for %o', async (values, gini, entropy, count) => {
    expect((await scoreOf('sparseness', { ...question, values })).score).toBeCloseTo(gini, 12);
    expect((await scoreOf('complexity', { ...question, values })).score).toBeCloseTo(entropy, 12);
    expect((await scoreOf('effective_complexity', { ...question, values })).score).toBe(count);
  });

  it('have the published values for the published map', async () => {
    const values = [
      -0.961, 0.553, 0.374, 0.736, -0.732, 0.999, 0.357, -0.833, 0.654, -0.559, -0.453, 0.394, 0.798, 0.977, 0.545,
      0.516,
    ];
    const wide = {
      model: await linear(Array(16).fill(1)),
      request: { method: 'saliency', inputs: vector(...Array(16).fill(1)) },
      values,
    };
    expect((await scoreOf('sparseness', wide)).score).toBeCloseTo(0.18369289340101524, 6);
    expect((await scoreOf('complexity', wide)).score).toBeCloseTo(2.720424662600972, 6);
    expect((await scoreOf('effective_complexity', { ...wide, params: { eps: 0.1 } })).score).toBe(16);
    expect((await scoreOf('effective_complexity', { ...wide, params: { eps: 0.5 } })).score).toBe(12);
  });
});

/** The class of an image is decided by its brightest corner: score 0 is the top left pixel, score 1 a constant half. */
async function cornerModel(): Promise<Model> {
  const g = GraphBuilder.empty('corner');
  const x = g.input('image', 'float32', ['N', 3, 8, 8]);
  const flat = g.op('Flatten', [x]);
  const weights = Array.from({ length: 192 * 2 }, (_, i) => (i % 2 === 0 && Math.floor(i / 2) % 64 === 0 ? 1 / 3 : 0));
  return openGraph(
    g.build([
      g.named(
        g.op('Gemm', [flat, g.constant('float32', [192, 2], weights), g.constant('float32', [2], [0, 0.5])]),
        'logits',
      ),
    ]),
  );
}

describe('image metrics on classes of a single pixel', () => {
  const image = float32(
    [1, 3, 8, 8],
    Float32Array.from({ length: 192 }, (_, i) => (i % 64 === 0 ? 1 : 0)),
  );
  let question: Question;
  beforeAll(async () => {
    question = {
      model: await cornerModel(),
      request: { method: 'integrated_gradients', inputs: { image }, target: 0 },
    };
  });
  const box = regionOfBoxes([[0, 0, 2, 2]], [8, 8]);
  const elsewhere = regionOfBoxes([[4, 4, 8, 8]], [8, 8]);

  it('ROAD removes the score with that pixel, and keeps it without the others', async () => {
    expect(await scoreOf('road', question)).toMatchObject({ score: 0, curve: { y: Array(9).fill(0) } });
    expect(await scoreOf('road', { ...question, params: { order: 'lerf' } })).toMatchObject({ score: 1 });
  });

  it('the pointing game counts hits in the box and within the tolerance', async () => {
    expect(await scoreOf('pointing_game', { ...question, region: box })).toMatchObject({ score: 1 });
    expect(await scoreOf('pointing_game', { ...question, region: elsewhere })).toMatchObject({ score: 0 });
    const near = { ...question, region: elsewhere, params: { tolerance: 6 } };
    expect(await scoreOf('pointing_game', near)).toMatchObject({ score: 1 });
  });

  it('energy_in_box is 1 for a map in the box and 0 for one outside', async () => {
    expect((await scoreOf('energy_in_box', { ...question, region: box })).score).toBeCloseTo(1, 6);
    expect((await scoreOf('energy_in_box', { ...question, region: elsewhere })).score).toBeCloseTo(0, 6);
  });

  it.each(['pointing_game', 'energy_in_box'])('%s returns no value without a box', async (metric) => {
    const empty = regionOfBoxes([], [8, 8]);
    for (const region of [undefined, empty]) {
      const measured = await ask(metric, { ...question, ...(region && { region }) });
      expect(measured).toMatchObject({ error: { code: 'unprocessable_method' } });
    }
  });
});

describe('randomisation checks', () => {
  it('keep a map that ignores model and class', async () => {
    const model = await openGraph(imageGraph());
    const question = { model, request: { method: 'input_itself', inputs: { image: imageTensor() } } };
    expect((await scoreOf('parameter_randomisation', question)).score).toBeCloseTo(1, 12);
    expect((await scoreOf('random_logit', question)).score).toBeCloseTo(1, 12);
  });

  it('change gradients more with each randomised layer, from the top down', async () => {
    const model = await openGraph(imageGraph());
    const request = { method: 'saliency', params: { absolute: false }, inputs: { image: imageTensor() }, target: 1 };
    const { score, curve } = await scoreOf('parameter_randomisation', { model, request });
    expect(curve?.x).toEqual([1 / 3, 2 / 3, 1]);
    expect(score).toBeLessThan(0.9);
    const again = await scoreOf('parameter_randomisation', { model, request });
    expect(again.score).toBe(score);
  });

  it('find gradients of two opposite scores to be opposite', async () => {
    const model = await linear([4, 3, 2, 1], [-4, -3, -2, -1]);
    const request = { method: 'saliency', params: { absolute: false }, inputs: vector(1, 1, 1, 1) };
    const params = { similarity: 'spearman' };
    expect((await scoreOf('random_logit', { model, request, params })).score).toBeCloseTo(-1, 12);
    const absolute = { ...params, absolute: true };
    expect((await scoreOf('random_logit', { model, request, params: absolute })).score).toBeCloseTo(1, 12);
  });
});
