/** A box of one run found again in another: masked copies of the image give other boxes, in another order. */
import type { BoxScore } from '../../core/task/task.ts';
import { fourFrom } from './four.ts';
import { at, confidence, type Detections, type Head, isTable } from './head.ts';
import { gaussianOverlap, iou } from './overlap.ts';

/** A box to be found again. Coordinates are pixels of the model's input. */
export interface BoxReference {
  readonly box: readonly [number, number, number, number];
  /** Radians, where the box is turned. */
  readonly angle?: number;
  readonly class: number;
  /** Probability of every class; absent where the output gives one class alone. */
  readonly classes?: Float32Array;
}

/** Overlap from which on a candidate can be the same box. */
export const MIN_OVERLAP = 0.3;

/** The box of a candidate as a reference. */
export function referenceOf(head: Head, candidate: number, klass: number): BoxReference {
  const box = new Float64Array(4);
  head.box(candidate, box, 0);
  const angle = head.angle?.(candidate);
  const classes = classesOf(head, candidate);
  return {
    box: fourFrom(box, 0),
    ...(angle !== undefined && { angle }),
    class: klass,
    ...(classes && { classes }),
  };
}

/**
 * The number that a box has in another run.
 * `confidence`, `class`: confidence or class probability of the candidate whose overlap with the box times its own
 * confidence is largest; 0 where no candidate overlaps by {@link MIN_OVERLAP} or more.
 * `similarity`: largest product of overlap, cosine of the class probabilities, and objectness (D-RISE). Where there is no
 * objectness, the largest class probability takes its place.
 * @see https://arxiv.org/abs/2006.03204 (Petsiuk et al. 2021), eq. 3 to 7
 */
export function scoreOfBox({ heads }: Detections, reference: BoxReference, by: BoxScore = 'confidence'): number {
  if (by === 'similarity') return largestSimilarity(heads, reference);
  return matchOf(heads, reference)?.[by] ?? 0;
}

function largestSimilarity(heads: readonly Head[], reference: BoxReference): number {
  let largest = 0;
  for (const head of heads) {
    eachOverlap(head, reference, 0, (candidate, overlap) => {
      const similarity = overlap * cosine(head, candidate, reference) * objectnessOf(head, candidate);
      largest = Math.max(largest, similarity);
    });
  }
  return largest;
}

interface Match {
  readonly head: Head;
  readonly candidate: number;
  readonly confidence: number;
  /** Probability of the class of the reference. */
  readonly class: number;
}

/** The candidate that a box became in another run, see {@link scoreOfBox}; undefined where it is gone. */
export function matchOf(heads: readonly Head[], reference: BoxReference): Match | undefined {
  let best = 0;
  let match: Match | undefined;
  for (const head of heads) {
    eachOverlap(head, reference, MIN_OVERLAP, (candidate, overlap) => {
      const probability = probabilityOf(head, candidate, reference.class);
      const confident = confidence(head, candidate, probability);
      if (overlap * confident <= best) return;
      best = overlap * confident;
      match = { head, candidate, confidence: confident, class: probability };
    });
  }
  return match;
}

/** Calls `visit` for each candidate that overlaps the box by more than `min`. */
function eachOverlap(
  head: Head,
  { box, angle }: BoxReference,
  min: number,
  visit: (candidate: number, overlap: number) => void,
): void {
  const own = new Float64Array(4);
  for (let candidate = 0; candidate < head.count; candidate++) {
    head.box(candidate, own, 0);
    const overlap =
      angle === undefined
        ? iou(own, 0, box, 0)
        : gaussianOverlap(turned(own, head.angle?.(candidate) ?? 0), turned(box, angle));
    if (overlap > min) visit(candidate, overlap);
  }
}

function turned(box: ArrayLike<number>, angle: number) {
  const [x0, y0, x1, y1] = [box[0], box[1], box[2], box[3]] as [number, number, number, number];
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, width: x1 - x0, height: y1 - y0, angle };
}

function probabilityOf({ scores }: Head, candidate: number, klass: number): number {
  if (isTable(scores)) return scores.data[scores.start + candidate * scores.step + klass * scores.stride] as number;
  return Math.round(at(scores.class, candidate)) === klass ? at(scores.score, candidate) : 0;
}

function classesOf({ scores }: Head, candidate: number): Float32Array | undefined {
  if (!isTable(scores)) return undefined;
  const { data, start, step, stride, classes } = scores;
  return Float32Array.from({ length: classes }, (_, c) => data[start + candidate * step + c * stride] as number);
}

function cosine({ scores }: Head, candidate: number, { class: own, classes }: BoxReference): number {
  if (!isTable(scores)) return Math.round(at(scores.class, candidate)) === own ? 1 : 0;
  if (!classes) return 0;
  const { data, start, step, stride } = scores;
  let product = 0;
  let squared = 0;
  let others = 0;
  for (let c = 0, from = start + candidate * step; c < classes.length; c++, from += stride) {
    const value = data[from] as number;
    const other = classes[c] as number;
    product += value * other;
    squared += value * value;
    others += other * other;
  }
  return squared > 0 && others > 0 ? product / Math.sqrt(squared * others) : 0;
}

/** Objectness of a candidate; without one, its largest class probability. */
function objectnessOf({ objectness, scores }: Head, candidate: number): number {
  if (objectness) return at(objectness, candidate);
  if (!isTable(scores)) return at(scores.score, candidate);
  const { data, start, step, stride, classes } = scores;
  let largest = 0;
  for (let c = 0, from = start + candidate * step; c < classes; c++, from += stride) {
    largest = Math.max(largest, data[from] as number);
  }
  return largest;
}
