import { describe, expect, it } from 'vitest';
import { superpixels } from '../../../src/core/image/superpixels.ts';
import { Random } from '../../../src/core/tensor/random.ts';

const noise = (width: number, height: number, seed = 1) => ({
  width,
  height,
  planes: [0, 1, 2].map((c) => new Random(seed, c).uniform(width * height)),
});

/** Number of connected pieces of each segment. */
function pieces(ids: Uint32Array, width: number): number[] {
  const seen = new Set<number>();
  const counts: number[] = [];
  for (let start = 0; start < ids.length; start++) {
    if (seen.has(start)) continue;
    const id = ids[start] as number;
    counts[id] = (counts[id] ?? 0) + 1;
    const stack = [start];
    while (stack.length > 0) {
      const i = stack.pop() as number;
      if (seen.has(i) || ids[i] !== id) continue;
      seen.add(i);
      const near = [i - width, i + width, i % width > 0 ? i - 1 : -1, i % width < width - 1 ? i + 1 : -1];
      stack.push(...near.filter((j) => j >= 0 && j < ids.length && ids[j] === id));
    }
  }
  return counts;
}

describe('superpixels', () => {
  it.each([
    [32, 24, 12],
    [17, 31, 7],
    [8, 8, 49],
    [5, 1, 3],
    [4, 4, 100],
    [64, 64, 1],
  ])('divide %d x %d noise into at most %d connected segments without gaps', (width, height, count) => {
    const ids = superpixels(noise(width, height), count);
    const found = new Set(ids);
    expect(found.size).toBeLessThanOrEqual(count);
    expect(found.size).toBeGreaterThanOrEqual(Math.min(count, width * height) / 2);
    expect([...found].sort((a, b) => a - b)).toEqual(Array.from(found, (_, i) => i));
    expect(pieces(ids, width)).toEqual(Array.from(found, () => 1));
  });

  it('form a grid on a uniform image', () => {
    const flat = new Float32Array(16 * 16).fill(0.4);
    const ids = superpixels({ width: 16, height: 16, planes: [flat] }, 4);
    expect([0, 15, 240, 255].map((i) => ids[i])).toEqual([0, 1, 2, 3]);
    for (const id of [0, 1, 2, 3]) expect(ids.filter((it) => it === id)).toHaveLength(64);
  });

  it('follow the edge of an object', () => {
    const [width, height] = [40, 40];
    const disc = Float32Array.from({ length: 1600 }, (_, i) =>
      Math.hypot((i % width) - 20, Math.floor(i / width) - 20) < 11 ? 0.9 : 0.1,
    );
    const green = new Float32Array(1600).fill(0.3);
    const ids = superpixels({ width, height, planes: [disc, green, green] }, 16);
    for (const id of new Set(ids)) {
      const inside = disc.filter((_, i) => ids[i] === id).map((value) => (value > 0.5 ? 1 : 0));
      const share = inside.reduce((a, b) => a + b, 0) / inside.length;
      expect(Math.min(share, 1 - share)).toBeLessThan(0.06);
    }
  });
});
