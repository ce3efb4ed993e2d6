/** Small weighted regressions: what LIME and KernelSHAP fit. Plain loops in double precision. */
import { WhylightError } from '../errors.ts';
import { sumOf } from './sum.ts';

/** Samples by features, row by row. */
export interface Design {
  readonly rows: number;
  readonly columns: number;
  readonly data: ArrayLike<number>;
}

export interface Fit {
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

/** `sum_i w_i x_i x_i^T`, `columns` by `columns`. */
export function weightedGram({ rows, columns, data }: Design, weights: ArrayLike<number>): Float64Array {
  const gram = new Float64Array(columns * columns);
  for (let i = 0; i < rows; i++) {
    const weight = weights[i] as number;
    for (let j = 0; j < columns; j++) {
      const scaled = weight * (data[i * columns + j] as number);
      if (scaled === 0) continue;
      for (let k = 0; k <= j; k++) {
        gram[j * columns + k] = (gram[j * columns + k] as number) + scaled * (data[i * columns + k] as number);
      }
    }
  }
  for (let j = 0; j < columns; j++) {
    for (let k = 0; k < j; k++) gram[k * columns + j] = gram[j * columns + k] as number;
  }
  return gram;
}

/** `sum_i w_i y_i x_i`. */
export function weightedMoment(
  { rows, columns, data }: Design,
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
): Float64Array {
  const moment = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const scaled = (weights[i] as number) * (targets[i] as number);
    for (let j = 0; j < columns; j++) moment[j] = (moment[j] as number) + scaled * (data[i * columns + j] as number);
  }
  return moment;
}

/**
 * The lower triangle of a symmetric positive definite matrix's Cholesky decomposition. A matrix that is only
 * semidefinite (fewer samples than features) is helped by a trace of its diagonal.
 * @throws WhylightError `internal` for a matrix that is not even that
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  let most = 0;
  for (let j = 0; j < size; j++) most = Math.max(most, matrix[j * size + j] as number);
  for (const help of [0, 1e-10, 1e-7]) {
    const lower = tryCholesky(matrix, size, help * most, 1e-13 * most);
    if (lower) return lower;
  }
  throw new WhylightError('internal', 'A matrix that should be positive definite is not.', { size });
}

function tryCholesky(matrix: Float64Array, size: number, help: number, least: number): Float64Array | undefined {
  const lower = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let rest = matrix[i * size + j] as number;
      for (let k = 0; k < j; k++) rest -= (lower[i * size + k] as number) * (lower[j * size + k] as number);
      if (i > j) {
        lower[i * size + j] = rest / (lower[j * size + j] as number);
        continue;
      }
      if (!(rest + help > least)) return undefined;
      lower[j * size + j] = Math.sqrt(rest + help);
    }
  }
  return lower;
}

/** Solves `L L^T x = b`. */
export function solveCholesky(lower: Float64Array, size: number, right: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i] = (x[i] as number) - (lower[i * size + k] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (lower[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] = (x[i] as number) - (lower[k * size + i] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (lower[i * size + i] as number);
  }
  return x;
}

/** Minimises `sum_i w_i (y_i - x_i c - b)^2 + alpha |c|^2`: scikit-learn's Ridge. An `alpha` of 0 is least squares. */
export function ridge(
  design: Design,
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
  { alpha }: { readonly alpha: number },
): Fit {
  const centred = centre(design, targets, weights);
  const { columns } = design;
  const gram = weightedGram(centred.design, weights);
  for (let j = 0; j < columns; j++) gram[j * columns + j] = (gram[j * columns + j] as number) + alpha;
  // Features that never vary have nothing to say, and without a penalty nothing to hold them either.
  for (let j = 0; j < columns; j++) if (gram[j * columns + j] === 0) gram[j * columns + j] = 1;
  const moment = weightedMoment(centred.design, centred.targets, weights);
  return withIntercept(centred, solveCholesky(cholesky(gram, columns), columns, moment));
}

/**
 * Minimises `1 / (2 n) sum_i w_i (y_i - x_i c - b)^2 + alpha |c|_1` by coordinate descent, the weights scaled to sum to n:
 * scikit-learn's Lasso.
 */
export function lasso(
  design: Design,
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
  { alpha, tolerance = 1e-9, passes = 2000 }: { alpha: number; tolerance?: number; passes?: number },
): Fit {
  const { rows, columns } = design;
  const total = sumOf(weights);
  const scaled = Float64Array.from({ length: rows }, (_, i) => ((weights[i] as number) / total) * rows);
  const centred = centre(design, targets, scaled);
  const gram = weightedGram(centred.design, scaled);
  const rest = weightedMoment(centred.design, centred.targets, scaled);
  const coefficients = new Float64Array(columns);
  for (let pass = 0; pass < passes; pass++) {
    let [moved, largest] = [0, 0];
    for (let j = 0; j < columns; j++) {
      const own = gram[j * columns + j] as number;
      if (own === 0) continue;
      const before = coefficients[j] as number;
      const pull = (rest[j] as number) + own * before;
      const after = (Math.sign(pull) * Math.max(0, Math.abs(pull) - alpha * rows)) / own;
      if (after !== before) {
        for (let k = 0; k < columns; k++) {
          rest[k] = (rest[k] as number) - (gram[j * columns + k] as number) * (after - before);
        }
        coefficients[j] = after;
      }
      moved = Math.max(moved, Math.abs(after - before));
      largest = Math.max(largest, Math.abs(after));
    }
    if (moved <= tolerance * largest) break;
  }
  return withIntercept(centred, coefficients);
}

/** Weighted standard deviation of the targets: the unit of a penalty that does not depend on their scale. */
export function weightedDeviation(targets: ArrayLike<number>, weights: ArrayLike<number>): number {
  const total = sumOf(weights);
  let [mean, square] = [0, 0];
  for (let i = 0; i < targets.length; i++) mean += ((weights[i] as number) / total) * (targets[i] as number);
  for (let i = 0; i < targets.length; i++) {
    square += ((weights[i] as number) / total) * ((targets[i] as number) - mean) ** 2;
  }
  return Math.sqrt(square);
}

interface Centred {
  readonly design: Design;
  readonly targets: Float64Array;
  readonly means: Float64Array;
  readonly mean: number;
}

/** Columns and targets less their weighted means: the intercept is then outside the fit. */
function centre({ rows, columns, data }: Design, targets: ArrayLike<number>, weights: ArrayLike<number>): Centred {
  const total = sumOf(weights);
  const means = weightedMoment({ rows, columns, data }, new Float64Array(rows).fill(1 / total), weights);
  let mean = 0;
  for (let i = 0; i < rows; i++) mean += ((weights[i] as number) / total) * (targets[i] as number);
  return {
    design: {
      rows,
      columns,
      data: Float64Array.from(data, (x, i) => x - (means[i % columns] as number)),
    },
    targets: Float64Array.from(targets, (y) => y - mean),
    means,
    mean,
  };
}

const withIntercept = ({ means, mean }: Centred, coefficients: Float64Array): Fit => ({
  coefficients,
  intercept: coefficients.reduce((rest, c, j) => rest - c * (means[j] as number), mean),
});
