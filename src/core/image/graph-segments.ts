/**
 * Segments by merging pixels along edges of small colour difference (Felzenszwalb and Huttenlocher 2004, "Efficient
 * graph-based image segmentation"), as scikit-image's `felzenszwalb` does it: eight neighbours, two segments merge when
 * the edge between them is no larger than what each varies within, plus `scale` over its size.
 */
import { float32 } from '../tensor/tensor.ts';
import { gaussianBlur } from './blur.ts';
import type { Image } from './superpixels.ts';

/** The edges of an image from the smallest difference to the largest: sorted once, for any number of scales. */
export interface PixelEdges {
  readonly pixels: number;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly difference: Float32Array;
}

/** @param sigma of the blur that comes first */
export function pixelEdges({ width, height, planes }: Image, sigma = 0.8): PixelEdges {
  const blurred = planes.map((plane) => gaussianBlur(float32([height, width], plane), sigma).data);
  const ends: [number, number][] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (x + 1 < width) ends.push([i, i + 1]);
      if (y + 1 === height) continue;
      ends.push([i, i + width]);
      if (x + 1 < width) ends.push([i, i + width + 1]);
      if (x > 0) ends.push([i, i + width - 1]);
    }
  }
  const differences = Float32Array.from(ends, ([a, b]) =>
    Math.sqrt(blurred.reduce((sum, plane) => sum + ((plane[a] as number) - (plane[b] as number)) ** 2, 0)),
  );
  const order = Uint32Array.from(differences.keys()).sort(
    (a, b) => (differences[a] as number) - (differences[b] as number) || a - b,
  );
  return {
    pixels: width * height,
    from: Uint32Array.from(order, (edge) => (ends[edge] as [number, number])[0]),
    to: Uint32Array.from(order, (edge) => (ends[edge] as [number, number])[1]),
    difference: Float32Array.from(order, (edge) => differences[edge] as number),
  };
}

/**
 * The segment of each pixel, numbered from 0 in the order of their first pixel.
 * @param scale larger gives larger segments; in units of the planes' differences
 * @param least segments with fewer pixels join a neighbour
 */
export function graphSegments({ pixels, from, to, difference }: PixelEdges, scale: number, least: number): Uint32Array {
  const parent = Uint32Array.from({ length: pixels }, (_, i) => i);
  const size = new Uint32Array(pixels).fill(1);
  const varies = new Float64Array(pixels);
  const root = (pixel: number): number => {
    let at = pixel;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  const join = (a: number, b: number): number => {
    parent[b] = a;
    size[a] = (size[a] as number) + (size[b] as number);
    return a;
  };
  const allowed = (segment: number): number => (varies[segment] as number) + scale / (size[segment] as number);
  for (let edge = 0; edge < from.length; edge++) {
    const [a, b] = [root(from[edge] as number), root(to[edge] as number)];
    const cost = difference[edge] as number;
    if (a !== b && cost <= Math.min(allowed(a), allowed(b))) varies[join(a, b)] = cost;
  }
  for (let edge = 0; edge < from.length; edge++) {
    const [a, b] = [root(from[edge] as number), root(to[edge] as number)];
    if (a !== b && Math.min(size[a] as number, size[b] as number) < least) join(a, b);
  }
  const names = new Map<number, number>();
  return Uint32Array.from(parent, (_, pixel) => {
    const segment = root(pixel);
    const name = names.get(segment) ?? names.size;
    names.set(segment, name);
    return name;
  });
}
