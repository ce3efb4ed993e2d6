/** Sign that LAPACK's singular value decomposition gives the first principal component. */
import { lengthOf } from '../../tensor/gram.ts';
import { type Bidiagonal, bidiagonal, triangle } from '../../tensor/householder.ts';
import { transposed } from '../../tensor/transpose.ts';

/** Rows for each column from which `gesdd` reduces a matrix to a triangle first. */
const LONG = 11 / 6;
/** Size up to which `bdsdc` iterates, in place of dividing the matrix. */
const SMALL = 25;
/** Size of a coordinate below which the halves of a divided matrix count as independent. */
const INDEPENDENT = 1e-15;
/** Multiplications that the reductions may take; beyond, the sign is that of a matrix which is not divided. */
const MAX_WORK = 2e9;

/**
 * Positive where LAPACK's `gesdd` returns the first left singular vector with the sign of the projection, for the matrix
 * of positions (rows) and channels.
 *
 * The reflections that reduce the matrix to a bidiagonal one fix the first coordinate of the vector in the basis of that
 * matrix. Up to a size of 25, the iteration leaves it positive. A larger matrix is divided around a row in the middle,
 * whose coordinate comes out negative, unless it is so small that the halves do not know of each other: then what holds
 * for the upper half holds for the whole.
 * @param centred element `channel * positions + position`, with a mean of 0 for each channel
 * @param projection coordinate of each position along the component
 *
 * @see LAPACK, `dgesdd`, `dbdsdc` and `dlasd3`
 */
export function lapackSign(centred: Float64Array, projection: Float64Array): number {
  const positions = projection.length;
  const channels = centred.length / positions;
  const first = firstCoordinate(centred, projection);
  const size = Math.min(positions, channels);
  const rows = Math.max(positions, channels);
  if (size <= SMALL || rows * size * size > MAX_WORK) return first;
  const reduced = reduce(centred, positions, channels);
  const vector = leftVector(reduced, lengthOf(projection));
  for (let middle = size >> 1; ; middle >>= 1) {
    const own = vector[middle] as number;
    if (Math.abs(own) > INDEPENDENT) return own < 0 ? first : -first;
    if (middle <= SMALL) return first;
  }
}

/** The first coordinate of the left vector in the basis that the reflections lead to, up to a positive factor. */
function firstCoordinate(centred: Float64Array, projection: Float64Array): number {
  const positions = projection.length;
  const channels = centred.length / positions;
  const corner = projection[0] as number;
  if (positions < channels) return isLong(channels, positions) ? -corner : corner;
  let along = 0;
  for (let p = 0; p < positions; p++) along += (centred[p] as number) * (projection[p] as number);
  return (centred[0] as number) < 0 ? along : -along;
}

const isLong = (rows: number, columns: number): boolean => rows >= Math.floor(columns * LONG);

/** The upper bidiagonal matrix that `gesdd` divides. */
function reduce(centred: Float64Array, positions: number, channels: number): Bidiagonal {
  if (positions >= channels) {
    const own = centred.slice();
    if (!isLong(positions, channels)) return bidiagonal(own, positions, channels);
    return bidiagonal(triangle(own, positions, channels), channels, channels);
  }
  const turned = transposed(centred, channels);
  if (!isLong(channels, positions)) return upper(bidiagonal(turned, channels, positions));
  return bidiagonal(transposed(triangle(turned, channels, positions), positions), positions, positions);
}

/** Rotates a lower bidiagonal matrix, given as its transpose, to an upper one. */
function upper({ d, e }: Bidiagonal): Bidiagonal {
  const [own, above] = [d.slice(), e.slice()];
  for (let i = 0; i < above.length; i++) {
    const [from, below, next] = [own[i] as number, e[i] as number, own[i + 1] as number];
    const length = Math.hypot(from, below) || 1;
    own[i] = from < 0 ? -length : length;
    above[i] = (below / (own[i] as number)) * next;
    own[i + 1] = (Math.abs(from) / length) * next;
  }
  return { d: own, e: above };
}

/**
 * Left singular vector of the largest singular value of an upper bidiagonal matrix, of length 1 and positive in front.
 * From the last coordinate to the first it grows, so that even the smallest have the right sign.
 */
function leftVector({ d, e }: Bidiagonal, value: number): Float64Array {
  const last = d.length - 1;
  const left = new Float64Array(d.length);
  let right = 1;
  left[last] = (d[last] as number) / value;
  for (let k = last; k > 0; k--) {
    const [above, own] = [e[k - 1] as number, left[k] as number];
    left[k - 1] = (value * right - (d[k] as number) * own) / above;
    right = (value * (left[k - 1] as number) - above * right) / (d[k - 1] as number);
    const size = Math.abs(left[k - 1] as number);
    if (size > 1e100) {
      for (let i = k - 1; i <= last; i++) left[i] = (left[i] as number) / size;
      right /= size;
    }
  }
  const length = lengthOf(left) * Math.sign(left[0] as number);
  return left.map((coordinate) => coordinate / length);
}
