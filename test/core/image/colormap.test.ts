import { describe, expect, it } from 'vitest';
import { type ColormapName, colormap, colormaps } from '../../../src/core/image/colormap.ts';

const entry = (name: ColormapName, i: number) => [...colormap(name).subarray(i * 3, i * 3 + 3)];

describe('colormap', () => {
  // Entries of matplotlib's tables; ColorBrewer's for RdBu_r.
  it.each([
    ['viridis', 0, [68, 1, 84]],
    ['viridis', 100, [42, 118, 142]],
    ['viridis', 255, [253, 231, 37]],
    ['inferno', 200, [251, 157, 7]],
    ['magma', 128, [183, 55, 121]],
    ['turbo', 0, [48, 18, 59]],
    ['turbo', 255, [122, 4, 3]],
    ['coolwarm', 0, [59, 76, 192]],
    ['coolwarm', 255, [180, 4, 38]],
    ['RdBu_r', 0, [5, 48, 97]],
    ['RdBu_r', 255, [103, 0, 31]],
    ['gray', 77, [77, 77, 77]],
    ['jet', 0, [0, 0, 127]],
    ['jet', 255, [127, 0, 0]],
  ] as const)('%s has its published colour at %i', (name, i, color) => {
    for (const [c, value] of entry(name, i).entries())
      expect(Math.abs(value - (color[c] as number))).toBeLessThanOrEqual(2);
  });

  it.each(colormaps)('%s has 256 colours without jumps', (name) => {
    const table = colormap(name);
    expect(table).toHaveLength(768);
    for (let i = 3; i < 768; i++)
      expect(Math.abs((table[i] as number) - (table[i - 3] as number))).toBeLessThanOrEqual(10);
  });

  it.each(['coolwarm', 'RdBu_r'] as const)('%s is neutral in the middle and red for positive values', (name) => {
    const [red, , blue] = entry(name, 127) as [number, number, number];
    expect(Math.abs(red - blue)).toBeLessThan(8);
    const [, , cold] = entry(name, 40) as [number, number, number];
    const [warm] = entry(name, 215) as [number, number, number];
    expect(cold).toBeGreaterThan(entry(name, 40)[0] as number);
    expect(warm).toBeGreaterThan(entry(name, 215)[2] as number);
  });

  it('suggests the nearest name for an unknown colormap', () => {
    expect(() => colormap('virids' as ColormapName)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: expect.objectContaining({ nearest: ['viridis'] }) }),
    );
  });
});
