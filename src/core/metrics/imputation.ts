/**
 * Noisy linear imputation (Rong et al. 2022, section 5): a missing pixel is the weighted mean of its eight neighbours,
 * missing ones included, so that all of them together solve a linear system; a little noise hides the smoothness.
 */

/** Direct neighbours weigh 1/6, diagonal ones 1/12. */
const NEIGHBOURS = [
  [-1, 0, 1 / 6],
  [1, 0, 1 / 6],
  [0, -1, 1 / 6],
  [0, 1, 1 / 6],
  [-1, -1, 1 / 12],
  [-1, 1, 1 / 12],
  [1, -1, 1 / 12],
  [1, 1, 1 / 12],
] as const;

const WEIGHTS = Float64Array.from(NEIGHBOURS, ([, , weight]) => weight);

const TOLERANCE = 1e-5;
const MAX_ROUNDS = 500;

/**
 * Imputed values of the missing pixels of one channel, in the order of `missing`. Solved by conjugate gradients: the system is
 * symmetric and, as long as one pixel is known, positive definite.
 *
 * @param channel row by row; values of missing pixels are not looked at
 * @param missing positions in `channel`
 */
export function impute(
  channel: ArrayLike<number>,
  [height, width]: readonly [number, number],
  missing: Uint32Array,
): Float64Array {
  const count = missing.length;
  if (count === height * width) return new Float64Array(count);
  const index = new Int32Array(height * width).fill(-1);
  for (let i = 0; i < count; i++) index[missing[i] as number] = i;
  const links = new Int32Array(count * NEIGHBOURS.length).fill(-1);
  const diagonal = new Float64Array(count);
  const known = new Float64Array(count);
  let [sum, counted] = [0, 0];
  for (let p = 0; p < index.length; p++) {
    if ((index[p] as number) >= 0) continue;
    sum += channel[p] as number;
    counted++;
  }
  for (let i = 0; i < count; i++) {
    const p = missing[i] as number;
    const [y, x] = [Math.floor(p / width), p % width];
    for (const [n, [dy, dx, weight]] of NEIGHBOURS.entries()) {
      if (y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
      const q = p + dy * width + dx;
      diagonal[i] = (diagonal[i] as number) + weight;
      if ((index[q] as number) >= 0) links[i * NEIGHBOURS.length + n] = index[q] as number;
      else known[i] = (known[i] as number) + weight * (channel[q] as number);
    }
  }
  const times = (vector: Float64Array, image: Float64Array): void => {
    for (let i = 0, link = 0; i < count; i++) {
      let total = (diagonal[i] as number) * (vector[i] as number);
      for (let n = 0; n < WEIGHTS.length; n++, link++) {
        const neighbour = links[link] as number;
        if (neighbour >= 0) total -= (WEIGHTS[n] as number) * (vector[neighbour] as number);
      }
      image[i] = total;
    }
  };
  return conjugateGradients(times, known, new Float64Array(count).fill(sum / counted));
}

/** Solves `times(x) = b` from a first guess; `times` writes what it computes into its second argument. */
function conjugateGradients(
  times: (vector: Float64Array, image: Float64Array) => void,
  b: Float64Array,
  x: Float64Array,
): Float64Array {
  const image = new Float64Array(x.length);
  times(x, image);
  const residual = b.map((value, i) => value - (image[i] as number));
  const direction = residual.slice();
  const enough = TOLERANCE ** 2 * Math.max(dot(b, b), Number.MIN_VALUE);
  let size = dot(residual, residual);
  for (let round = 0; round < MAX_ROUNDS && size > enough; round++) {
    times(direction, image);
    const step = size / dot(direction, image);
    for (let i = 0; i < x.length; i++) {
      x[i] = (x[i] as number) + step * (direction[i] as number);
      residual[i] = (residual[i] as number) - step * (image[i] as number);
    }
    const next = dot(residual, residual);
    for (let i = 0; i < x.length; i++)
      direction[i] = (residual[i] as number) + (next / size) * (direction[i] as number);
    size = next;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}
