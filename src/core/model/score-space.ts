/** Space that targets are looked up in: a list of classes, or classes at many positions (segmentation, detection). */
import type { TensorInfo } from './info.ts';
import type { Labels } from './labels.ts';

export interface ScoreSpace {
  readonly scores: TensorInfo;
  readonly labels?: Labels;
  /** Elements of one row of the scores. */
  readonly size: number;
  /** Layout of a dense output; absent where the scores are a plain list of classes, or an inner tensor. */
  readonly dense?: Dense;
}

export interface Dense {
  /** Axis of a row that counts the classes. */
  readonly axis: number;
  readonly classes: number;
  /** Extents of the other axes: the positions, flat in this order. */
  readonly extents: readonly number[];
  readonly positions: number;
  /** The element of the scores for a class (as the output counts them) at a position. */
  element(output: number, position: number): number;
  /** The class and the position of an element. */
  place(element: number): { readonly output: number; readonly position: number };
}

/**
 * The layout of scores with several axes; undefined when only one of them is longer than 1.
 * @param axis which of them counts classes. When left out: the one that is as long as there are labels; else the first
 * of an image's three (`[classes, height, width]`), and the last of two (`[boxes, classes]`).
 */
export function denseLayout(dims: readonly number[], labels?: Labels, axis?: number | null): Dense | undefined {
  if (axis === null) return dims.filter((dim) => dim > 1).length > 1 ? withoutClasses(dims) : undefined;
  const long = dims.flatMap((extent, i) => (extent > 1 ? [i] : []));
  if (axis === undefined && long.length < 2) return undefined;
  const named = labels ? long.filter((i) => dims[i] === labels.names.length + labels.offset) : [];
  const chosen = axis ?? (named.length === 1 ? (named[0] as number) : dims.length > 2 ? 0 : dims.length - 1);
  const classes = dims[chosen] as number;
  const inner = dims.slice(chosen + 1).reduce((a, b) => a * b, 1);
  const extents = dims.filter((_, i) => i !== chosen);
  return {
    axis: chosen,
    classes,
    extents,
    positions: extents.reduce((a, b) => a * b, 1),
    element: (output, position) => (Math.floor(position / inner) * classes + output) * inner + (position % inner),
    place: (element) => {
      const outer = Math.floor(element / inner);
      return { output: outer % classes, position: Math.floor(outer / classes) * inner + (element % inner) };
    },
  };
}

/** Positions only: a map of depths, an image. Its elements are counted in order, and there is one class, number 0. */
function withoutClasses(dims: readonly number[]): Dense {
  return {
    axis: -1,
    classes: 1,
    extents: dims,
    positions: dims.reduce((a, b) => a * b, 1),
    element: (_, position) => position,
    place: (element) => ({ output: 0, position: element }),
  };
}
