/** Covering a part of an image. */
import { type Image, makeImage } from '../core/image/image.ts';
import type { Rectangle } from './state.ts';

/** The image with the rectangle filled with the mean colour of all: the least telling of plain colours. */
export function cover({ width, height, data }: Image, region: Rectangle): Image {
  const sums = [0, 0, 0];
  for (let at = 0; at < data.length; at += 4) {
    for (let c = 0; c < 3; c++) sums[c] = (sums[c] as number) + (data[at + c] as number);
  }
  const color = sums.map((sum) => Math.round(sum / (width * height)));
  const out = makeImage(width, height, data.slice());
  const [left, top] = [Math.max(0, Math.floor(region.x)), Math.max(0, Math.floor(region.y))];
  const right = Math.min(width, Math.ceil(region.x + region.width));
  const bottom = Math.min(height, Math.ceil(region.y + region.height));
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) out.data.set([...color, 255], (y * width + x) * 4);
  }
  return out;
}
