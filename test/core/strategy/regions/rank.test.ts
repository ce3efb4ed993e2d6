import { describe, expect, it } from 'vitest';
import { pieces } from '../../../../src/core/strategy/regions/pieces.ts';
import { rankRegions } from '../../../../src/core/strategy/regions/rank.ts';

const region = (...pixels: number[]) => Uint32Array.from(pixels);
const values = (map: Float32Array) => Array.from(map, (value) => Math.round(value * 1000) / 1000);

describe('the ranking of regions', () => {
  // Of two regions that share a pixel of 8, the first has density 5, the second 4; what the second adds has density 2.
  const attribution = [2, 8, 2, 2, -1, -3];
  const regions = [region(0, 1), region(1, 2, 3)];

  it('by the full algorithm uses the gain of each region', () => {
    expect(values(rankRegions(attribution, regions, { algorithm: 'full', least: 1 }))).toEqual([5, 5, 2, 2, -2, -2]);
  });

  it('by the fast algorithm uses whole regions', () => {
    expect(values(rankRegions(attribution, regions, { algorithm: 'fast', least: 1 }))).toEqual([5, 5, 4, 4, -2, -2]);
  });

  it.each(['full', 'fast'] as const)('by the %s algorithm leaves out regions with too small a gain', (algorithm) => {
    const map = values(rankRegions(attribution, [...regions, region(3, 4)], { algorithm, least: 2 }));
    expect(map.slice(4)).toEqual([-2, -2]);
  });
});

it('the segments of an image cover it at every scale', () => {
  const [width, height] = [32, 24];
  const plane = Float32Array.from({ length: width * height }, (_, i) => (i % width < 10 ? 0.1 : 0.9));
  const found = pieces({ width, height, planes: [plane] });
  expect(found.length).toBeGreaterThanOrEqual(6);
  const covered = new Set(found.flatMap((piece) => [...piece]));
  expect(covered.size).toBe(width * height);
  // Each is enlarged a little, so that neighbours overlap.
  expect(found.reduce((sum, piece) => sum + piece.length, 0)).toBeGreaterThan(6 * width * height);
});
