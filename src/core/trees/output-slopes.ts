/** Shares of an output's change that its margins make, between two rows. */
import { WhylightError } from '../errors.ts';
import { gaussLegendre } from '../tensor/gauss-legendre.ts';
import { applyPost, type PostTransform } from './head.ts';

/** Places on the way from one row's margins to the other's. */
const LINE = gaussLegendre(32);

/**
 * For each margin that the target depends on, the mean slope of the target's output along the straight line from each
 * background row's margins to each row's, divided by the number of background rows: [rows, background].
 *
 * The mean slopes times the margins' changes add up to the output's change, exactly.
 * @throws WhylightError `unprocessable_method` for a probit and a softmax that keeps zeros
 */
export function outputSlopes(
  post: PostTransform,
  target: ArrayLike<number>,
  rows: readonly Float64Array[],
  background: readonly Float64Array[],
): Map<number, Float64Array> {
  if (post !== 'logistic' && post !== 'softmax' && post !== 'exp') {
    throw new WhylightError(
      'unprocessable_method',
      `The output goes through ${post}, through which tree_shap does not pass on contributions. Explain the margin.`,
      { post },
    );
  }
  const slopes = new Map<number, Float64Array>();
  for (const [i, row] of rows.entries()) {
    for (const [j, other] of background.entries()) {
      for (const [margin, slope] of (post === 'softmax'
        ? softmaxSlopes(target, row, other)
        : elementSlopes(post, target, row, other)
      ).entries()) {
        if (slope === 0) continue;
        const weights = slopes.get(margin) ?? new Float64Array(rows.length * background.length);
        weights[i * background.length + j] = slope / background.length;
        slopes.set(margin, weights);
      }
    }
  }
  return slopes;
}

/** Slopes of a function of each margin by itself: a difference quotient, or the derivative where the rows agree. */
function elementSlopes(
  post: 'logistic' | 'exp',
  target: ArrayLike<number>,
  row: Float64Array,
  other: Float64Array,
): Float64Array {
  const [after, before] = [applyPost(post, row), applyPost(post, other)];
  return row.map((margin, k) => {
    const step = margin - (other[k] as number);
    const at = after[k] as number;
    const derivative = post === 'exp' ? at : at * (1 - at);
    return (target[k] as number) * (Math.abs(step) > 1e-9 ? (at - (before[k] as number)) / step : derivative);
  });
}

function softmaxSlopes(target: ArrayLike<number>, row: Float64Array, other: Float64Array): Float64Array {
  const slopes = new Float64Array(row.length);
  for (const [n, place] of LINE.alphas.entries()) {
    const p = applyPost(
      'softmax',
      row.map((margin, k) => (other[k] as number) + place * (margin - (other[k] as number))),
    );
    const mean = p.reduce((sum, probability, k) => sum + (target[k] as number) * probability, 0);
    for (let k = 0; k < p.length; k++) {
      slopes[k] =
        (slopes[k] as number) + (LINE.weights[n] as number) * (p[k] as number) * ((target[k] as number) - mean);
    }
  }
  return exactSum(slopes, target, row, other);
}

/** Slopes whose products with the margins' changes add up to the output's change: the quadrature is off by a little. */
function exactSum(
  slopes: Float64Array,
  target: ArrayLike<number>,
  row: Float64Array,
  other: Float64Array,
): Float64Array {
  const output = (margins: Float64Array): number =>
    applyPost('softmax', margins).reduce((sum, p, k) => sum + (target[k] as number) * p, 0);
  const steps = row.map((margin, k) => margin - (other[k] as number));
  const squares = steps.reduce((sum, step) => sum + step * step, 0);
  if (squares === 0) return slopes;
  const missing = output(row) - output(other) - steps.reduce((sum, step, k) => sum + step * (slopes[k] as number), 0);
  return slopes.map((slope, k) => slope + (missing * (steps[k] as number)) / squares);
}
