import { describe, expect, it } from 'vitest';
import { floats, string } from '../../../src/core/onnx/attributes.ts';
import type { Node } from '../../../src/core/onnx/graph.ts';
import { shapleyValues } from '../../../src/core/strategy/perturbation/coalitions.ts';
import { MODES } from '../../../src/core/trees/branches.ts';
import type { TreeEnsemble } from '../../../src/core/trees/ensemble.ts';
import { outputsOf, rawScores } from '../../../src/core/trees/evaluate.ts';
import { interventionalShap, pathDependentShap } from '../../../src/core/trees/explain.ts';
import { marginsOf } from '../../../src/core/trees/head.ts';
import { readEnsemble } from '../../../src/core/trees/read.ts';
import { countShares } from '../../../src/core/trees/shares-of-rows.ts';
import { classifier, leaf, numbers, randomTree, regressor, split } from './ensembles.ts';

const LISTED = MODES.filter((mode) => mode !== 'BRANCH_MEMBER');

/** Rows of whole numbers from 0 to 4, some of them missing. */
function rowsOf(seed: number, rows: number, columns: number): Float64Array {
  const draw = numbers(seed);
  return Float64Array.from({ length: rows * columns }, () => (draw() < 0.1 ? Number.NaN : Math.floor(draw() * 5)));
}

/** Shapley values by their definition, absent players taking the values of each background row in turn. */
function byDefinition(
  score: (row: Float64Array) => number,
  row: Float64Array,
  background: readonly Float64Array[],
  players: ArrayLike<number>,
  count: number,
): Float64Array {
  const means = Float64Array.from({ length: 2 ** count }, (_, coalition) => {
    const mixed = background.map((other) =>
      row.map((value, j) => ((coalition >> (players[j] as number)) & 1 ? value : (other[j] as number))),
    );
    return mixed.reduce((sum, one) => sum + score(one), 0) / background.length;
  });
  return shapleyValues(count, means);
}

/** Shapley values of what a tree gives when absent columns go both ways, by the shares of training rows. */
function byShares(ensemble: TreeEnsemble, row: Float64Array, lowShare: Float64Array): Float64Array {
  const { column, threshold, nanLow, low, high, weight, weightStart } = ensemble;
  const value = (node: number, coalition: number): number => {
    const at = column[node] as number;
    if (at < 0) return weight[weightStart[node] as number] as number;
    const x = row[at] as number;
    const goesLow = x <= (threshold[node] as number) || (nanLow[node] === 1 && Number.isNaN(x));
    if ((coalition >> at) & 1) return value((goesLow ? low : high)[node] as number, coalition);
    const share = lowShare[node] as number;
    return share * value(low[node] as number, coalition) + (1 - share) * value(high[node] as number, coalition);
  };
  const scores = Float64Array.from({ length: 2 ** row.length }, (_, coalition) =>
    ensemble.roots.reduce((sum, root) => sum + value(root, coalition), 0),
  );
  return shapleyValues(row.length, scores);
}

const slices = (values: Float64Array, width: number): Float64Array[] =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));

