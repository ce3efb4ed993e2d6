import { expect, it } from 'vitest';
import { graphSegments, pixelEdges } from '../../../src/core/image/graph-segments.ts';
import { Random } from '../../../src/core/tensor/random.ts';

/** 8x6 pixels, the left half dark, the right half bright, a little noise on both. */
const [width, height] = [8, 6];
const noise = new Random(1).uniform(width * height);
const halves = Float32Array.from(
  { length: width * height },
  (_, i) => (i % width < 4 ? -0.8 : 0.8) + 0.01 * (noise[i] as number),
);

it('graph segments follow the colour edges of an image', () => {
  const segments = graphSegments(pixelEdges({ width, height, planes: [halves] }, 0), 0.5, 1);
  expect([...segments]).toEqual(Array.from({ length: width * height }, (_, i) => (i % width < 4 ? 0 : 1)));
});

it('graph segments are fewer at a larger scale, down to one', () => {
  const edges = pixelEdges({ width, height, planes: [Float32Array.from(noise)] });
  const counts = [0.01, 0.3, 100].map((scale) => new Set(graphSegments(edges, scale, 1)).size);
  expect(counts[0]).toBeGreaterThan(counts[1] as number);
  expect(counts[2]).toBe(1);
});

it('graph segments below the minimum size are merged with a neighbour', () => {
  const spot = new Float32Array(25);
  spot[12] = 1;
  const edges = pixelEdges({ width: 5, height: 5, planes: [spot] }, 0);
  expect(new Set(graphSegments(edges, 0.01, 1)).size).toBe(2);
  expect(new Set(graphSegments(edges, 0.01, 2)).size).toBe(1);
});
