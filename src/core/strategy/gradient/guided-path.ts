/**
 * One step of the path of Guided IG: moves the elements with the smallest gradients towards the input until the
 * distance to it has shrunk by its share (Kapishnikov et al. 2021, algorithm 1; constants as PAIR has them).
 */
import { magnitudeBits, rankedBits } from '../../tensor/sort.ts';

export interface GuidedStep {
  /** Current point of the path; changed in place. */
  readonly position: Float64Array;
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** Derivative of the score at the position. */
  readonly slopes: Float32Array;
  /** Attribution of each element so far; changed in place. */
  readonly gathered: Float64Array;
  /** Step number, from 1 to `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Share of the elements that move at a time. */
  readonly fraction: number;
  /** Maximum distance of an element from the straight line, ahead or behind, as a share of the line. */
  readonly maxDist: number;
}

const EPSILON = 1e-9;

export function takeGuidedStep(given: GuidedStep): void {
  const { position, from, to, slopes, step, steps, fraction, maxDist } = given;
  const target = l1(from, to) * (1 - step / steps);
  const limits = pointsOnLine(from, to, Math.min(step / steps + maxDist, 1));
  let { distance, free } = catchUp(given, Math.max(step / steps - maxDist, 0), limits);
  // Magnitudes are compared by their bits, which are in the same order.
  const magnitudes = magnitudeBits(slopes);
  const rank = Math.floor(fraction * (position.length - 1));
  // An element that has come to its limit stays there: each round looks at those that are left.
  while (Math.abs(distance - target) > EPSILON * Math.max(1, distance, target) && free.length > 0) {
    const { chosen, left } = split(free, magnitudes, rank);
    const reach = distanceBetween(position, limits, chosen);
    const share = reach > 0 ? (distance - target) / reach : Infinity;
    if (share <= 0) return;
    moveTowards(given, limits, chosen, Math.min(share, 1));
    if (share <= 1) return;
    distance -= reach;
    free = left;
  }
}

export function l1(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum;
}

function pointsOnLine(from: Float64Array, to: Float64Array, share: number): Float64Array {
  const points = new Float64Array(from.length);
  for (let i = 0; i < points.length; i++)
    points[i] = (from[i] as number) + ((to[i] as number) - (from[i] as number)) * share;
  return points;
}

/**
 * Brings who fell behind up to `behind` on the straight line.
 * @returns the distance that is left to the input, and the elements that have not come to their limit
 */
function catchUp(
  { position, from, to, slopes, gathered }: GuidedStep,
  behind: number,
  limits: Float64Array,
): { distance: number; free: Uint32Array } {
  const indices = new Uint32Array(position.length);
  let [count, distance] = [0, 0];
  for (let i = 0; i < position.length; i++) {
    const start = from[i] as number;
    const end = to[i] as number;
    const way = end - start;
    if (way === 0) continue;
    let at = position[i] as number;
    if ((at - start) / way < behind) {
      const place = start + way * behind;
      gathered[i] = (gathered[i] as number) + (place - at) * (slopes[i] as number);
      position[i] = at = place;
    }
    if (at !== limits[i]) indices[count++] = i;
    distance += Math.abs(end - at);
  }
  return { distance, free: indices.subarray(0, count) };
}

/** The elements whose magnitude is at most the one of this rank among them, and the others. */
function split(free: Uint32Array, magnitudes: Uint32Array, rank: number): { chosen: Uint32Array; left: Uint32Array } {
  const own = new Uint32Array(free.length);
  for (let n = 0; n < own.length; n++) own[n] = magnitudes[free[n] as number] as number;
  const threshold = rankedBits(own, Math.min(rank, own.length - 1));
  const [chosen, left] = [new Uint32Array(free.length), new Uint32Array(free.length)];
  let count = 0;
  for (let n = 0; n < own.length; n++) {
    const i = free[n] as number;
    // Both are written, one counts: which it will be cannot be foreseen, and a wrong guess costs more than a write.
    chosen[count] = i;
    left[n - count] = i;
    count += (own[n] as number) <= threshold ? 1 : 0;
  }
  return { chosen: chosen.subarray(0, count), left: left.subarray(0, free.length - count) };
}

function distanceBetween(a: Float64Array, b: Float64Array, elements: Uint32Array): number {
  let sum = 0;
  for (let n = 0; n < elements.length; n++) {
    const i = elements[n] as number;
    sum += Math.abs((a[i] as number) - (b[i] as number));
  }
  return sum;
}

/** @param share of the way to the limits; 1 arrives there to the digit */
function moveTowards(
  { position, slopes, gathered }: GuidedStep,
  limits: Float64Array,
  elements: Uint32Array,
  share: number,
): void {
  for (let n = 0; n < elements.length; n++) {
    const i = elements[n] as number;
    const at = position[i] as number;
    const limit = limits[i] as number;
    const place = share === 1 ? limit : at + (limit - at) * share;
    gathered[i] = (gathered[i] as number) + (place - at) * (slopes[i] as number);
    position[i] = place;
  }
}
