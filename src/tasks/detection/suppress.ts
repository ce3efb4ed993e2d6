/** Suppression of boxes that overlap better ones (non-maximum suppression). */
import { fourFrom } from './four.ts';
import { gaussianOverlap, iou, type RotatedBox } from './overlap.ts';

export interface SuppressionInput {
  /** `x0, y0, x1, y1` of each box. */
  readonly boxes: Float64Array;
  /** Radians for each box, where boxes are turned. */
  readonly angles?: Float64Array;
  readonly scores: ArrayLike<number>;
  readonly classes: ArrayLike<number>;
}

/** Numbers of the boxes by score, best first; of equal scores the lower number. */
export function byScore(scores: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
  );
}

/** More candidates than this are not looked at: a model that has so many above its threshold finds everything. */
const MAX_CANDIDATES = 30_000;

/**
 * Greedy suppression within each class: a box goes where it overlaps a better one of its class by more than
 * `threshold`. Returns the numbers of at most `max` boxes, best first.
 */
export function suppress({ boxes, scores, classes }: SuppressionInput, threshold: number, max: number): number[] {
  const kept: number[] = [];
  for (const candidate of byScore(scores).subarray(0, MAX_CANDIDATES)) {
    if (kept.length >= max) break;
    let beaten = false;
    for (let k = 0; k < kept.length && !beaten; k++) {
      const other = kept[k] as number;
      beaten = classes[other] === classes[candidate] && iou(boxes, other * 4, boxes, candidate * 4) > threshold;
    }
    if (!beaten) kept.push(candidate);
  }
  return kept;
}

/**
 * Suppression of rotated boxes within each class, by {@link gaussianOverlap}. A box goes where it overlaps any better
 * one by `threshold` or more, even one that is itself suppressed (Fast NMS).
 * @see https://arxiv.org/abs/1904.02689 (Bolya et al. 2019), section 4
 */
export function suppressRotated(input: SuppressionInput, threshold: number, max: number): number[] {
  const order = byScore(input.scores).subarray(0, MAX_CANDIDATES);
  const kept: number[] = [];
  const better: { box: RotatedBox; class: number }[] = [];
  for (const candidate of order) {
    if (kept.length >= max) break;
    const own = { box: rotated(input, candidate), class: input.classes[candidate] as number };
    const beaten = better.some(
      (other) => other.class === own.class && gaussianOverlap(other.box, own.box) >= threshold,
    );
    better.push(own);
    if (!beaten) kept.push(candidate);
  }
  return kept;
}

function rotated({ boxes, angles }: SuppressionInput, i: number): RotatedBox {
  const [x0, y0, x1, y1] = fourFrom(boxes, i * 4);
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, width: x1 - x0, height: y1 - y0, angle: angles?.[i] ?? 0 };
}
