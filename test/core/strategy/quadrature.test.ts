import { describe, expect, it } from 'vitest';
import { QUADRATURES, quadrature } from '../../../src/core/strategy/gradient/quadrature.ts';

const integral = (kind: (typeof QUADRATURES)[number], count: number, f: (x: number) => number): number => {
  const { alphas, weights } = quadrature(kind, count);
  return alphas.reduce((sum, x, i) => sum + (weights[i] as number) * f(x), 0);
};

describe.each(QUADRATURES)('%s', (kind) => {
  it.each([1, 2, 3, 16, 50, 333])('has %i ascending nodes on [0, 1] with weights that sum to one', (count) => {
    const { alphas, weights } = quadrature(kind, count);
    expect(alphas).toHaveLength(count);
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(Math.min(...alphas)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...alphas)).toBeLessThanOrEqual(1);
    expect([...alphas].sort((a, b) => a - b)).toEqual([...alphas]);
  });

  it('approximates an integral', () => {
    expect(integral(kind, 200, Math.exp)).toBeCloseTo(Math.E - 1, 1);
  });
});

it('Gauss-Legendre with n nodes is exact for polynomials of degree 2n - 1', () => {
  for (const count of [1, 2, 5, 16]) {
    const degree = 2 * count - 1;
    expect(integral('gausslegendre', count, (x) => x ** degree)).toBeCloseTo(1 / (degree + 1), 13);
  }
});

it('the trapezoid rule has nodes at both ends with half the weight', () => {
  const { alphas, weights } = quadrature('riemann_trapezoid', 5);
  expect([...alphas]).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect([...weights]).toEqual([0.125, 0.25, 0.25, 0.25, 0.125]);
});
