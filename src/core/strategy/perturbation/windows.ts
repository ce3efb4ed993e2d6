/** Windows that slide over a row in equal steps. */
import { sizeOf } from '../../tensor/tensor.ts';

export interface Windows {
  readonly count: number;
  /**
   * Calls `visit` for each run of neighbouring elements that window `index` covers; `to` is exclusive.
   * @param stretch makes the window reach at least so many strides: what it stands for while those between are missing
   */
  each(index: number, visit: (from: number, to: number) => void, stretch?: number): void;
  /** Every window once, from few that lie far apart to those between them. */
  readonly levels: readonly Level[];
}

export interface Level {
  /** Windows of this level and those before lie so many strides apart. */
  readonly stretch: number;
  readonly windows: readonly number[];
}

/** Strides between the windows of the coarsest level. */
const COARSEST = 8;

/**
 * @param dims shape of the row
 * @param window dims, at most those of the row
 * @param strides steps; up to the window's dims, every element is covered
 * @param edge `cut` has windows that stand out at the far edge cut off, as Captum cuts them; `whole` leaves them out
 */
export function slidingWindows(
  dims: readonly number[],
  window: readonly number[],
  strides: readonly number[],
  edge: 'cut' | 'whole' = 'cut',
): Windows {
  const round = edge === 'cut' ? Math.ceil : Math.floor;
  const steps = dims.map((dim, axis) => round((dim - (window[axis] as number)) / (strides[axis] as number)) + 1);
  const elements = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  return {
    count: sizeOf(steps),
    levels: levelsOf(steps),
    each(index, visit, stretch = 1) {
      const begin: number[] = [];
      const end: number[] = [];
      let rest = index;
      for (let axis = dims.length - 1; axis >= 0; axis--) {
        const count = steps[axis] as number;
        begin[axis] = (rest % count) * (strides[axis] as number);
        const reach = Math.max(window[axis] as number, stretch * (strides[axis] as number));
        end[axis] = Math.min(dims[axis] as number, (begin[axis] as number) + reach);
        rest = Math.floor(rest / count);
      }
      runs({ dims, elements, begin, end }, visit);
    },
  };
}

/** @param steps how many windows there are along each axis */
function levelsOf(steps: readonly number[]): Level[] {
  const count = sizeOf(steps);
  const found = new Map<number, number[]>();
  for (let stretch = COARSEST; stretch >= 1; stretch /= 2) found.set(stretch, []);
  for (let index = 0; index < count; index++) {
    let [rest, stretch] = [index, COARSEST];
    for (let axis = steps.length - 1; axis >= 0; axis--) {
      const at = rest % (steps[axis] as number);
      while (at % stretch !== 0) stretch /= 2;
      rest = Math.floor(rest / (steps[axis] as number));
    }
    found.get(stretch)?.push(index);
  }
  return [...found].flatMap(([stretch, windows]) => (windows.length > 0 ? [{ stretch, windows }] : []));
}

/** Part of a row: positions `begin` to `end` (exclusive) along each axis. */
interface Box {
  readonly dims: readonly number[];
  /** Elements from one position of an axis to the next. */
  readonly elements: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** Calls `visit` for the runs of elements in a box, as long as they can be: inner axes that it covers whole are one run. */
function runs({ dims, elements, begin, end }: Box, visit: (from: number, to: number) => void): void {
  let last = dims.length - 1;
  while (last > 0 && begin[last] === 0 && end[last] === dims[last]) last--;
  const walk = (axis: number, offset: number): void => {
    const [from, to, each] = [begin[axis] ?? 0, end[axis] ?? 1, elements[axis] ?? 1];
    if (axis >= last) {
      visit(offset + from * each, offset + to * each);
      return;
    }
    for (let i = from; i < to; i++) walk(axis + 1, offset + i * each);
  };
  walk(0, 0);
}
