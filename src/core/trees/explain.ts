/** Exact Shapley values of a tree ensemble's score. */
import { WhylightError } from '../errors.ts';
import type { TreeEnsemble } from './ensemble.ts';
import { rawScores } from './evaluate.ts';
import { applyPost, type Head, marginsOf } from './head.ts';
import { addInterventional } from './interventional.ts';
import { outputSlopes } from './output-slopes.ts';
import { addPathDependent, pathDependentMean } from './path-dependent.ts';
import { scalarTrees } from './scalar.ts';

/** Columns of the ensemble and who plays them: columns that stem from one source column share a player. */
export interface Players {
  /** Player of each column. */
  readonly of: Int32Array;
  /** Number of players. */
  readonly count: number;
}

export interface TreeShapInput {
  /** Rows that are explained, row by row: [rows, columns], in the ensemble's precision ({@link toPrecision}). */
  readonly rows: Float64Array;
  /** Columns of a row: at least the ensemble's. */
  readonly columns: number;
  /** Every column plays for itself when left out. */
  readonly players?: Players;
  /** Weight of each output in what is explained: one output is a single 1. */
  readonly target: ArrayLike<number>;
}

export interface InterventionalOptions extends TreeShapInput {
  /** Rows whose values absent columns take: [background, columns]. */
  readonly background: Float64Array;
  /** `margin` explains what goes into the post-transform, `output` what comes out of it. */
  readonly space: 'margin' | 'output';
}

export interface PathDependentOptions extends TreeShapInput {
  /** Share of the rows that goes low at each split: the ensemble's own, or counted by {@link countShares}. */
  readonly lowShare: Float64Array;
}

export interface TreeShapResult {
  /** [rows, players]. */
  readonly values: Float64Array;
  /** Score of each row, in the space that is explained. */
  readonly scores: Float64Array;
  /** Mean score of the background or of the training rows: `scores[i]` minus the sum of row `i`'s values. */
  readonly expected: number;
}

/**
 * Interventional Shapley values. In `output` space, after a function that is not linear, each background row's margin
 * contributions are scaled by how much of the output's change they make on the straight line between both rows' margins:
 * what SHAP does for the logistic function, and its extension to the softmax.
 *
 * @throws WhylightError `unprocessable_method` for trees that are not added up, or too deep
 * @see Chen, Lundberg and Lee 2022, Explaining a series of models by propagating Shapley values
 */
export function interventionalShap(ensemble: TreeEnsemble, options: InterventionalOptions): TreeShapResult {
  const { rows, background, columns, target, space } = options;
  const players = options.players ?? everyColumn(columns);
  const [rowMargins, otherMargins] = [rows, background].map((values) => marginsOfRows(ensemble, values, columns)) as [
    Float64Array[],
    Float64Array[],
  ];
  const { head } = ensemble;
  const post = space === 'margin' ? 'none' : head.post;
  const values = new Float64Array(rowMargins.length * players.count);
  const shared = { rows, background, columns, players: players.of, count: players.count };
  if (post === 'none') {
    const weights = new Float64Array(rowMargins.length * otherMargins.length).fill(1 / otherMargins.length);
    addInterventional(scalarTrees(ensemble, rawFactors(head, target)), { ...shared, weights }, values);
  } else {
    const slopes = outputSlopes(post, target, rowMargins, otherMargins);
    for (const [margin, weights] of slopes) {
      const one = Float64Array.from(head.margins, (_, i) => (i === margin ? 1 : 0));
      addInterventional(scalarTrees(ensemble, rawFactors(head, one)), { ...shared, weights }, values);
    }
  }
  const score = (margins: Float64Array): number => dot(target, applyPost(post, margins));
  const others = otherMargins.map(score);
  return {
    values,
    scores: Float64Array.from(rowMargins, score),
    expected: others.reduce((a, b) => a + b, 0) / others.length,
  };
}

/**
 * Path-dependent Shapley values of the margin.
 * @throws WhylightError `unprocessable_method` for trees that are not added up, or too deep
 */
export function pathDependentShap(ensemble: TreeEnsemble, options: PathDependentOptions): TreeShapResult {
  const { rows, columns, target, lowShare } = options;
  const players = options.players ?? everyColumn(columns);
  const trees = scalarTrees(ensemble, rawFactors(ensemble.head, target));
  const margins = marginsOfRows(ensemble, rows, columns);
  const values = new Float64Array(margins.length * players.count);
  addPathDependent(trees, { rows, columns, players: players.of, count: players.count, lowShare }, values);
  return {
    values,
    scores: Float64Array.from(margins, (one) => dot(target, one)),
    expected:
      pathDependentMean(trees, lowShare) +
      dot(
        target,
        ensemble.head.margins.map(({ offset }) => offset),
      ),
  };
}

const everyColumn = (columns: number): Players => ({
  of: Int32Array.from({ length: columns }, (_, i) => i),
  count: columns,
});

/** Factor of each raw score in a weighted sum of the margins. */
function rawFactors({ margins }: Head, target: ArrayLike<number>): Float64Array {
  const targets = margins.reduce((most, { terms }) => Math.max(most, ...terms.map((term) => term.target + 1)), 0);
  const factors = new Float64Array(targets);
  for (const [output, { terms }] of margins.entries()) {
    for (const { target: raw, factor } of terms)
      factors[raw] = (factors[raw] as number) + factor * (target[output] as number);
  }
  return factors;
}

function marginsOfRows(ensemble: TreeEnsemble, values: Float64Array, columns: number): Float64Array[] {
  if (columns < ensemble.columns || values.length === 0 || values.length % columns !== 0) {
    throw new WhylightError(
      'invalid_tensor',
      `The trees read ${ensemble.columns} columns: expected rows of at least as many, but got ${values.length} values in rows of ${columns}.`,
      { columns: ensemble.columns, given: columns, values: values.length },
    );
  }
  return Array.from({ length: values.length / columns }, (_, row) =>
    marginsOf(ensemble.head, rawScores(ensemble, values, row * columns)),
  );
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] === 0 ? 0 : (a[i] as number) * (b[i] as number);
  return sum;
};
