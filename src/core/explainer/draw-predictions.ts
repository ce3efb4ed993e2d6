/** Boxes, key points and their names over an image. */

import type { Color, Image } from '../image/image.ts';
import { type Markup, svg } from '../modality/svg.ts';
import type { Prediction } from '../task/task.ts';

/** Colour of boxes, the explained one first. */
const CHOSEN: Color = [255, 214, 10];
const OTHER: Color = [255, 255, 255];

/** Boxes at most: detectors may find hundreds. */
const MAX_BOXES = 50;

/** Places of the predictions in pixels of a drawing that may be smaller than the upright image. */
export interface Scale {
  readonly across: number;
  readonly down: number;
}

/** An image with the boxes and key points of predictions as lines; the image itself where none has a place. */
export function withBoxes(image: Image, predictions: readonly Prediction[], scale: Scale, chosen: number): Image {
  const placed = predictions.slice(0, MAX_BOXES).map((prediction, i) => ({ ...prediction, chosen: i === chosen }));
  if (!placed.some(({ box }) => box)) return image;
  const data = image.data.slice();
  const width = Math.max(1, Math.round(Math.max(image.width, image.height) / 300));
  // The explained box lies on top.
  for (const { box, keypoints = [], chosen: isChosen } of placed.sort((a, b) => Number(a.chosen) - Number(b.chosen))) {
    if (!box) continue;
    const color = isChosen ? CHOSEN : OTHER;
    const [x0, y0, x1, y1] = [box[0] * scale.across, box[1] * scale.down, box[2] * scale.across, box[3] * scale.down];
    fill({ ...image, data }, x0, y0, x1, y0 + width, color);
    fill({ ...image, data }, x0, y1 - width, x1, y1, color);
    fill({ ...image, data }, x0, y0, x0 + width, y1, color);
    fill({ ...image, data }, x1 - width, y0, x1, y1, color);
    for (const [x, y] of keypoints) {
      const [px, py] = [x * scale.across, y * scale.down];
      fill({ ...image, data }, px - width, py - width, px + width, py + width, color);
    }
  }
  return { ...image, data };
}

function fill({ width, height, data }: Image, x0: number, y0: number, x1: number, y1: number, color: Color): void {
  const [left, right] = [Math.max(0, Math.round(x0)), Math.min(width, Math.round(x1))];
  const [top, bottom] = [Math.max(0, Math.round(y0)), Math.min(height, Math.round(y1))];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) data.set([...color, 255], 4 * (y * width + x));
  }
}

/** The same as elements of a drawing, with names and scores. */
export function boxMarkup(predictions: readonly Prediction[], scale: Scale, chosen: number): Markup[] {
  return predictions.slice(0, MAX_BOXES).flatMap(({ box, keypoints = [], label, class: index, score }, i) => {
    if (!box) return [];
    const [x0, y0, x1, y1] = [box[0] * scale.across, box[1] * scale.down, box[2] * scale.across, box[3] * scale.down];
    const stroke = i === chosen ? '#ffd60a' : '#ffffff';
    const name = `${i}: ${label ?? `class ${index}`} ${score.toFixed(2)}`;
    return [
      svg('rect', { x: x0, y: y0, width: x1 - x0, height: y1 - y0, fill: 'none', stroke, 'stroke-width': 2 }),
      svg(
        'text',
        {
          x: x0 + 2,
          y: Math.max(12, y0 - 4),
          fill: stroke,
          stroke: '#000',
          'stroke-width': 3,
          'paint-order': 'stroke',
        },
        name,
      ),
      ...keypoints.map(([x, y]) => svg('circle', { cx: x * scale.across, cy: y * scale.down, r: 3, fill: stroke })),
    ];
  });
}
