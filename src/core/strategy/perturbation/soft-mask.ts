/** A mask over the places of the model's sources that can be optimised: coarse where places have neighbours. */
import { WhylightError } from '../../errors.ts';
import type { ModelInfo, TensorInfo } from '../../method/contract.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { knownDims } from './extents.ts';
import { placesOf } from './feature-mask.ts';

export interface SoftMask {
  /** Extents of the coarse mask, outermost first. */
  readonly size: readonly number[];
  /** Neighbours mean something along these axes of it. */
  readonly smooth: boolean;
  readonly places: number;
  /** The place of each element of the source. */
  readonly ids: Uint32Array;
  /** The coarse mask on every place. */
  enlarge(coarse: ArrayLike<number>): Float64Array;
  /** From derivatives by place to derivatives by coarse cell: the transpose of {@link enlarge}. */
  gather(places: ArrayLike<number>): Float64Array;
}

/**
 * For pictures and series at most `cells` along each axis, enlarged linearly; for a vector a number each, for embedded
 * tokens one per token.
 */
export function softMask(source: TensorInfo, cells: number, { inputs }: ModelInfo): SoftMask {
  const dims = knownDims(source);
  const embedded = !inputs.some(({ name }) => name === source.name);
  if (source.channelAxis === undefined) {
    const width = embedded ? (dims.at(-1) as number) : 1;
    const places = sizeOf(dims) / width;
    const ids = Uint32Array.from({ length: sizeOf(dims) }, (_, i) => Math.floor(i / width));
    const copy = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);
    return { size: [places], smooth: false, places, ids, enlarge: copy, gather: copy };
  }
  const extents = dims.filter((_, axis) => axis !== source.channelAxis);
  if (extents.length > 2) {
    throw new WhylightError('unprocessable_method', `"${source.name}" has more than two spatial axes.`, {
      tensor: source.name,
      dims,
    });
  }
  const [height, width] = extents.length === 2 ? (extents as [number, number]) : [1, extents[0] as number];
  const [rows, columns] = [taps(height, cells), taps(width, cells)];
  const each = (visit: (place: number, cell: number, weight: number) => void): void => {
    for (let y = 0; y < height; y++) {
      for (const [row, down] of rows.of(y)) {
        for (let x = 0; x < width; x++) {
          for (const [column, across] of columns.of(x))
            visit(y * width + x, row * columns.count + column, down * across);
        }
      }
    }
  };
  return {
    size: [rows.count, columns.count],
    smooth: true,
    places: height * width,
    ids: placesOf(source).ids,
    enlarge: (coarse) => {
      const places = new Float64Array(height * width);
      each((place, cell, weight) => {
        places[place] = (places[place] as number) + weight * (coarse[cell] as number);
      });
      return places;
    },
    gather: (places) => {
      const coarse = new Float64Array(rows.count * columns.count);
      each((place, cell, weight) => {
        coarse[cell] = (coarse[cell] as number) + weight * (places[place] as number);
      });
      return coarse;
    },
  };
}

type Taps = readonly (readonly [cell: number, weight: number])[];

/** The cells that a position lies between, half-pixel centres. */
function taps(extent: number, cells: number): { readonly count: number; of(position: number): Taps } {
  const count = Math.min(extent, cells);
  const all = Array.from({ length: extent }, (_, i): Taps => {
    const at = Math.min(Math.max((i + 0.5) * (count / extent) - 0.5, 0), count - 1);
    const part = at - Math.floor(at);
    return part === 0
      ? [[at, 1]]
      : [
          [Math.floor(at), 1 - part],
          [Math.floor(at) + 1, part],
        ];
  });
  return { count, of: (position) => all[position] as Taps };
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
