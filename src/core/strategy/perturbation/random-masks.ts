/** The masks of RISE: coarse random grids, enlarged smoothly and shifted. */
import { sampleGrid } from '../../image/resize.ts';
import type { ModelInfo, TensorInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';
import type { Random } from '../../tensor/random.ts';
import { positionsOf } from './positions.ts';

export interface MaskShape {
  /** Cells along each spatial axis. */
  readonly cells: number;
  /** Probability that a cell is kept. */
  readonly keep: number;
}

/**
 * Writes a mask over the places of all inputs. Places in a row (series) or a plane (images) get a grid of `cells` + 1
 * cells each way, enlarged bilinearly and cut out at a random shift of up to a cell; others are kept or not one by one.
 * @param random the mask depends on this alone
 */
export function randomMask(
  { inputs }: ModelInfo,
  { cells, keep }: MaskShape,
  random: Random,
  mask: Float32Array,
): void {
  let [first, drawn] = [0, 0];
  const draw = (count: number): Float32Array => {
    const numbers = random.uniform(count, drawn);
    drawn += count;
    return numbers;
  };
  for (const input of inputs) {
    const { count } = positionsOf(input);
    const own = mask.subarray(first, first + count);
    first += count;
    const size = spatialSize(input);
    if (!size) {
      own.set(draw(count).map((number) => Number(number < keep)));
      continue;
    }
    const [rows, columns] = size.map((dim) => (dim === 1 ? 1 : cells)) as [number, number];
    const grid = draw(rows * columns).map((number) => Number(number < keep));
    const [down = 0, across = 0] = draw(2);
    sampleGrid(grid, columns, rows, positions(size[1], columns, across), positions(size[0], rows, down), own);
  }
}

/** [height, width] of an image, [1, length] of a series; undefined for inputs without space, or with more of it. */
function spatialSize(input: TensorInfo): [number, number] | undefined {
  if (input.channelAxis === undefined) return undefined;
  const dims = knownDims(input).filter((_, axis) => axis !== input.channelAxis);
  const [a, b] = dims;
  if (dims.length === 1) return [1, a as number];
  return dims.length === 2 ? [a as number, b as number] : undefined;
}

/** Coordinates of the positions on the grid, which is stretched over one cell more than the dim and shifted by whole positions. */
function positions(dim: number, cells: number, shift: number): Float64Array {
  const cell = Math.ceil(dim / cells);
  const offset = Math.floor(shift * cell) + 0.5;
  return Float64Array.from({ length: dim }, (_, i) => ((i + offset) * cells) / ((cells + 1) * cell) - 0.5);
}
