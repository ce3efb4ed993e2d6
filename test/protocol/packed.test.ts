import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../src/core/explainer/explanation.ts';
import { float32, type Tensor } from '../../src/core/tensor/tensor.ts';
import { pack, unpack } from '../../src/protocol/packed.ts';

const explanation: Explanation = {
  method: 'grad_cam',
  revision: 2,
  params: { target_layer: 'auto', relu: true, window: [3, 8, 8] },
  seed: 7,
  model: { name: 'tiny', version: '1', digest: 'ab' },
  engine: 'onnxruntime-web',
  rows: [0, 1].map((row) => ({
    target: { index: row, label: 'wörk', weights: [{ index: row, weight: 1 }] },
    score: 0.1 + row,
    baselineScore: Number.NEGATIVE_INFINITY,
    convergenceDelta: Number.NaN,
    diagnostics: { positiveShare: 1 / 3, sparseness: 0, entropy: 2, warnings: [{ code: 'flat', message: 'wörk' }] },
    top: [{ index: row, label: 'wörk', score: 0.1 + row, probability: 1 / 3 }],
    values: { input: float32([1, 2, 3], [1, -0, 1e-45, 3.4e38, Math.PI, row]), 'other/x': float32([1, 1], [5]) },
    ...(row === 0 && { map: float32([2, 3], [6, 5, 4, 3, 2, 1]) }),
  })),
  samples: { forwards: 1, backwards: 2, predictions: 0 },
  timings: { compile: 1.5, session: 2, run: 3, engine: 2.5, total: 6.5 },
};

describe('pack and unpack', () => {
  it('preserve an explanation, with NaN, infinity and negative zero', () => {
    const back = unpack<Explanation>(pack(explanation));
    expect(back).toEqual(explanation);
    expect(Object.is(back?.rows[0]?.values.input?.data[1], -0)).toBe(true);
  });

  it('read from an unaligned offset of a buffer', () => {
    const packed = pack(explanation);
    const shifted = new Uint8Array(packed.length + 3);
    shifted.set(packed, 3);
    expect(unpack(shifted.subarray(3))).toEqual(explanation);
  });

  it('preserve tensors of every type at any depth', () => {
    const value = {
      inputs: {
        ids: { dtype: 'int64', dims: [3], data: BigInt64Array.of(-1n, 2n ** 62n, 0n) } as Tensor,
        odd: { dtype: 'uint8', dims: [3], data: Uint8Array.of(1, 2, 255) } as Tensor,
      },
      list: [float32([2], [1, 2]), { deep: { dtype: 'float16', dims: [1], data: Uint16Array.of(0x3c00) } as Tensor }],
    };
    expect(unpack(pack(value))).toEqual(value);
  });

  it('return undefined for truncated, extended and damaged bytes', () => {
    const packed = pack(explanation);
    for (let length = 0; length < packed.length; length++) expect(unpack(packed.subarray(0, length))).toBeUndefined();
    expect(unpack(Uint8Array.of(...packed, 0))).toBeUndefined();
    expect(unpack(new Uint8Array(400).fill(7))).toBeUndefined();
    const spoilt = packed.slice();
    spoilt[9] = 0xff;
    expect(unpack(spoilt)).toBeUndefined();
  });
});
