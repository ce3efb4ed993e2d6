/** A mask over the places of the model's sources that can be optimised: coarse where positions have neighbours. */
import { WhylightError } from '../../errors.ts';
import type { ModelInfo, TensorInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { positionsOf } from './positions.ts';

export interface SoftMask {
  /** Dims of the coarse mask, outermost first. */
  readonly size: readonly number[];
  /** Neighbours mean something along these axes of it. */
  readonly smooth: boolean;
  readonly positions: number;
  /** The place of each element of the source. */
  readonly ids: Uint32Array;
  /** The coarse mask on every position. */
  enlarge(coarse: ArrayLike<number>): Float64Array;
  /** From derivatives by position to derivatives by coarse cell: the transpose of {@link enlarge}. */
  gather(positions: ArrayLike<number>): Float64Array;
}

/**
 * For images and series at most `cells` along each axis, enlarged linearly; for a vector a number each, for embedded
 * tokens one per token.
 */
export function softMask(source: TensorInfo, cells: number, { inputs }: ModelInfo): SoftMask {
  const dims = knownDims(source);
  const embedded = !inputs.some(({ name }) => name === source.name);
  if (source.channelAxis === undefined) {
    const width = embedded ? (dims.at(-1) as number) : 1;
    const positions = sizeOf(dims) / width;
    const ids = Uint32Array.from({ length: sizeOf(dims) }, (_, i) => Math.floor(i / width));
    const copy = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);
    return { size: [positions], smooth: false, positions, ids, enlarge: copy, gather: copy };
  }
  const spatial = dims.filter((_, axis) => axis !== source.channelAxis);
  if (spatial.length > 2) {
    throw new WhylightError('unprocessable_method', `"${source.name}" has more than two spatial axes.`, {
      tensor: source.name,
      dims,
    });
  }
  const [height, width] = spatial.length === 2 ? (spatial as [number, number]) : [1, spatial[0] as number];
  const [rows, columns] = [taps(height, cells), taps(width, cells)];
  return {
    size: [rows.count, columns.count],
    smooth: true,
    positions: height * width,
    ids: positionsOf(source).ids,
    enlarge: (coarse) => {
      // Along the rows first, then down the columns.
      const wide = new Float64Array(rows.count * width);
      for (let row = 0; row < rows.count; row++) {
        for (let x = 0; x < width; x++) {
          const [cell, part] = [columns.cell[x] as number, columns.part[x] as number];
          const left = coarse[row * columns.count + cell] as number;
          const right = part > 0 ? (coarse[row * columns.count + cell + 1] as number) : left;
          wide[row * width + x] = left + part * (right - left);
        }
      }
      const positions = new Float64Array(height * width);
      for (let y = 0; y < height; y++) {
        const [cell, part] = [rows.cell[y] as number, rows.part[y] as number];
        const [above, below] = [cell * width, (part > 0 ? cell + 1 : cell) * width];
        for (let x = 0; x < width; x++) {
          const top = wide[above + x] as number;
          positions[y * width + x] = top + part * ((wide[below + x] as number) - top);
        }
      }
      return positions;
    },
    gather: (positions) => {
      const wide = new Float64Array(rows.count * width);
      for (let y = 0; y < height; y++) {
        const [cell, part] = [rows.cell[y] as number, rows.part[y] as number];
        const [above, below] = [cell * width, (part > 0 ? cell + 1 : cell) * width];
        for (let x = 0; x < width; x++) {
          const value = positions[y * width + x] as number;
          wide[above + x] = (wide[above + x] as number) + (1 - part) * value;
          wide[below + x] = (wide[below + x] as number) + part * value;
        }
      }
      const coarse = new Float64Array(rows.count * columns.count);
      for (let row = 0; row < rows.count; row++) {
        for (let x = 0; x < width; x++) {
          const [cell, part] = [columns.cell[x] as number, columns.part[x] as number];
          const value = wide[row * width + x] as number;
          const left = row * columns.count + cell;
          const right = part > 0 ? left + 1 : left;
          coarse[left] = (coarse[left] as number) + (1 - part) * value;
          coarse[right] = (coarse[right] as number) + part * value;
        }
      }
      return coarse;
    },
  };
}

interface Taps {
  readonly count: number;
  /** The cell before each position, and the share of the one behind it. */
  readonly cell: Uint32Array;
  readonly part: Float64Array;
}

/** The cells that a position lies between, half-pixel centres. */
function taps(dim: number, cells: number): Taps {
  const count = Math.min(dim, cells);
  const [cell, part] = [new Uint32Array(dim), new Float64Array(dim)];
  for (let i = 0; i < dim; i++) {
    const at = Math.min(Math.max((i + 0.5) * (count / dim) - 0.5, 0), count - 1);
    cell[i] = Math.floor(at);
    part[i] = at - Math.floor(at);
  }
  return { count, cell, part };
}

/** Total variation sum |m_p - m_q|^beta over neighbours, as a mean over cells: its value is not needed, its derivative is. */
export function variationGradient(mask: Float64Array, size: readonly number[], beta: number): Float64Array {
  const gradient = new Float64Array(mask.length);
  const [rows, columns] = size.length === 2 ? (size as [number, number]) : [1, size[0] as number];
  const pull = (a: number, b: number): void => {
    const difference = (mask[a] as number) - (mask[b] as number);
    const slope = (beta * Math.sign(difference) * Math.abs(difference) ** (beta - 1)) / mask.length;
    gradient[a] = (gradient[a] as number) + slope;
    gradient[b] = (gradient[b] as number) - slope;
  };
  for (let i = 0; i < mask.length; i++) {
    if (i % columns < columns - 1) pull(i, i + 1);
    if (i < (rows - 1) * columns) pull(i, i + columns);
  }
  return gradient;
}
