/** Projection of the positions of a layer on the first principal component of its channels. */

import type * as z from 'zod';
import { choice } from '../../method/choice.ts';
import { gram, lengthOf } from '../../tensor/gram.ts';
import { transposed } from '../../tensor/transpose.ts';
import { lapackSign } from './lapack-sign.ts';

const MAX_ROUNDS = 5000;
const PRECISION = 1e-11;

export const signParameter = choice(
  ['features', 'lapack'],
  'features',
  'Which end of the component is positive. features: where the sum of the channels is high; lapack: as the singular value decomposition of LAPACK returns it in nearly all cases, and pytorch-grad-cam with it.',
);

/**
 * Each position is a point with one coordinate per channel; the points are centred, and each one's coordinate along the
 * direction of largest variance is returned (`U S` of the first singular value).
 *
 * The sign of a singular vector is free, see {@link signParameter}; `extreme` makes the value farthest from 0 positive.
 * @param values element `c * positions + p`
 */
export function principalProjection(
  values: ArrayLike<number>,
  channels: number,
  sign: z.output<typeof signParameter> | 'extreme' = 'features',
): Float64Array {
  const positions = values.length / channels;
  const centred = new Float64Array(values);
  for (let c = 0; c < channels; c++) {
    const row = centred.subarray(c * positions, (c + 1) * positions);
    let sum = 0;
    for (let p = 0; p < positions; p++) sum += row[p] as number;
    const mean = sum / positions;
    for (let p = 0; p < positions; p++) row[p] = (row[p] as number) - mean;
  }
  // The smaller of the two Gram matrices has the same eigenvalues.
  const loadings =
    channels <= positions
      ? dominantEigenvector(gram(centred, channels), channels).vector
      : transposedProduct(
          centred,
          dominantEigenvector(gram(transposed(centred, channels), positions), positions).vector,
          channels,
        );
  const length = lengthOf(loadings) || 1;
  const projection = new Float64Array(positions);
  for (let c = 0; c < channels; c++) {
    const loading = (loadings[c] as number) / length;
    for (let p = 0; p < positions; p++)
      projection[p] = (projection[p] as number) + loading * (centred[c * positions + p] as number);
  }
  const towards =
    sign === 'lapack'
      ? lapackSign(centred, projection)
      : sign === 'extreme'
        ? extremeOf(projection)
        : alongSum(centred, projection);
  return towards < 0 ? projection.map((value) => -value) : projection;
}

/** The value farthest from 0. */
function extremeOf(projection: Float64Array): number {
  let extreme = 0;
  for (const value of projection) if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  return extreme;
}

/** True if the projection correlates positively with the sum over the channels. */
function alongSum(centred: Float64Array, projection: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < centred.length; ) {
    for (let p = 0; p < projection.length; p++, i++) sum += (centred[i] as number) * (projection[p] as number);
  }
  return sum;
}

/**
 * The eigenvector of a symmetric matrix with the largest eigenvalue, of length 1, by power iteration. Should the
 * eigenvalue of largest size be negative, the matrix is shifted and the iteration begins anew.
 */
export function dominantEigenvector(
  matrix: Float64Array,
  size: number,
  shift = 0,
): { value: number; vector: Float64Array } {
  let vector = longestRow(matrix, size);
  let value = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      let sum = shift * (vector[i] as number);
      for (let j = 0; j < size; j++) sum += (matrix[i * size + j] as number) * (vector[j] as number);
      next[i] = sum;
    }
    value = 0;
    for (let i = 0; i < size; i++) value += (next[i] as number) * (vector[i] as number);
    const length = lengthOf(next);
    if (length === 0) return { value: 0, vector };
    let change = 0;
    for (let i = 0; i < size; i++) {
      next[i] = (next[i] as number) / length;
      change = Math.max(change, Math.abs((next[i] as number) - Math.sign(value) * (vector[i] as number)));
    }
    vector = next;
    if (change < PRECISION) break;
  }
  return value < 0 && shift === 0 ? dominantEigenvector(matrix, size, -value) : { value: value - shift, vector };
}

/** A start that is not orthogonal to the answer, unless the matrix is made for it. */
function longestRow(matrix: Float64Array, size: number): Float64Array {
  let [longest, at] = [-1, 0];
  for (let i = 0; i < size; i++) {
    const length = lengthOf(matrix.subarray(i * size, (i + 1) * size));
    if (length > longest) [longest, at] = [length, i];
  }
  return matrix.slice(at * size, (at + 1) * size).map((x) => x / (longest || 1));
}

/** Each row's product with the vector. */
function transposedProduct(rows: Float64Array, vector: Float64Array, count: number): Float64Array {
  const width = vector.length;
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += (rows[i * width + k] as number) * (vector[k] as number);
    return sum;
  });
}
