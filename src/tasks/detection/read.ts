/** Predictions of a detector for a person: named boxes in pixels of the upright image. */
import type { Prediction } from '../../core/task/task.ts';
import { boxToImage, type ImageView, toImage, within } from '../upright.ts';
import type { Found } from './find.ts';
import { maskOf, weigh } from './instance-mask.ts';
import type { Search } from './search.ts';

/** A box as a prediction; masks are in COCO's compressed run-length code. */
export function predictionOf(found: Found, { detections, format, view, clip }: PredictionSource): Prediction {
  const { head, candidate, position, score, angle } = found;
  const { labels, firstClass = 0 } = format;
  const { prototypes } = detections;
  // Half of a turned box may lie outside; cutting it would turn it into another box.
  const box = boxToImage(view, found.box, clip && angle === undefined);
  const index = found.class + firstClass;
  const label = labels?.[index];
  const factors = prototypes && head.coefficients?.(candidate);
  return {
    ...(label !== undefined && { label }),
    class: index,
    score,
    box,
    position,
    ...(angle !== undefined && { angle }),
    ...(head.keypoints && { keypoints: head.keypoints(candidate).map((point) => pointToImage(view, point, clip)) }),
    ...(prototypes && factors && { mask: maskOf(weigh(prototypes, factors), prototypes, box, view) }),
  };
}

type PredictionSource = Pick<Search, 'detections' | 'format' | 'view' | 'clip'>;

type Point = [number, number, number];

function pointToImage(view: ImageView, [x, y, score]: Point, clip: boolean): Point {
  const [left, top] = toImage(view, x, y);
  return clip ? [within(left, view.image.width), within(top, view.image.height), score] : [left, top, score];
}
