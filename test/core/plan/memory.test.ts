import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { batchSize } from '../../../src/core/plan/machine-memory.ts';
import { peakRowBytes } from '../../../src/core/plan/memory.ts';

/** A chain of additions on vectors of 100 numbers (400 bytes each). */
function chain(length: number, { keepFirst = false, extent = 100 as number | string } = {}) {
  const g = GraphBuilder.empty();
  let value = g.input('x', 'float32', ['N', extent]);
  const first = g.op('Relu', [value]);
  value = first;
  for (let i = 0; i < length; i++) value = g.add(value, g.scalar(i + 1));
  return g.build(keepFirst ? [first, value] : [value]);
}

describe('the peak memory of a row', () => {
  it('is that of tensors alive at the same time, not their sum', () => {
    expect(peakRowBytes(chain(2))).toBe(800);
    expect(peakRowBytes(chain(20))).toBe(800);
  });

  it('includes outputs until the end', () => {
    expect(peakRowBytes(chain(20, { keepFirst: true }))).toBe(1200);
  });

  it('resolves symbolic dims from the row', () => {
    expect(peakRowBytes(chain(3, { extent: 'T' }), { x: [50] })).toBe(400);
  });

  it('determines the batch', () => {
    expect(batchSize(1000, 8500, 32)).toBe(8);
    expect(batchSize(1000, 10, 32)).toBe(1);
    expect(batchSize(1, 1e9, 32)).toBe(32);
  });

  it('limits the batch to what the caches hold, with a minimum of four', () => {
    expect(batchSize(1000, 1e9, 64, 16_500)).toBe(16);
    expect(batchSize(1000, 1e9, 64, 100)).toBe(4);
    expect(batchSize(1000, 2500, 64, 100)).toBe(2);
  });
});
