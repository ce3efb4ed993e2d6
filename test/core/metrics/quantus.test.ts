/** Figures of Quantus 0.6.0 for an attribution that is the input itself, on a network with exact weights. */
import { describe, expect, it } from 'vitest';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { convolutional } from '../../support/convention-nets.ts';
import { scoreOf } from '../../support/metric-questions.ts';

/** Distinct magnitudes, with signs in turn. */
const INPUT = Array.from({ length: 32 }, (_, i) => ((i % 2 === 0 ? 1 : -1) * (((i * 19 + 7) % 37) + 1)) / 32);
/** Recorded subsets: run r removes the elements 7 r + 5 k. */
const SUBSETS = Array.from({ length: 48 }, (_, i) => (7 * Math.floor(i / 8) + 5 * (i % 8)) % 32);
const groups = { features_in_step: 4, baseline: 0 };

describe('metrics have the figures of Quantus', async () => {
  const model = await convolutional([4, 4], { channels: 5, activation: 'SiLU' });
  const request = { method: 'input_itself', inputs: { image: float32([1, 2, 4, 4], INPUT) }, target: 1 };
  const ask = (metric: string, params: Record<string, unknown>) => scoreOf(metric, { model, request, params });

  it.each<[string, Record<string, unknown>, number]>([
    ['faithfulness_correlation', { nr_runs: 6, subset_size: 8, subsets: SUBSETS, baseline: 0 }, 0.9132086],
    ['faithfulness_estimate', groups, 0.7345335],
    ['pixel_flipping', groups, 0.7021951],
    ['monotonicity_correlation', { ...groups, nr_samples: 1 }, 0.6190476],
  ])('%s with %o', async (metric, params, expected) => {
    expect((await ask(metric, params)).score / expected).toBeCloseTo(1, 5);
  });

  it('the curve of pixel_flipping, which begins behind the first step there', async () => {
    const expected = [0.09886201, 0.07900395, 0.08602688, 0.0955339, 0.09683002, 0.09507369, 0.1053547, 0.1898819];
    const { curve } = await ask('pixel_flipping', groups);
    const own = curve?.y.slice(-expected.length) ?? [];
    for (const [i, value] of expected.entries()) expect(own[i]).toBeCloseTo(value, 5);
  });
});
