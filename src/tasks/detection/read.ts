/** Predictions of a detector for a person: named boxes in pixels of the upright image. */

import type { Prediction } from '../../core/task/task.ts';
import type { Outputs } from '../description.ts';
import { type Found, findBoxes, type SearchSettings } from './find.ts';
import type { DetectionFormat } from './format.ts';
import { readerOf } from './formats.ts';
import type { Detections } from './head.ts';
import { maskOf, weigh } from './instance-mask.ts';
import { boxToImage, type ImageView, toImage, within } from './upright.ts';

/** Settings that replace the defaults of the format. */
export type DetectionSettings = Partial<Pick<SearchSettings, 'threshold' | 'overlap' | 'max'>>;

/** Boxes of one row of the batch, best first. */
export function readDetections(
  format: DetectionFormat,
  outputs: Outputs,
  view: ImageView,
  settings: DetectionSettings = {},
  row = 0,
): Prediction[] {
  const reader = readerOf(format);
  const detections = reader.read(format, outputs, view.input, row);
  const defaults = reader.defaults(format);
  const search = { ...defaults, ...settings };
  return findBoxes(detections, search).map((found) => prediction(found, detections, format, view, defaults.clip));
}

function prediction(
  found: Found,
  { prototypes }: Detections,
  { labels, firstClass = 0 }: DetectionFormat,
  view: ImageView,
  clip: boolean,
): Prediction {
  const { head, candidate, position, score, angle } = found;
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

function pointToImage(
  view: ImageView,
  [x, y, score]: [number, number, number],
  clip: boolean,
): [number, number, number] {
  const [left, top] = toImage(view, x, y);
  return clip ? [within(left, view.image.width), within(top, view.image.height), score] : [left, top, score];
}
