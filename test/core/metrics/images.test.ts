/** Metrics of images on a model whose score is the sum of its pixels' weights. */
import { beforeAll, describe, expect, it } from 'vitest';
import { regionOfBoxes } from '../../../src/core/metrics/region.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { ask, type Question, scoreOf } from '../../support/metric-questions.ts';

/** One channel of 4x4 pixels; the score is the sum over the upper left quarter. */
const corner = Float32Array.from({ length: 16 }, (_, i) => (i % 4 < 2 && i < 8 ? 1 : 0));

describe('metrics of an image whose upper left quarter is the score', () => {
  let question: Question;
  beforeAll(async () => {
    const g = GraphBuilder.empty('corner');
    const x = g.input('image', 'float32', ['N', 1, 4, 4]);
    const weights = g.constant('float32', [16, 1], corner);
    question = {
      model: await openGraph(g.build([g.named(g.op('MatMul', [g.op('Flatten', [x]), weights]), 'y')])),
      request: {
        method: 'integrated_gradients',
        inputs: { image: float32([1, 1, 4, 4], new Float32Array(16).fill(1)) },
        target: 0,
      },
    };
  });
  const score = { answer: 'score', baseline: 0 };
  const quarter = regionOfBoxes([[0, 0, 2, 2]], [4, 4]);
  const right = regionOfBoxes([[2, 0, 4, 4]], [4, 4]);

  it('region_perturbation takes the quarter first, or last', async () => {
    const params = { ...score, patch_size: 2 };
    expect((await scoreOf('region_perturbation', { ...question, params })).curve?.y).toEqual([4, 4, 4, 4]);
    const last = await scoreOf('region_perturbation', { ...question, params: { ...params, order: 'lerf' } });
    expect(last.curve?.y).toEqual([0, 0, 0, 4]);
    expect(last.score).toBeCloseTo(4 / 5, 6);
    expect((await scoreOf('selectivity', { ...question, params })).score).toBe(0);
  });

  it('irof is the number of segments minus the area under the relative answer', async () => {
    const segment_mask = Array.from({ length: 16 }, (_, i) => 2 * Math.floor(i / 8) + Number(i % 4 >= 2));
    const params = { ...score, segment_mask };
    expect((await scoreOf('irof', { ...question, params })).score).toBeCloseTo(4, 6);
    const values = Array.from(corner, (one) => 1 - one);
    // Answers of 1, 1, 1 and 0: an area of 2.5.
    expect((await scoreOf('irof', { ...question, params, values })).score).toBeCloseTo(1.5, 6);
    const wrong = { ...question, params: { ...params, segment_mask: [0, 1] } };
    await expect(ask('irof', wrong)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('average_drop is 0 for the whole quarter, 1 for all else, and says nothing of a flat map', async () => {
    const params = { answer: 'score' };
    expect((await scoreOf('average_drop', { ...question, params })).score).toBe(0);
    const values = Array.from(corner, (one) => 1 - one);
    expect((await scoreOf('average_drop', { ...question, params, values })).score).toBe(1);
    expect((await scoreOf('increase_in_confidence', { ...question, params, values })).score).toBe(0);
    const flat = { ...question, params, values: new Array<number>(16).fill(2) };
    expect(await ask('average_drop', flat)).toMatchObject({ error: { code: 'unprocessable_method' } });
  });

  it('adcc is the harmonic mean of coherency, simplicity and what is left of the answer', async () => {
    const { score: found } = await scoreOf('adcc', { ...question, params: { answer: 'score' } });
    // Coherency 1, a quarter of the map is 1, no drop.
    expect(found).toBeCloseTo(3 / (1 + 1 / 0.75 + 1), 5);
  });

  it.each([
    ['relevance_rank_accuracy', {}, 1, 0.5],
    ['relevance_mass_accuracy', {}, 1, 0],
    ['attribution_localisation', {}, 1, 0],
    ['attribution_localisation', { weighted: true }, 4, 0],
    ['top_k_intersection', { k: 4 }, 1, 0],
    ['top_k_intersection', { k: 4, concept_influence: true }, 4, 0],
    ['localisation_auc', {}, 1, 0.25],
  ])('%s with %o is %d on the quarter and %d on the right half', async (metric, params, on, off) => {
    expect((await scoreOf(metric, { ...question, params, region: quarter })).score).toBeCloseTo(on, 6);
    expect((await scoreOf(metric, { ...question, params, region: right })).score).toBeCloseTo(off, 6);
    expect(await ask(metric, { ...question, params })).toMatchObject({ error: { code: 'unprocessable_method' } });
  });
});
