import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteLengthOf,
  constantData,
  constantValues,
  lazyConstant,
  makeConstant,
} from '../../../src/core/onnx/constant.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../../src/core/tensor/half.ts';

describe('float16 and bfloat16', () => {
  it('reads and writes every finite binary16 exactly', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromFloat16(bits);
      if (Number.isNaN(value)) expect(fromFloat16(toFloat16(value))).toBeNaN();
      else if (toFloat16(value) !== bits) expect.unreachable(`${bits} became ${toFloat16(value)}`);
    }
    expect([0x3c00, 0x0001, 0x7bff, 0xfc00].map(fromFloat16)).toEqual([1, 2 ** -24, 65504, Number.NEGATIVE_INFINITY]);
  });

  it('rounds to the nearest binary16, ties to even', () => {
    expect(
      [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519.9, 65520, 2 ** -25, 1.5 * 2 ** -24].map((x) => fromFloat16(toFloat16(x))),
    ).toEqual([1, 1 + 2 ** -9, 65504, Number.POSITIVE_INFINITY, 0, 2 ** -23]);
    fc.assert(
      fc.property(fc.double({ min: -65504, max: 65504, noNaN: true }), (x) => {
        const error = Math.abs(fromFloat16(toFloat16(x)) - x);
        expect(error).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(x) * 2 ** -11));
      }),
    );
  });

  it('reads and writes every finite bfloat16 exactly, and rounds to even', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromBfloat16(bits);
      if (!Number.isNaN(value) && toBfloat16(value) !== bits) expect.unreachable(`${bits} became ${toBfloat16(value)}`);
    }
    expect(fromBfloat16(toBfloat16(1 + 2 ** -8))).toBe(1);
    expect(fromBfloat16(toBfloat16(1 + 3 * 2 ** -8))).toBe(1 + 2 ** -6);
    expect(toBfloat16(-Number.MAX_VALUE)).toBe(0xff80);
  });
});

describe('a lazy constant', () => {
  it('tells its size without its bytes, and makes them once', () => {
    let calls = 0;
    const constant = lazyConstant({ dtype: 'float32', dims: [2, 3] }, () => {
      calls++;
      return makeConstant('float32', [2, 3], [1, 2, 3, 4, 5, 6]).bytes;
    });
    expect([byteLengthOf(constant), calls]).toEqual([24, 0]);
    expect([...constantData({ ...constant, dtype: 'float32' })]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(constant.bytes).toBe(constant.bytes);
    expect(calls).toBe(1);
  });
});

describe('constants of a graph', () => {
  it('are read as numbers for every dtype', () => {
    for (const dtype of ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8'] as const) {
      expect(Array.from(constantValues(makeConstant(dtype, [3], [-2, 0, 7])))).toEqual([-2, 0, 7]);
    }
    for (const dtype of ['uint64', 'uint32', 'uint16', 'uint8'] as const) {
      expect(Array.from(constantValues(makeConstant(dtype, [2], [0, 200])))).toEqual([0, 200]);
    }
    expect(Array.from(constantValues(makeConstant('bool', [3], [true, false, 2])))).toEqual([1, 0, 1]);
  });

  it('keep the extremes of 64-bit integers, and clamp to them', () => {
    const ends = makeConstant('int64', [2], [2n ** 63n - 1n, -(2n ** 63n)]);
    expect(makeConstant('int64', [2], constantValues(ends))).toEqual(ends);
    expect(makeConstant('int64', [2], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])).toEqual(ends);
    expect(constantData(makeConstant('uint64', [1], [-1]))).toEqual(new BigUint64Array([0n]));
  });

  it('are read from unaligned bytes', () => {
    const { bytes } = makeConstant('float32', [2], [1.5, -3]);
    const moved = new Uint8Array(9);
    moved.set(bytes, 1);
    expect(constantValues({ dtype: 'float32', dims: [2], bytes: moved.subarray(1) })).toEqual(
      new Float32Array([1.5, -3]),
    );
  });

  it('are views of the file where possible', () => {
    const constant = makeConstant('float32', [2], [1, 2]);
    expect((constantValues(constant) as Float32Array).buffer).toBe(constant.bytes.buffer);
  });

  it('are refused when their size contradicts the shape', () => {
    expect(() => makeConstant('float32', [2, 2], [1])).toThrow('holds 4 elements, but 1');
    expect(() => constantValues({ dtype: 'int64', dims: [2], bytes: new Uint8Array(8) })).toThrow(
      'takes 16 bytes, but has 8',
    );
  });
});
