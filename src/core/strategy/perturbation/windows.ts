/** Windows that slide over a row in equal steps. */
export interface Windows {
  readonly count: number;
  /** Calls `visit` for each run of neighbouring elements that window `index` covers; `to` is exclusive. */
  each(index: number, visit: (from: number, to: number) => void): void;
}

/**
 * @param dims shape of the row
 * @param window extents, at most those of the row
 * @param strides steps; up to the window's extents, every element is covered
 * @param edge `cut` has windows that stand out at the far edge cut off, as Captum cuts them; `whole` leaves them out
 */
export function slidingWindows(
  dims: readonly number[],
  window: readonly number[],
  strides: readonly number[],
  edge: 'cut' | 'whole' = 'cut',
): Windows {
  const round = edge === 'cut' ? Math.ceil : Math.floor;
  const steps = dims.map((extent, axis) => round((extent - (window[axis] as number)) / (strides[axis] as number)) + 1);
  return {
    count: steps.reduce((a, b) => a * b, 1),
    each(index, visit) {
      const begin: number[] = [];
      const end: number[] = [];
      let rest = index;
      for (let axis = dims.length - 1; axis >= 0; axis--) {
        const count = steps[axis] as number;
        begin[axis] = (rest % count) * (strides[axis] as number);
        end[axis] = Math.min(dims[axis] as number, (begin[axis] as number) + (window[axis] as number));
        rest = Math.floor(rest / count);
      }
      runs(dims, begin, end, visit);
    },
  };
}

/** The runs of elements in a box. */
function runs(
  dims: readonly number[],
  begin: readonly number[],
  end: readonly number[],
  visit: (from: number, to: number) => void,
): void {
  const last = dims.length - 1;
  const walk = (axis: number, offset: number): void => {
    const [from, to] = [begin[axis] ?? 0, end[axis] ?? 1];
    if (axis >= last) {
      visit(offset + from, offset + to);
      return;
    }
    const stride = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    for (let i = from; i < to; i++) walk(axis + 1, offset + i * stride);
  };
  walk(0, 0);
}
