import { expect, it } from 'vitest';
import { WindowMaps } from '../../../../src/core/strategy/perturbation/window-maps.ts';
import { slidingWindows } from '../../../../src/core/strategy/perturbation/windows.ts';

/** Windows of two elements, one apart, over ten; window i drops the score by i + 1. */
function mapsOf(aggregation: 'mean' | 'sum'): WindowMaps {
  const windows = slidingWindows([1, 10], [1, 2], [1, 1]);
  const maps = new WindowMaps([1, 10], windows, aggregation);
  for (let i = 0; i < windows.count; i++) maps.drops[i] = i + 1;
  return maps;
}

it('gives every element the mean of the windows that cover it, after the last level', () => {
  expect([...mapsOf('mean').after(3).data]).toEqual([1, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9]);
});

it('gives every element the sum of the windows that cover it, after the last level', () => {
  expect([...mapsOf('sum').after(3).data]).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 9]);
});

it('lets the windows of the first level stand for the missing ones around them', () => {
  expect([...mapsOf('mean').after(0).data]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 9, 9]);
  expect([...mapsOf('mean').after(1).data]).toEqual([1, 1, 1, 1, 5, 5, 5, 5, 9, 9]);
});

it('scales a sum over some of the windows to all of them', () => {
  expect([...mapsOf('sum').after(0).data]).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 18, 9]);
});

it('measures what a level has changed, and nothing for the first', () => {
  const maps = mapsOf('mean');
  expect(maps.change(0)).toBeUndefined();
  const [before, after] = [maps.after(1).data, maps.after(2).data];
  const squares = after.reduce((sum, value, i) => sum + (value - (before[i] as number)) ** 2, 0);
  expect(maps.change(2)).toBeCloseTo(Math.sqrt(squares / after.length), 6);
});

it('gives the same map of a level before and after later levels', () => {
  const maps = mapsOf('mean');
  const first = [...maps.after(0).data];
  maps.after(3);
  expect([...maps.after(0).data]).toEqual(first);
});
