/** Axes of a tensor as products of rows and columns of an image, and of anything else. */

/** Part of an axis: `size` steps of `stride` rows (`y`), columns (`x`), or of anything else. */
export interface Factor {
  readonly kind: 'y' | 'x' | 'other' | 'tokens';
  readonly size: number;
  readonly stride: number;
  /** Tokens of no place in front of the places, which follow row by row: of kind `tokens` only. */
  readonly prefix?: number;
}

/** Factors of one axis, the outermost first; none for an axis of length 1. */
export type Axis = readonly Factor[];

/** Places of the elements of a tensor in an image of `grid` rows and columns. */
export interface Places {
  readonly axes: readonly Axis[];
  readonly grid: readonly [height: number, width: number];
}

/** Axis of `size` elements that stand for no place. */
export const other = (size: number): Axis => (size === 1 ? [] : [{ kind: 'other', size, stride: 1 }]);

/** All rows or all columns, in order. */
export const whole = (kind: 'y' | 'x', size: number): Axis => (size === 1 ? [] : [{ kind, size, stride: 1 }]);

/** True for an axis that holds places. */
export const isPlaced = (axis: Axis | undefined): boolean => axis?.some(({ kind }) => kind !== 'other') ?? false;

/** True for places row by row, with nothing in front. */
export const isRowMajor = (axis: Axis | undefined, [height, width]: Places['grid']): boolean =>
  axis !== undefined && same(axis, joined([...whole('y', height), ...whole('x', width)])) && height * width > 1;

export const same = (a: Axis, b: Axis): boolean =>
  a.length === b.length &&
  a.every((factor, i) => {
    const like = b[i] as Factor;
    return (
      factor.kind === like.kind &&
      factor.size === like.size &&
      factor.prefix === like.prefix &&
      (factor.kind === 'other' || factor.stride === like.stride)
    );
  });

/** The axis with neighbours that follow on one another as one factor. */
export function joined(axis: Axis): Axis {
  const result: Factor[] = [];
  for (const factor of axis) {
    const last = result.at(-1);
    const follows =
      last?.kind === factor.kind &&
      factor.kind !== 'tokens' &&
      (factor.kind === 'other' || last.stride === factor.stride * factor.size);
    if (last && follows) result[result.length - 1] = { ...factor, size: last.size * factor.size };
    else result.push(factor);
  }
  return result;
}

/**
 * The same elements in another shape, row-major.
 * @returns undefined where an extent cuts a factor in a way that is no product
 */
export function regrouped(axes: readonly Axis[], dims: readonly number[]): readonly Axis[] | undefined {
  const left = axes.flat();
  const result: Axis[] = [];
  for (const extent of dims) {
    const axis: Factor[] = [];
    let need = extent;
    while (need > 1) {
      const factor = left.shift();
      if (!factor) return undefined;
      if (need % factor.size === 0) {
        axis.push(factor);
        need /= factor.size;
      } else if (factor.size % need === 0 && factor.kind !== 'tokens') {
        const rest = factor.size / need;
        axis.push({ ...factor, size: need, stride: factor.stride * rest });
        left.unshift({ ...factor, size: rest });
        need = 1;
      } else return undefined;
    }
    result.push(joined(axis));
  }
  return left.length === 0 ? result : undefined;
}
