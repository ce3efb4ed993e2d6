/** Metrics on texts: words are ranked and removed as a whole, and special tokens stay. */
import { describe, expect, it } from 'vitest';
import type { Features } from '../../../src/core/modality/modality.ts';
import { tensor } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { ask, scoreOf } from '../../support/metric-questions.ts';
import { sumOfTokens, TOKEN_VALUES } from '../../support/text-folder.ts';

const row = (...ids: number[]) => tensor('int64', [1, ids.length], ids);
const sumOfValues = (...ids: number[]): number => ids.reduce((sum, id) => sum + (TOKEN_VALUES[id] as number), 0);
/** A special token, words of one, two and one token, and a special token. */
const IDS = [2, 8, 10, 11, 12, 3];
const MASK_TOKEN = 4;
const WORDS: Features = {
  list: [{ name: 'one' }, { name: 'two' }, { name: 'three' }],
  mask: { input_ids: Int32Array.from([-1, 0, 1, 1, 2, -1]) },
};
const score = { answer: 'score' };

const question = async (params: Record<string, unknown> = {}) => ({
  model: await openGraph(sumOfTokens()),
  request: {
    method: 'integrated_gradients',
    target: 1,
    inputs: { input_ids: row(...IDS), attention_mask: row(1, 1, 1, 1, 1, 1) },
    baselines: { input_ids: row(2, MASK_TOKEN, MASK_TOKEN, MASK_TOKEN, MASK_TOKEN, 3) },
    features: [WORDS],
  },
  params,
});

describe('metrics on words', () => {
  it('deletion takes the most important words away first, each as a whole', async () => {
    const { curve } = await scoreOf('deletion', await question({ ...score, steps: 3 }));
    const whole = sumOfValues(...IDS);
    expect(curve?.y).toEqual([whole, whole - sumOfValues(8), whole - sumOfValues(8, 12), sumOfValues(2, 3)]);
  });

  it('insertion begins with special tokens and absent words', async () => {
    const { curve } = await scoreOf('insertion', await question({ ...score, steps: 3 }));
    expect(curve?.y).toEqual([sumOfValues(2, 3), sumOfValues(2, 8, 3), sumOfValues(2, 8, 12, 3), sumOfValues(...IDS)]);
  });

  it.each(['pixel_flipping', 'faithfulness_estimate', 'monotonicity', 'infidelity', 'faithfulness_correlation'])(
    '%s has a value',
    async (metric) => {
      const params = metric === 'faithfulness_correlation' ? { subset_size: 1, nr_runs: 4 } : {};
      expect((await scoreOf(metric, await question(params))).score).toEqual(expect.any(Number));
    },
  );

  it('faithfulness_estimate is 1 for the exact values of words of a sum', async () => {
    const { score: found } = await scoreOf('faithfulness_estimate', await question({ ...score, features_in_step: 1 }));
    expect(found).toBeCloseTo(1, 5);
  });

  it('comprehensiveness removes words of the text', async () => {
    const params = { ...score, shares: [1 / 3], removal: 'baseline', empty_rationale: false };
    expect((await scoreOf('comprehensiveness', await question(params))).score).toBeCloseTo(sumOfValues(8), 5);
  });

  it('ranks tokens where no modality names words', async () => {
    const { request, ...rest } = await question({ ...score, steps: 2, baseline: MASK_TOKEN });
    const { features: _, ...tokens } = request;
    const measured = await scoreOf('deletion', { ...rest, request: { ...tokens, inputs: request.inputs } });
    // The better half: 8, then the first special token, then 12.
    expect(measured.curve?.y).toEqual([sumOfValues(...IDS), sumOfValues(10, 11, 3), 0]);
  });

  it('region_perturbation says that a text is no image', async () => {
    expect(await ask('region_perturbation', await question())).toMatchObject({
      error: { code: 'unprocessable_method' },
    });
  });
});
