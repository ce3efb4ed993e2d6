/** The regions that XRAI chooses from: segments of an image at several scales, each enlarged a little. */
import { graphSegments, pixelEdges } from '../../image/graph-segments.ts';
import type { Image } from '../../image/superpixels.ts';

/** Pixels of a region, in ascending order. */
export type Region = Uint32Array;

/** As PAIR's library sets them, for images of 224 x 224; pixels are scaled with the image. */
const SCALES = [50, 100, 150, 250, 500, 1200];
const SIDE = 224;
const MIN_PIXELS = 150;
const DILATION = 5;

/** Number of pixels that corresponds to a number for 224 x 224; at least one. */
export const pixelsLike = (count: number, { width, height }: Image): number =>
  Math.max(1, Math.round((count * width * height) / SIDE ** 2));

/** @param image its planes from 0 to 1 */
export function pieces(image: Image): Region[] {
  const { width, height } = image;
  // The library segments images from -1 to 1, and counts its scales in 255ths.
  const planes = image.planes.map((plane) => Float32Array.from(plane, (value) => 2 * value - 1));
  const edges = pixelEdges({ width, height, planes });
  const area = (width * height) / SIDE ** 2;
  const radius = Math.round(DILATION * Math.sqrt(area));
  return SCALES.flatMap((scale) => {
    const segments = graphSegments(edges, (scale / 255) * area, pixelsLike(MIN_PIXELS, image));
    return dilated(segments, image, radius);
  });
}

/** The pixels of each segment, and those within `radius` of one of them. */
function dilated(segments: Uint32Array, { width, height }: Image, radius: number): Region[] {
  const count = segments.reduce((most, segment) => Math.max(most, segment), 0) + 1;
  const members = Array.from({ length: count }, () => new Set<number>());
  const disk: [number, number][] = [];
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) if (dx * dx + dy * dy <= radius * radius) disk.push([dx, dy]);
  }
  for (const [pixel, segment] of segments.entries()) {
    const own = members[segment] as Set<number>;
    own.add(pixel);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    // Only where the segment ends is there something to add.
    const ends =
      (x > 0 && segments[pixel - 1] !== segment) ||
      (x + 1 < width && segments[pixel + 1] !== segment) ||
      (y > 0 && segments[pixel - width] !== segment) ||
      (y + 1 < height && segments[pixel + width] !== segment);
    if (!ends) continue;
    for (const [dx, dy] of disk) {
      if (x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height) own.add(pixel + dy * width + dx);
    }
  }
  return members.map((own) => Uint32Array.from(own).sort());
}