const expectClose = (given: ArrayLike<number>, wanted: ArrayLike<number>): void => {
  expect(given).toHaveLength(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(given[i]).toBeCloseTo(wanted[i] as number, 12);
};

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

/** f(x) = 10 where x0 > 1 and x1 > 1, else 0. */
const AND: Node = regressor([
  split(0, 1, leaf(0, 6), split(1, 1, leaf(0, 3), leaf(10, 1), { count: 4 }), { count: 10 }),
]);

describe('interventionalShap', () => {
  it('splits the score of two columns that are needed together into halves', () => {
    const ensemble = readEnsemble(AND);
    const shared = { rows: Float64Array.of(2, 2), columns: 2, target: [1], space: 'margin' } as const;
    const { values, expected, scores } = interventionalShap(ensemble, { ...shared, background: Float64Array.of(0, 0) });
    expect([...values, expected, ...scores]).toEqual([5, 5, 0, 10]);
    // Against (2, 0) only the second column matters; the mean of both backgrounds is (2.5, 7.5).
    const both = interventionalShap(ensemble, { ...shared, background: Float64Array.of(0, 0, 2, 0) });
    expect([...both.values]).toEqual([2.5, 7.5]);
  });

  it('equals the sum over all coalitions for all kinds of tests, repeated columns and missing values', () => {
    const draw = numbers(1);
    const trees = Array.from({ length: 6 }, () => randomTree(draw, 5, 6, LISTED));
    const ensemble = readEnsemble(regressor(trees, { base_values: floats([0.5]) }));
    const [rows, background] = [rowsOf(2, 4, 5), rowsOf(3, 7, 5)];
    const result = interventionalShap(ensemble, { rows, background, columns: 5, target: [1], space: 'margin' });
    const score = (row: Float64Array): number => outputsOf(ensemble, row)[0] as number;
    for (const [i, row] of slices(rows, 5).entries()) {
      const values = result.values.slice(5 * i, 5 * i + 5);
      expectClose(values, byDefinition(score, row, slices(background, 5), [0, 1, 2, 3, 4], 5));
      expect(sum(values) + result.expected).toBeCloseTo(result.scores[i] as number, 12);
      expect(result.scores[i]).toBeCloseTo(score(row), 12);
    }
  });

  it('attributes to a source column what its derived columns contribute together', () => {
    const draw = numbers(4);
    const ensemble = readEnsemble(regressor(Array.from({ length: 6 }, () => randomTree(draw, 5, 5))));
    const [rows, background] = [rowsOf(5, 3, 5), rowsOf(6, 4, 5)];
    const players = { of: Int32Array.of(0, 1, 1, 2, 1), count: 3 };
    const { values } = interventionalShap(ensemble, {
      rows,
      background,
      columns: 5,
      players,
      target: [1],
      space: 'margin',
    });
    const score = (row: Float64Array): number => outputsOf(ensemble, row)[0] as number;
    for (const [i, row] of slices(rows, 5).entries()) {
      expectClose(values.slice(3 * i, 3 * i + 3), byDefinition(score, row, slices(background, 5), players.of, 3));
    }
  });

  it('explains any weighting of the classes, in the space of the margins', () => {
    const draw = numbers(7);
    const grow = () =>
      split(0, 2, leaf({ 0: draw(), 2: draw() }), split(1, 1, leaf({ 1: draw() }), leaf({ 2: draw() })));
    const ensemble = readEnsemble(classifier(3, [grow(), grow()], { post_transform: string('SOFTMAX') }));
    const [rows, background, target] = [rowsOf(8, 3, 2), rowsOf(9, 3, 2), [1, 0, -1]];
    const { values } = interventionalShap(ensemble, { rows, background, columns: 2, target, space: 'margin' });
    const score = (row: Float64Array): number => {
      const [a = 0, , c = 0] = marginsOf(ensemble.head, rawScores(ensemble, row));
      return a - c;
    };
    for (const [i, row] of slices(rows, 2).entries()) {
      expectClose(values.slice(2 * i, 2 * i + 2), byDefinition(score, row, slices(background, 2), [0, 1], 2));
    }
  });

  for (const post of ['LOGISTIC', 'SOFTMAX']) {
    it(`adds up to the change of the probability after ${post}`, () => {
      const draw = numbers(10);
      const grow = () =>
        split(0, 2, leaf({ 0: 9 * draw(), 2: draw() }), split(1, 1, leaf({ 1: 5 * draw() }), leaf({ 2: draw() })));
      const ensemble = readEnsemble(classifier(3, [grow(), grow()], { post_transform: string(post) }));
      const [rows, background] = [rowsOf(11, 5, 2), rowsOf(12, 4, 2)];
      const result = interventionalShap(ensemble, { rows, background, columns: 2, target: [0, 1, 0], space: 'output' });
      for (const [i, row] of slices(rows, 2).entries()) {
        expect(result.scores[i]).toBeCloseTo(outputsOf(ensemble, row)[1] as number, 12);
        expect(sum(result.values.slice(2 * i, 2 * i + 2)) + result.expected).toBeCloseTo(
          result.scores[i] as number,
          12,
        );
      }
    });
  }

  it('attributes the whole probability to the only column that changes the margin', () => {
    const ensemble = readEnsemble(
      classifier(2, [split(0, 1, leaf({ 0: -1 }), leaf({ 0: 2 }))], { post_transform: string('LOGISTIC') }),
    );
    const { values } = interventionalShap(ensemble, {
      rows: Float64Array.of(3, 0),
      background: Float64Array.of(0, 5),
      columns: 2,
      target: [0, 1],
      space: 'output',
    });
    expectClose(values, [1 / (1 + Math.exp(-2)) - 1 / (1 + Math.exp(1)), 0]);
  });

  it('refuses the MIN aggregate, and suggests methods that support it', () => {
    const ensemble = readEnsemble(regressor([leaf(1)], { aggregate_function: string('MIN') }));
    const rows = Float64Array.of(0);
    expect(() =>
      interventionalShap(ensemble, { rows, background: rows, columns: 1, target: [1], space: 'margin' }),
    ).toThrow(/minimum.*kernel_shap/);
  });
});

describe('pathDependentShap', () => {
  it('weights branches by the counts of training rows', () => {
    const ensemble = readEnsemble(AND);
    const lowShare = ensemble.lowShare as Float64Array;
    const { values, expected } = pathDependentShap(ensemble, {
      rows: Float64Array.of(2, 2),
      columns: 2,
      target: [1],
      lowShare,
    });
    // 4 of 10 rows go on, 1 of 4 of them to the 10: v() = 1, v(x0) = 2.5, v(x1) = 4, v(both) = 10.
    expectClose(values, [(2.5 - 1 + (10 - 4)) / 2, (4 - 1 + (10 - 2.5)) / 2]);
    expect(expected).toBeCloseTo(1, 12);
  });

  it('equals the sum over all coalitions for all kinds of tests and repeated columns', () => {
    const draw = numbers(20);
    const ensemble = readEnsemble(regressor(Array.from({ length: 6 }, () => randomTree(draw, 5, 7, LISTED))));
    const lowShare = ensemble.lowShare as Float64Array;
    const rows = rowsOf(21, 4, 5);
    const result = pathDependentShap(ensemble, { rows, columns: 5, target: [1], lowShare });
    for (const [i, row] of slices(rows, 5).entries()) {
      const values = result.values.slice(5 * i, 5 * i + 5);
      expectClose(values, byShares(ensemble, row, lowShare));
      expect(sum(values) + result.expected).toBeCloseTo(result.scores[i] as number, 12);
    }
  });

  it('accepts counts from rows, also for branches without rows', () => {
    const draw = numbers(22);
    const ensemble = readEnsemble(regressor(Array.from({ length: 4 }, () => randomTree(draw, 4, 6))));
    const lowShare = countShares(ensemble, rowsOf(23, 3, 4), 4);
    const rows = rowsOf(24, 3, 4);
    const { values } = pathDependentShap(ensemble, { rows, columns: 4, target: [1], lowShare });
    for (const [i, row] of slices(rows, 4).entries())
      expectClose(values.slice(4 * i, 4 * i + 4), byShares(ensemble, row, lowShare));
  });
});
