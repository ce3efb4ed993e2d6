/** Lines on an image: straight ones, and outlines of masks. */
import type { Color, Image } from './image.ts';
import { fillRectangle } from './text.ts';

type Point = readonly [x: number, y: number];

/**
 * Draws straight lines from point to point, in one opaque colour; clipped at the edges of the image.
 * @param width thickness in pixels, an integer of at least 1
 */
export function drawPath(image: Image, points: readonly Point[], width: number, color: Color): void {
  for (const [i, [x, y]] of points.slice(1).entries()) {
    const [fromX, fromY] = points[i] as Point;
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x - fromX), Math.abs(y - fromY))));
    for (let step = 0; step <= steps; step++) {
      const along = step / steps;
      dot(image, fromX + along * (x - fromX), fromY + along * (y - fromY), width, color);
    }
  }
}

/** Paints a square of `width` pixels around a point. */
export function dot(image: Image, x: number, y: number, width: number, color: Color): void {
  fillRectangle(image, Math.round(x - width / 2), Math.round(y - width / 2), width, width, color);
}

/**
 * Draws the outline of a mask of the size of the image: the pixels of the mask that are less than `width` pixels away
 * from one outside of it.
 */
export function outlineMask(image: Image, mask: Uint8Array, width: number, color: Color): void {
  const inside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < image.width && y < image.height && mask[y * image.width + x] === 1;
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      if (!inside(x, y)) continue;
      const isEdge = !(inside(x - width, y) && inside(x + width, y) && inside(x, y - width) && inside(x, y + width));
      if (isEdge) image.data.set([...color, 255], 4 * (y * image.width + x));
    }
  }
}
