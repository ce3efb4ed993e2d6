/** Metrics of faithfulness and of rationales on linear models, whose exact attribution is known. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, linear, type Question, scoreOf, vector } from '../../support/metric-questions.ts';

const score = { answer: 'score', baseline: 0 };

describe('metrics of f(x) = 4a + 3b + 2c + d at ones', () => {
  let exact: Question;
  const reversed = { values: [1, 2, 3, 4] };
  beforeAll(async () => {
    exact = {
      model: await linear([4, 3, 2, 1]),
      request: { method: 'integrated_gradients', inputs: vector(1, 1, 1, 1) },
    };
  });

  it.each([
    ['faithfulness_correlation', { subset_size: 2, nr_runs: 20 }],
    ['faithfulness_estimate', {}],
    ['sensitivity_n', { shares: [0.25, 0.5] }],
    ['monotonicity_correlation', {}],
  ])('%s is 1 for the exact attribution, and less for a wrong one', async (metric, params) => {
    const question = { ...exact, params: { ...score, ...params } };
    expect((await scoreOf(metric, question)).score).toBeCloseTo(1, 5);
    expect((await scoreOf(metric, { ...question, ...reversed })).score).toBeLessThan(0.9);
  });

  it('faithfulness_correlation takes recorded subsets, and refuses those that do not fit', async () => {
    const params = { ...score, nr_runs: 2, subset_size: 1, subsets: [0, 3] };
    expect((await scoreOf('faithfulness_correlation', { ...exact, params, values: [5, 0, 0, 1] })).score).toBe(1);
    const short = { ...exact, params: { ...params, subsets: [0] } };
    await expect(ask('faithfulness_correlation', short)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('sensitivity_n takes recorded subsets for each n, and refuses those that do not fit', async () => {
    const params = { ...score, shares: [0.25, 0.5], n_samples: 2, subsets: [0, 3, 0, 1, 2, 3] };
    const { score: found, curve } = await scoreOf('sensitivity_n', { ...exact, params, values: [5, 0, 0, 1] });
    expect([found, curve?.y]).toEqual([1, [1, 1]]);
    const short = { ...exact, params: { ...params, subsets: [0, 3, 0, 1] } };
    await expect(ask('sensitivity_n', short)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('must have 6 numbers below 4'),
    });
  });

  it('infidelity takes recorded noise', async () => {
    const params = { perturbation: 'noise', n_perturb_samples: 2, perturbations: [1, 0, 0, 0, 0, 0, 0, -2] };
    // The score changes by 4 and by -2; the values foretell 8 and -2.
    const question = { ...exact, params, values: [8, 3, 2, 1] };
    expect((await scoreOf('infidelity', question)).score).toBeCloseTo((4 ** 2 + 0) / 2, 5);
  });

  it('pixel_flipping has the area under the answers after each feature', async () => {
    const params = { ...score, features_in_step: 1 };
    expect(await scoreOf('pixel_flipping', { ...exact, params })).toMatchObject({
      score: 7,
      curve: { y: [6, 3, 1, 0] },
    });
    expect(await scoreOf('pixel_flipping', { ...exact, params, ...reversed })).toMatchObject({
      score: 15.5,
      curve: { y: [9, 7, 4, 0] },
    });
  });

  it('monotonicity is 1 where no feature lowers the answer, and 0 where one does', async () => {
    const params = { ...score, features_in_step: 1 };
    expect(await scoreOf('monotonicity', { ...exact, params })).toMatchObject({
      score: 1,
      curve: { y: [1, 3, 6, 10] },
    });
    const mixed = { ...exact, model: await linear([4, -3, 2, 1]), params };
    expect(await scoreOf('monotonicity', mixed)).toMatchObject({ score: 0 });
  });

  it('comprehensiveness and sufficiency have the falls of the answer for each share', async () => {
    const params = { ...score, shares: [0.25, 0.5] };
    const removed = await scoreOf('comprehensiveness', { ...exact, params });
    expect(removed.curve?.y).toEqual([4, 7]);
    expect(removed.score).toBeCloseTo(11 / 3, 5);
    const kept = await scoreOf('sufficiency', { ...exact, params });
    expect(kept.curve?.y).toEqual([6, 3]);
    expect(kept.score).toBeCloseTo(19 / 3, 5);
    const plain = { ...exact, params: { ...params, empty_rationale: false } };
    expect((await scoreOf('sufficiency', plain)).score).toBeCloseTo(4.5, 5);
  });

  it('removal=delete is refused for a table', async () => {
    const params = { ...score, removal: 'delete' };
    expect(await ask('comprehensiveness', { ...exact, params })).toMatchObject({
      error: { code: 'unprocessable_method', message: expect.stringContaining('removal=baseline') },
    });
  });

  it('avg_sensitivity and the Lipschitz estimate of a constant gradient are 0', async () => {
    const constant = { ...exact, request: { ...exact.request, method: 'saliency' } };
    expect((await scoreOf('avg_sensitivity', constant)).score).toBe(0);
    const params = { n_perturb_samples: 3 };
    expect((await scoreOf('local_lipschitz_estimate', { ...constant, params })).score).toBe(0);
  });

  it('the Lipschitz estimate of the input as a map is 1, with recorded noise as well', async () => {
    const itself = { ...exact, request: { ...exact.request, method: 'input_itself' } };
    const params = { n_perturb_samples: 1, perturbations: [0.5, 0, 0, 0] };
    expect((await scoreOf('local_lipschitz_estimate', { ...itself, params })).score).toBeCloseTo(1, 6);
    const short = { ...itself, params: { ...params, perturbations: [0.5] } };
    await expect(ask('local_lipschitz_estimate', short)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('random_logit takes the other class, and refuses one that is not there', async () => {
    const model = await linear([4, 3, 2, 1], [-4, -3, -2, -1], [4, 3, 2, 1]);
    const request = { method: 'saliency', params: { absolute: false }, inputs: vector(1, 1, 1, 1), target: 0 };
    const compared = async (other_class: number) =>
      (await scoreOf('random_logit', { model, request, params: { similarity: 'spearman', other_class } })).score;
    expect([await compared(1), await compared(2)]).toEqual([-1, 1]);
    await expect(compared(0)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
