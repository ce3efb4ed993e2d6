/** The parts that metrics are made of, against numbers of numpy, SciPy and scikit-image. */
import { describe, expect, it } from 'vitest';
import { countOfShare, countsOfSize, countsOfSteps } from '../../../src/core/metrics/counts.ts';
import { areaUnder } from '../../../src/core/metrics/curve.ts';
import { imputation } from '../../../src/core/metrics/imputation.ts';
import { regionOfBoxes } from '../../../src/core/metrics/region.ts';
import { pearson, spearman, ssim } from '../../../src/core/metrics/similarity.ts';
import { countAbove, entropy, gini } from '../../../src/core/tensor/concentration.ts';

describe('areaUnder', () => {
  it.each([
    [[1, 0.5, 0.25, 0], 0.4166666666666667],
    [[0, 0, 1], 0.25],
    [[3], 3],
  ])('of %o is %d', (scores, area) => expect(areaUnder(scores)).toBeCloseTo(area, 12));
});

describe('counts of features', () => {
  it('are exact where a product of shares falls below an integer', () => {
    expect(Math.floor((17 / 28) * 784)).toBe(475);
    expect(countsOfSteps(784, 28)).toEqual(Array.from({ length: 29 }, (_, step) => 28 * step));
    expect(countOfShare(0.29, 100, 'down')).toBe(29);
    expect(countOfShare(0.07, 100, 'up')).toBe(7);
    expect(countsOfSteps(100, 1, 0.57)).toEqual([0, 57]);
  });
  it('are rounded down where nothing is exact', () => expect(countsOfSteps(10, 3)).toEqual([0, 3, 6, 10]));
  it('of portions end with the rest', () => expect(countsOfSize(10, 4)).toEqual([0, 4, 8, 10]));
});

describe('concentration', () => {
  it('of a map of zeros is zero', () => {
    expect([gini([0, 0]), entropy([0, 0]), countAbove([0, 0], 0)]).toEqual([0, 0, 0]);
  });
  it('does not depend on order and scale', () => {
    expect(gini([4, 1, 3, 2])).toBeCloseTo(gini([10, 20, 30, 40]), 12);
    expect(entropy([4, 1, 3, 2])).toBeCloseTo(entropy([10, 20, 30, 40]), 12);
  });
});

describe('correlation', () => {
  it('equals scipy.stats.spearmanr with average ranks for ties', () => {
    expect(spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.8207826816681233, 12);
    expect(spearman([1, 10, 100], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(spearman([1, 1, 1], [3, 2, 1])).toBe(0);
  });
  it('is linear without ranks', () => expect(pearson([1, 2, 3], [2, 4, 7])).toBeCloseTo(0.9933992677987828, 12));
});

describe('ssim', () => {
  const wave = (phase: number) => Float64Array.from({ length: 144 }, (_, i) => Math.sin(i * 0.7 + phase));
  it('is 1 for equal maps, and decreases with their difference', () => {
    expect(ssim(wave(0), wave(0), [12, 12])).toBeCloseTo(1, 12);
    const [near, far] = [ssim(wave(0), wave(0.3), [12, 12]), ssim(wave(0), wave(2), [12, 12])];
    expect(near).toBeLessThan(1);
    expect(far).toBeLessThan(near);
  });
  it('agrees with the definition on a single window', () => {
    const [a, b] = [Float64Array.of(0, 1, 2, 3), Float64Array.of(0, 1, 2, 4)];
    const [c1, c2] = [(0.01 * 4) ** 2, (0.03 * 4) ** 2];
    const expected =
      ((2 * 1.5 * 1.75 + c1) * (2 * (6.5 / 3) + c2)) / ((1.5 ** 2 + 1.75 ** 2 + c1) * (5 / 3 + 8.75 / 3 + c2));
    expect(ssim(a, b, [2, 2])).toBeCloseTo(expected, 12);
  });
});

describe('imputation', () => {
  it('replaces a single pixel by the weighted mean of its neighbours', () => {
    const channel = [1, 2, 3, 4, 99, 6, 7, 8, 9];
    const expected = (2 + 4 + 6 + 8) / 6 + (1 + 3 + 7 + 9) / 12;
    expect(imputation([3, 3], Uint32Array.of(4))(channel)[0]).toBeCloseTo(expected, 6);
  });
  it('continues a plane across a hole of many scales, whose border alone is known', () => {
    const side = 70;
    const channel = Float64Array.from({ length: side * side }, (_, i) => 3 * Math.floor(i / side) - (i % side));
    const onBorder = (i: number) => [0, side - 1].some((end) => i % side === end || Math.floor(i / side) === end);
    const missing = Uint32Array.from([...channel.keys()].filter((i) => !onBorder(i)));
    const filled = imputation([side, side], missing)(channel.map((value, i) => (onBorder(i) ? value : Number.NaN)));
    for (const [i, p] of missing.entries()) expect(filled[i]).toBeCloseTo(channel[p] as number, 1);
  });
  it('continues a plane over any missing pixels inside', () => {
    const channel = Float64Array.from({ length: 144 }, (_, i) => 2 * Math.floor(i / 12) + (i % 12));
    const missing = Uint32Array.from(
      [...channel.keys()].filter((i) => i % 12 > 0 && i % 12 < 11 && i > 12 && i < 132 && i % 5 !== 0),
    );
    const filled = imputation([12, 12], missing)(channel);
    for (const [i, p] of missing.entries()) expect(filled[i]).toBeCloseTo(channel[p] as number, 3);
  });
});

describe('regionOfBoxes', () => {
  it('contains the pixels whose centres lie inside', () => {
    const { inside } = regionOfBoxes([[0.6, 0, 2.5, 1]], [2, 4]);
    expect([...inside]).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
    expect([...regionOfBoxes([[-5, -5, 50, 50]], [1, 2]).inside]).toEqual([1, 1]);
  });
});
