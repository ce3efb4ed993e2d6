/** Places of predictions over an image: outlines of masks, boxes, key points and names. */
import type { Color, Image } from '../image/image.ts';
import { maskAtSize } from '../image/run-length.ts';
import { dot, drawPath, outlineMask } from '../image/strokes.ts';
import { type Markup, svg } from '../modality/svg.ts';
import type { Prediction } from '../task/task.ts';
import type { ExplainedRow } from './explanation.ts';

/** Colour of the explained prediction, and of the others. */
const CHOSEN: Color = [255, 214, 10];
const OTHER: Color = [255, 255, 255];

/** Predictions that are drawn at most: detectors may find hundreds. */
const MAX_DRAWN = 50;

/** Predictions with places, in pixels of an upright image of this size. */
export interface Placed extends Pick<ExplainedRow, 'predictions' | 'prediction'> {
  readonly image: { readonly width: number; readonly height: number };
}

interface Drawn extends Prediction {
  readonly number: number;
  readonly chosen: boolean;
}

/** Predictions in the order of drawing: the explained one lies on top. */
function drawnOf({ predictions = [], prediction }: Placed): Drawn[] {
  return predictions
    .map((one, number): Drawn => ({ ...one, number, chosen: number === prediction }))
    .filter(({ number, chosen }) => number < MAX_DRAWN || chosen)
    .sort((a, b) => Number(a.chosen) - Number(b.chosen));
}

interface Lines {
  /** Draws boxes and key points. */
  readonly lines?: boolean;
  /** Width of lines, in pixels. */
  readonly width?: number;
}

const widthFor = ({ width, height }: Image): number => Math.max(1, Math.round(Math.max(width, height) / 300));

/**
 * The drawing with the outlines of masks, and with boxes and key points where `lines` is true; the drawing itself where
 * no prediction has a place.
 * @param drawing of the whole upright image, at any size
 */
export function withPlaces(
  drawing: Image,
  placed: Placed,
  { lines = true, width = widthFor(drawing) }: Lines = {},
): Image {
  const drawn = drawnOf(placed).filter(({ mask, box }) => mask || (lines && box));
  if (drawn.length === 0) return drawing;
  const copy = { ...drawing, data: drawing.data.slice() };
  const [across, down] = [copy.width / placed.image.width, copy.height / placed.image.height];
  for (const { mask, box, angle, keypoints = [], chosen } of drawn) {
    const color = chosen ? CHOSEN : OTHER;
    if (mask) outlineMask(copy, maskAtSize(mask, copy.width, copy.height), width, color);
    if (!lines || !box) continue;
    const corners = cornersOf(box, angle).map(([x, y]) => [x * across, y * down] as const);
    drawPath(copy, [...corners, corners[0] as readonly [number, number]], width, color);
    for (const [x, y] of keypoints) dot(copy, x * across, y * down, 2 * width + 1, color);
  }
  return copy;
}

/** Boxes, key points and names as elements of a drawing of `width` by `height` pixels. */
export function placeMarkup(placed: Placed, width: number, height: number): Markup[] {
  const [across, down] = [width / placed.image.width, height / placed.image.height];
  return drawnOf(placed).flatMap(({ box, angle, keypoints = [], label, class: index, score, number, chosen }) => {
    if (!box) return [];
    const corners = cornersOf(box, angle).map(([x, y]) => [x * across, y * down] as const);
    const [left, top] = [0, 1].map((axis) => Math.min(...corners.map((corner) => corner[axis] as number)));
    const stroke = chosen ? '#ffd60a' : '#ffffff';
    const points = corners.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    const letters = { fill: stroke, stroke: '#000', 'stroke-width': 3, 'paint-order': 'stroke' };
    return [
      svg('polygon', { points, fill: 'none', stroke, 'stroke-width': 2 }),
      svg(
        'text',
        { x: (left as number) + 2, y: Math.max(12, (top as number) - 4), ...letters },
        `${number}: ${label ?? `class ${index}`} ${score.toFixed(2)}`,
      ),
      ...keypoints.map(([x, y]) => svg('circle', { cx: x * across, cy: y * down, r: 3, fill: stroke })),
    ];
  });
}

/** Corners of a box in order, turned about its centre by `angle` radians. */
function cornersOf([x0, y0, x1, y1]: NonNullable<Prediction['box']>, angle = 0): (readonly [number, number])[] {
  const [x, y, halfWidth, halfHeight] = [(x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const corner = (right: number, bottom: number) =>
    [
      x + right * halfWidth * cos - bottom * halfHeight * sin,
      y + right * halfWidth * sin + bottom * halfHeight * cos,
    ] as const;
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
}
