/** The first principal component in the space that a kernel spans. */
import { WhylightError } from '../../errors.ts';
import { gram } from '../../tensor/gram.ts';
import { dominantEigenvector } from './principal-component.ts';

export const KERNELS = ['sigmoid', 'rbf', 'poly', 'linear', 'cosine'] as const;
export type Kernel = (typeof KERNELS)[number];

/** scikit-learn's defaults. */
const OFFSET = 1;
const DEGREE = 3;
/** The matrix has this many rows at most: one per position. */
const MAX_POSITIONS = 4096;

/** From the product of two points and their squared lengths. */
const SIMILARITY: Record<Kernel, (dot: number, a: number, b: number, gamma: number) => number> = {
  linear: (dot) => dot,
  sigmoid: (dot, _a, _b, gamma) => Math.tanh(gamma * dot + OFFSET),
  poly: (dot, _a, _b, gamma) => (gamma * dot + OFFSET) ** DEGREE,
  rbf: (dot, a, b, gamma) => Math.exp(-gamma * Math.max(0, a + b - 2 * dot)),
  cosine: (dot, a, b) => dot / (Math.sqrt(a * b) || 1),
};

/**
 * Each position's coordinate along the first component; the one of largest size is positive, as scikit-learn has it.
 * @param values element `c * positions + p`
 * @throws WhylightError `unprocessable_method` for a layer with too many positions.
 */
export function kernelProjection(
  values: ArrayLike<number>,
  channels: number,
  kernel: Kernel,
  gamma: number,
): Float64Array {
  const positions = values.length / channels;
  if (positions > MAX_POSITIONS) {
    throw new WhylightError(
      'unprocessable_method',
      `A kernel matrix of ${positions} positions is too large, ${MAX_POSITIONS} are allowed: name a layer nearer to the scores.`,
      { parameter: 'target_layer', positions },
    );
  }
  const matrix = kernelMatrix(points(values, channels), channels, kernel, gamma);
  const { value, vector } = dominantEigenvector(centred(matrix, positions), positions);
  const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
  const scale = Math.sqrt(Math.max(0, value)) * (largest < 0 ? -1 : 1);
  return vector.map((x) => x * scale);
}

/** One row per position, centred. */
function points(values: ArrayLike<number>, channels: number): Float64Array {
  const positions = values.length / channels;
  const rows = new Float64Array(values.length);
  for (let c = 0; c < channels; c++) {
    let mean = 0;
    for (let p = 0; p < positions; p++) mean += (values[c * positions + p] as number) / positions;
    for (let p = 0; p < positions; p++) rows[p * channels + c] = (values[c * positions + p] as number) - mean;
  }
  return rows;
}

function kernelMatrix(rows: Float64Array, channels: number, kernel: Kernel, gamma: number): Float64Array {
  const count = rows.length / channels;
  const matrix = gram(rows, count);
  const alike = SIMILARITY[kernel];
  const squares = Float64Array.from({ length: count }, (_, i) => matrix[i * count + i] as number);
  for (let i = 0, n = 0; i < count; i++) {
    for (let j = 0; j < count; j++, n++)
      matrix[n] = alike(matrix[n] as number, squares[i] as number, squares[j] as number, gamma);
  }
  return matrix;
}

/** Rows and columns that sum to zero: the points centred in the kernel's space. */
function centred(matrix: Float64Array, size: number): Float64Array {
  const means = Float64Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += matrix[i * size + j] as number;
    return sum / size;
  });
  const mean = means.reduce((sum, x) => sum + x, 0) / size;
  const shifted = new Float64Array(matrix.length);
  for (let i = 0, n = 0; i < size; i++) {
    for (let j = 0; j < size; j++, n++)
      shifted[n] = (matrix[n] as number) - (means[i] as number) - (means[j] as number) + mean;
  }
  return shifted;
}
