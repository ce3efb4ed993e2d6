import { expect, it } from 'vitest';
import { broadcasts, broadcastTo } from '../../../src/core/tensor/broadcast.ts';
import { float32, tensor } from '../../../src/core/tensor/tensor.ts';

it('repeats axes of dim 1 and adds axes in front', () => {
  expect([...broadcastTo(float32([2, 1], [1, 2]), [2, 2, 3]).data]).toEqual([1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]);
  expect([...broadcastTo(float32([3], [1, 2, 3]), [2, 3]).data]).toEqual([1, 2, 3, 1, 2, 3]);
});

it('keeps the type, also of 64-bit integers', () => {
  expect(broadcastTo(tensor('int64', [1], new BigInt64Array([7n])), [2]).data).toEqual(new BigInt64Array([7n, 7n]));
});

it.each([
  [[3], [2, 3], true],
  [[1, 3], [2, 3], true],
  [[2], [2, 3], false],
  [[1, 1, 3], [2, 3], false],
])('tells whether %j broadcasts to %j', (own, dims, expected) => {
  expect(broadcasts(own, dims)).toBe(expected);
});
