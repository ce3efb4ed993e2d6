/** From a detector's raw output to the boxes that its authors would report. */

import { candidatesAbove } from './candidates.ts';
import type { DetectionDefaults } from './format.ts';
import { fourFrom } from './four.ts';
import type { Detections, Head } from './head.ts';
import { byScore, suppress, suppressRotated } from './suppress.ts';

/** A reported box in pixels of the model's input. */
export interface Found {
  readonly head: Head;
  /** Number of the candidate within its head. */
  readonly candidate: number;
  /** Number of the candidate among those of all heads. */
  readonly position: number;
  readonly class: number;
  readonly score: number;
  readonly box: readonly [number, number, number, number];
  readonly angle?: number;
}

export interface SearchSettings extends Pick<DetectionDefaults, 'threshold' | 'max' | 'several'> {
  readonly overlap?: number | undefined;
}

/** Boxes above the threshold, best first, those that overlap better ones left out. */
export function findBoxes(detections: Detections, { threshold, overlap, max, several }: SearchSettings): Found[] {
  const { heads, members, classes, scores } = candidatesAbove(detections, threshold, several);
  const boxes = new Float64Array(4 * scores.length);
  for (const [i, head] of heads.entries()) head.box(members[i] as number, boxes, 4 * i);
  const turned = heads.some(({ angle }) => angle);
  const angles = turned ? Float64Array.from(heads, (head, i) => head.angle?.(members[i] as number) ?? 0) : undefined;
  const input = { boxes, scores, classes, ...(angles && { angles }) };
  // A query may answer with several classes, but as many boxes as queries are reported.
  const queries = detections.heads.reduce((sum, { count }) => sum + count, 0);
  const kept =
    overlap === undefined
      ? [...byScore(scores).subarray(0, Math.min(max, queries))]
      : (turned ? suppressRotated : suppress)(input, overlap, max);
  return kept.map((i): Found => {
    const head = heads[i] as Head;
    const candidate = members[i] as number;
    return {
      head,
      candidate,
      position: head.first + candidate,
      class: classes[i] as number,
      score: scores[i] as number,
      box: fourFrom(boxes, 4 * i),
      ...(angles && { angle: angles[i] as number }),
    };
  });
}
