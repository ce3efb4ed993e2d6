import { describe, expect, it } from 'vitest';
import { rawTensor } from '../../../src/modalities/tensor/raw.ts';

const BYTES = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

describe('tensors from binary data', () => {
  it('are little-endian elements in C order', () => {
    const { dims, data } = rawTensor(BYTES, { dtype: 'float32', dims: [2, 3] });
    expect(dims).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('resolve a symbolic dim from the number of bytes', () => {
    expect(rawTensor(BYTES, { dtype: 'float32', dims: [-1, 3] }).dims).toEqual([2, 3]);
  });

  it.each([
    [[5], 'has 24 bytes, but [5] of float32 takes 20 bytes'],
    [[-1, 4], 'has 24 bytes, but [-1, 4] of float32 takes a multiple of 16 bytes'],
    [[-1, -1], 'has 24 bytes'],
    [[-1, 0], 'has 24 bytes'],
  ])('of shape %j are refused', (dims, message) => {
    expect(() => rawTensor(BYTES, { dtype: 'float32', dims })).toThrow(message);
  });
});
