import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import {
  cholesky,
  type Design,
  lasso,
  ridge,
  solveCholesky,
  weightedGram,
  weightedMoment,
} from '../../../src/core/tensor/least-squares.ts';
import { Random } from '../../../src/core/tensor/random.ts';

const random = new Random(3);
const [rows, columns] = [40, 6];
const design: Design = { rows, columns, data: random.normal(rows * columns) };
const targets = random.at(1).normal(rows);
const weights = random
  .at(2)
  .uniform(rows)
  .map((w) => w + 0.1);

/** The design with a column of ones behind it, as ml-matrix sees it. */
const oracle = new Matrix(
  Array.from({ length: rows }, (_, i) => [...Array.from(design.data).slice(i * columns, (i + 1) * columns), 1]),
);
const W = Matrix.diag(Array.from(weights));
const Y = Matrix.columnVector(Array.from(targets));

const close = (actual: ArrayLike<number>, expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 8);
};

describe('least squares', () => {
  it('solves by Cholesky factorisation', () => {
    const gram = weightedGram(design, weights);
    const moment = weightedMoment(design, targets, weights);
    const A = new Matrix(
      Array.from({ length: columns }, (_, j) => Array.from(gram.slice(j * columns, (j + 1) * columns))),
    );
    close(
      solveCholesky(cholesky(gram, columns), columns, moment),
      solve(A, Matrix.columnVector(Array.from(moment))).to1DArray(),
    );
  });

  it.each([0, 0.5, 20])('fits ridge regression with alpha %d and an intercept', (alpha) => {
    const penalty = Matrix.diag([...Array(columns).fill(alpha), 0]);
    const left = oracle.transpose().mmul(W).mmul(oracle).add(penalty);
    const expected = solve(left, oracle.transpose().mmul(W).mmul(Y)).to1DArray();
    const { coefficients, intercept } = ridge(design, targets, weights, { alpha });
    close([...coefficients, intercept], expected);
  });

  it('fits a lasso with zeros below the threshold, and residual correlations of alpha elsewhere', () => {
    const alpha = 0.08;
    const { coefficients, intercept } = lasso(design, targets, weights, { alpha });
    const total = weights.reduce((a, b) => a + b, 0);
    const residuals = Float64Array.from(
      targets,
      (y, i) => y - intercept - coefficients.reduce((s, c, j) => s + c * (design.data[i * columns + j] as number), 0),
    );
    const pulls = weightedMoment(design, residuals, weights).map((pull) => pull / total);
    expect(coefficients.some((c) => c === 0)).toBe(true);
    expect(coefficients.some((c) => c !== 0)).toBe(true);
    for (const [j, c] of coefficients.entries()) {
      if (c === 0) expect(Math.abs(pulls[j] as number)).toBeLessThanOrEqual(alpha + 1e-9);
      else expect(pulls[j]).toBeCloseTo(alpha * Math.sign(c), 7);
    }
  });

  it('gives a solution for fewer samples than features and for constant features', () => {
    const few: Design = { rows: 3, columns: 4, data: [1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0] };
    const { coefficients, intercept } = ridge(few, [1, 2, 4], [1, 1, 1], { alpha: 0 });
    for (const [i, y] of [1, 2, 4].entries()) {
      const fitted = coefficients.reduce((s, c, j) => s + c * (few.data[i * 4 + j] as number), intercept);
      expect(fitted).toBeCloseTo(y, 4);
    }
  });
});
