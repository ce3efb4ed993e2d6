/** Region of a prediction in the map that explains it. */
import { inOriginalPixels, type PlacedSize, type Placement } from '../image/placement.ts';
import { maskAtSize } from '../image/run-length.ts';
import type { Prediction } from '../task/task.ts';
import { type Region, regionOfBoxes } from './region.ts';

/**
 * The mask or the box of a prediction, in pixels of a map of `[height, width]`; undefined for one without a place.
 * @param placed size of the upright image, and the part of it that the map shows; without it places are pixels of the map
 */
export function regionOfPrediction(
  { mask, box }: Pick<Prediction, 'mask' | 'box'>,
  placed: PlacedSize | undefined,
  dims: readonly [number, number],
): Region | undefined {
  const [height, width] = dims;
  const { image, placement } = placed
    ? inOriginalPixels(placed)
    : { image: { width, height }, placement: { x: 0, y: 0, width, height } };
  const scale = { across: width / placement.width, down: height / placement.height };
  if (mask) {
    const [rows, columns] = [Math.round(image.height * scale.down), Math.round(image.width * scale.across)];
    return shifted(maskAtSize(mask, columns, rows), [rows, columns], placement, scale, dims);
  }
  if (!box) return undefined;
  const [left, top, right, bottom] = box;
  const [x0, x1] = [left, right].map((x) => (x - placement.x) * scale.across) as [number, number];
  const [y0, y1] = [top, bottom].map((y) => (y - placement.y) * scale.down) as [number, number];
  return regionOfBoxes([[x0, y0, x1, y1]], dims);
}

/** The part of a mask of the whole image that the map shows. */
function shifted(
  mask: Uint8Array,
  [rows, columns]: readonly [number, number],
  { x, y }: Placement,
  { across, down }: { readonly across: number; readonly down: number },
  dims: readonly [number, number],
): Region {
  const [height, width] = dims;
  const inside = new Uint8Array(height * width);
  for (let row = 0; row < height; row++) {
    const fromRow = row + Math.round(y * down);
    for (let column = 0; column < width; column++) {
      const from = column + Math.round(x * across);
      const seen = fromRow >= 0 && fromRow < rows && from >= 0 && from < columns;
      if (seen) inside[row * width + column] = mask[fromRow * columns + from] as number;
    }
  }
  return { dims, inside };
}
