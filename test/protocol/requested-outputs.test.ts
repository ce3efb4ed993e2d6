import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { bestClasses } from '../../src/protocol/classification.ts';
import { decodeOutputs } from '../../src/protocol/requested-outputs.ts';

describe('requested outputs', () => {
  it('say whether bytes or how many classes are wanted', () => {
    const outputs = [
      { name: 'y', parameters: { binary_data: true } },
      { name: 'z', parameters: { classification: 3 } },
    ];
    expect(decodeOutputs(outputs)).toEqual([
      { name: 'y', binary: true },
      { name: 'z', classification: 3 },
    ]);
    expect(decodeOutputs(undefined)).toEqual([]);
  });

  it.each([
    ['shared memory', { shared_memory_region: 'r' }, /Shared memory is not offered/],
    ['no class', { classification: 0 }, /from 1 on/],
    ['a text for the number of classes', { classification: 'three' }, /from 1 on/],
  ])('are refused with %s', (_, parameters, message) => {
    expect(() => decodeOutputs([{ name: 'y', parameters }])).toThrow(message);
  });
});

describe('the best classes of an output', () => {
  it('are texts of score, index and label, best first, of every row', () => {
    const scores = float32([2, 3], [0.25, 1, 0.5, 3, 2, 2]);
    expect(bestClasses(scores, 2, (element) => (element === 1 ? 'dog' : undefined))).toEqual({
      dims: [2, 2],
      texts: ['1.000000:1:dog', '0.500000:2', '3.000000:0', '2.000000:1:dog'],
    });
  });

  it('are all classes where more are wanted than there are', () => {
    expect(bestClasses(float32([1, 2], [1, 2]), 5).dims).toEqual([1, 2]);
  });
});
