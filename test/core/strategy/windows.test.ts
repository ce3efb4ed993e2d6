import fc from 'fast-check';
import { expect, it } from 'vitest';
import { slidingWindows } from '../../../src/core/strategy/perturbation/windows.ts';

/** Elements that window `index` covers. */
function covered(windows: ReturnType<typeof slidingWindows>, index: number): number[] {
  const elements: number[] = [];
  windows.each(index, (from, to) => {
    for (let i = from; i < to; i++) elements.push(i);
  });
  return elements;
}

it('windows slide over rows and columns, and are cropped at the edge', () => {
  const windows = slidingWindows([3, 4], [2, 2], [2, 2]);
  expect(windows.count).toBe(4);
  expect([0, 1, 2, 3].map((index) => covered(windows, index))).toEqual([
    [0, 1, 4, 5],
    [2, 3, 6, 7],
    [8, 9],
    [10, 11],
  ]);
});

it('windows cover every element, and none twice in one window, for any window and stride', () => {
  const axis = fc
    .integer({ min: 1, max: 7 })
    .chain((extent) =>
      fc
        .integer({ min: 1, max: extent })
        .chain((window) => fc.tuple(fc.constant(extent), fc.constant(window), fc.integer({ min: 1, max: window }))),
    );
  fc.assert(
    fc.property(fc.array(axis, { minLength: 1, maxLength: 3 }), (axes) => {
      const [dims, window, strides] = [0, 1, 2].map((k) => axes.map((one) => one[k] as number)) as [
        number[],
        number[],
        number[],
      ];
      const windows = slidingWindows(dims, window, strides);
      const all = new Set<number>();
      for (let i = 0; i < windows.count; i++) {
        const elements = covered(windows, i);
        expect(new Set(elements).size).toBe(elements.length);
        expect(elements.length).toBeGreaterThan(0);
        for (const element of elements) all.add(element);
      }
      expect(all.size).toBe(dims.reduce((a, b) => a * b, 1));
    }),
  );
});

it('windows are ordered from coarse to fine, each once', () => {
  const { levels, count } = slidingWindows([20], [2], [1]);
  expect(levels.map(({ stretch, windows }) => [stretch, windows.slice(0, 3)])).toEqual([
    [8, [0, 8, 16]],
    [4, [4, 12]],
    [2, [2, 6, 10]],
    [1, [1, 3, 5]],
  ]);
  const all = levels.flatMap(({ windows }) => windows).sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: count }, (_, i) => i));
});

it('windows beyond the edge are left out when requested', () => {
  expect(slidingWindows([10, 10], [2, 2], [3, 3], 'whole').count).toBe(9);
  expect(slidingWindows([10, 10], [2, 2], [3, 3]).count).toBe(16);
});

it('a window visits inner axes that it covers whole in one run', () => {
  const runs = (windows: ReturnType<typeof slidingWindows>, index: number): number[][] => {
    const found: number[][] = [];
    windows.each(index, (from, to) => found.push([from, to]));
    return found;
  };
  expect(runs(slidingWindows([4, 4, 3], [2, 2, 3], [2, 2, 3]), 1)).toEqual([
    [6, 12],
    [18, 24],
  ]);
  expect(runs(slidingWindows([4, 4, 3], [2, 4, 3], [2, 4, 3]), 1)).toEqual([[24, 48]]);
  expect(runs(slidingWindows([4, 3], [4, 3], [4, 3]), 0)).toEqual([[0, 12]]);
});
