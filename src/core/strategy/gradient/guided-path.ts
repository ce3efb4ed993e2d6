/**
 * One step of the path of Guided IG: moves the elements with the smallest gradients towards the input until the
 * distance to it has shrunk by its share (Kapishnikov et al. 2021, algorithm 1; constants as PAIR has them).
 */

export interface GuidedStep {
  /** Where the path is; changed in place. */
  readonly position: Float64Array;
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** Derivative of the score at the position. */
  readonly slopes: Float64Array;
  /** What each element has gathered; changed in place. */
  readonly gathered: Float64Array;
  /** Step number, from 1 to `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Share of the elements that move at a time. */
  readonly fraction: number;
  /** How far an element may be ahead of or behind the straight line, as a share of it. */
  readonly maxDist: number;
}

const EPSILON = 1e-9;

export function takeGuidedStep(given: GuidedStep): void {
  const { position, from, to, slopes, gathered, step, steps, fraction, maxDist } = given;
  const size = position.length;
  const [behind, ahead] = [Math.max(step / steps - maxDist, 0), Math.min(step / steps + maxDist, 1)];
  const target = l1(from, to) * (1 - step / steps);
  const indices = new Uint32Array(size);
  for (;;) {
    let count = 0;
    let distance = 0;
    for (let i = 0; i < size; i++) {
      const [start, way] = [from[i] as number, (to[i] as number) - (from[i] as number)];
      if (way === 0) continue;
      // Who fell behind catches up.
      if (((position[i] as number) - start) / way < behind) move(i, start + way * behind);
      if (position[i] !== limit(i)) indices[count++] = i;
      distance += Math.abs((to[i] as number) - (position[i] as number));
    }
    if (Math.abs(distance - target) <= EPSILON * Math.max(1, distance, target) || count === 0) return;
    const free = indices.subarray(0, count);
    const threshold = lowest(slopes, free, Math.floor(fraction * (size - 1)));
    const isChosen = (i: number): boolean => Math.abs(slopes[i] as number) <= threshold;
    let reach = 0;
    for (let n = 0; n < count; n++) {
      const i = free[n] as number;
      if (isChosen(i)) reach += Math.abs((position[i] as number) - limit(i));
    }
    const share = reach > 0 ? (distance - target) / reach : Infinity;
    if (share <= 0) return;
    for (let n = 0; n < count; n++) {
      const i = free[n] as number;
      if (!isChosen(i)) continue;
      const at = position[i] as number;
      move(i, share >= 1 ? limit(i) : at + (limit(i) - at) * share);
    }
    if (share <= 1) return;
  }

  function limit(i: number): number {
    return (from[i] as number) + ((to[i] as number) - (from[i] as number)) * ahead;
  }

  function move(i: number, place: number): void {
    gathered[i] = (gathered[i] as number) + (place - (position[i] as number)) * (slopes[i] as number);
    position[i] = place;
  }
}

export function l1(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum;
}

/** The magnitude of this rank, from 0, among the slopes at `free`; the largest when there are fewer (Hoare's selection). */
function lowest(slopes: Float64Array, free: Uint32Array, rank: number): number {
  const values = new Float64Array(free.length);
  for (let n = 0; n < free.length; n++) values[n] = Math.abs(slopes[free[n] as number] as number);
  const wanted = Math.min(rank, values.length - 1);
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number;
    let [i, j] = [low, high];
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i <= j) {
        const held = values[i] as number;
        values[i++] = values[j] as number;
        values[j--] = held;
      }
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return values[wanted] as number;
}
