import { describe, expect, it } from 'vitest';
import type { ModelInfo, TensorInfo } from '../../../../src/core/method/contract.ts';
import { placeMask } from '../../../../src/core/strategy/perturbation/feature-mask.ts';
import { mixOf } from '../../../../src/core/strategy/perturbation/mix.ts';
import { Random } from '../../../../src/core/tensor/random.ts';
import { float32, sizeOf } from '../../../../src/core/tensor/tensor.ts';

const CASES: readonly { title: string; dims: readonly number[]; channelAxis?: number }[] = [
  { title: 'colour, channels first', dims: [3, 4, 5], channelAxis: 0 },
  { title: 'colour, channels last', dims: [4, 5, 3], channelAxis: 2 },
  { title: 'one channel', dims: [1, 4, 5], channelAxis: 0 },
  { title: 'many channels, last', dims: [6, 4], channelAxis: 1 },
  { title: 'channels between axes of space', dims: [4, 3, 5], channelAxis: 1 },
  { title: 'a vector', dims: [7] },
];

describe('mixOf', () => {
  const ways = CASES.flatMap((one) => [
    { ...one, zeros: true },
    { ...one, zeros: false },
  ]);
  it.each(ways)(
    'mixes each element by the weight of its place: $title, zeros: $zeros',
    ({ dims, channelAxis, zeros }) => {
      // A second input, whose features come after those of the first.
      const inputs = ['a', 'b'].map((name) => ({ name, dtype: 'float32', dims, channelAxis }) as unknown as TensorInfo);
      const mask = placeMask({ inputs } as unknown as ModelInfo);
      const random = new Random(5);
      const size = sizeOf(dims);
      const own = Object.fromEntries(
        inputs.map(({ name }, i) => [name, float32([1, ...dims], random.at(i).normal(size))]),
      );
      const absent = Object.fromEntries(
        inputs.map(({ name }, i) => [name, float32([1, ...dims], zeros ? undefined : random.at(9 + i).normal(size))]),
      );
      const weights = random.at(7).uniform(mask.features);
      weights[1] = 1;
      weights[2] = 0;
      for (const input of inputs) {
        const [x, b] = [own, absent].map((of) => of[input.name]?.data as Float32Array<ArrayBuffer>) as [
          Float32Array<ArrayBuffer>,
          Float32Array<ArrayBuffer>,
        ];
        const expected = Array.from(x, (value, i) => {
          const weight = weights[mask.ids[input.name]?.[i] as number] as number;
          return Math.fround(weight === 1 ? value : (b[i] as number) + weight * (value - (b[i] as number)));
        });
        for (const always of [absent, undefined]) {
          // What is there before does not matter.
          const out = new Float32Array(size).fill(Number.NaN);
          mixOf(input, mask, own, always)(out, b, weights);
          expect(Array.from(out, (value) => value + 0)).toEqual(expected.map((value) => value + 0));
        }
      }
    },
  );
});
