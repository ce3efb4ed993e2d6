/**
 * Noisy linear imputation (Rong et al. 2022, section 5): a missing pixel is the weighted mean of its eight neighbours,
 * missing ones included, so that all of them together solve a linear system; a little noise hides the smoothness.
 */
import { type GridSystem, gridSolver } from './grid-system.ts';

/** Weight of a direct neighbour, and of a diagonal one. */
const [DIRECT, DIAGONAL] = [1 / 6, 1 / 12];

const SOLVE = { tolerance: 1e-5, maxRounds: 500 };

/** Values of the missing pixels of one channel, in the order of `missing`; those of the channel are not looked at. */
export type Imputation = (channel: ArrayLike<number>) => Float64Array;

/**
 * Prepares the imputation of the same missing pixels in any number of channels. Where all pixels are missing, all
 * become 0.
 *
 * @param size height and width; channels are laid out row by row
 * @param missing positions in a channel
 *
 * @example
 * imputation([1, 3], Uint32Array.of(1))([0, 99, 2]); // [1]
 */
export function imputation([height, width]: readonly [number, number], missing: Uint32Array): Imputation {
  const pixels = height * width;
  if (missing.length === pixels) return () => new Float64Array(missing.length);
  const stride = width + 2;
  const cellOf = (p: number): number => (Math.floor(p / width) + 1) * stride + (p % width) + 1;
  const every = new Uint32Array(pixels);
  for (let p = 0; p < pixels; p++) every[p] = cellOf(p);
  const cells = missing.map((p) => every[p] as number);
  const isMissing = new Uint8Array((height + 2) * stride);
  for (const cell of cells) isMissing[cell] = 1;
  const inside = new Float64Array(isMissing.length);
  for (const cell of every) inside[cell] = 1;
  const solve = gridSolver(systemOf(stride, cells, isMissing, inside), SOLVE);
  return (channel) => {
    const known = new Float64Array(isMissing.length);
    let sum = 0;
    for (let p = 0; p < pixels; p++) {
      const cell = every[p] as number;
      if (isMissing[cell] === 1) continue;
      known[cell] = channel[p] as number;
      sum += channel[p] as number;
    }
    const [b, x] = [new Float64Array(known.length), new Float64Array(known.length)];
    for (const cell of cells) {
      b[cell] = sumOfNeighbours(known, stride, cell);
      x[cell] = sum / (pixels - missing.length);
    }
    solve(b, x);
    const filled = new Float64Array(cells.length);
    for (let i = 0; i < cells.length; i++) filled[i] = x[cells[i] as number] as number;
    return filled;
  };
}

/** The system of the missing pixels: each times the sum of the weights, less its missing neighbours, is its known ones. */
function systemOf(stride: number, cells: Uint32Array, isMissing: Uint8Array, inside: Float64Array): GridSystem {
  const diagonal = new Float64Array(isMissing.length);
  const link = (step: number, weight: number): Float64Array => {
    const weights = new Float64Array(isMissing.length);
    for (const cell of cells) if (isMissing[cell + step] === 1) weights[cell] = weight;
    return weights;
  };
  for (const cell of cells) diagonal[cell] = sumOfNeighbours(inside, stride, cell);
  return {
    stride,
    at: cells.toSorted(),
    diagonal,
    links: {
      right: link(1, DIRECT),
      below: link(stride, DIRECT),
      diagonal: link(stride + 1, DIAGONAL),
      anti: link(stride - 1, DIAGONAL),
    },
  };
}

function sumOfNeighbours(grid: Float64Array, stride: number, cell: number): number {
  const above = cell - stride;
  const below = cell + stride;
  return (
    DIRECT *
      ((grid[cell - 1] as number) + (grid[cell + 1] as number) + (grid[above] as number) + (grid[below] as number)) +
    DIAGONAL *
      ((grid[above - 1] as number) +
        (grid[above + 1] as number) +
        (grid[below - 1] as number) +
        (grid[below + 1] as number))
  );
}
