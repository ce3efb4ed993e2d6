import { describe, expect, it } from 'vitest';
import type { ModelInfo, TensorInfo } from '../../../../src/core/model/info.ts';
import { positionMask } from '../../../../src/core/strategy/perturbation/feature-mask.ts';
import { mixOf } from '../../../../src/core/strategy/perturbation/mix.ts';
import type { FeatureMask } from '../../../../src/core/strategy/perturbation/modality-mask.ts';
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

/** Features of two each. */
const pairs = ({ features, ids }: FeatureMask): FeatureMask => ({
  features: Math.ceil(features / 2),
  ids: Object.fromEntries(Object.entries(ids).map(([name, own]) => [name, own.map((id) => id >> 1)])),
});

const eachElement = (inputs: readonly TensorInfo[]): FeatureMask => {
  let features = 0;
  const ids = Object.fromEntries(
    inputs.map(({ name, dims }) => [name, Uint32Array.from({ length: sizeOf(dims.map(Number)) }, () => features++)]),
  );
  return { features, ids };
};

describe('mixOf', () => {
  const ways = CASES.flatMap((one) => [
    { ...one, zeros: true },
    { ...one, zeros: false },
  ]);
  const masks: readonly [string, (model: ModelInfo) => FeatureMask][] = [
    ['every place', positionMask],
    ['pairs of places', (model) => pairs(positionMask(model))],
    ['pairs of elements', ({ inputs }) => pairs(eachElement(inputs))],
  ];
  it.each(ways.flatMap((way) => masks.map(([of, make]) => ({ ...way, of, make }))))(
    'mixes each element by the weight of its feature, $of: $title, zeros: $zeros',
    ({ dims, channelAxis, zeros, make }) => {
      // A second input, whose features come after those of the first.
      const inputs = ['a', 'b'].map((name) => ({ name, dtype: 'float32', dims, channelAxis }) as unknown as TensorInfo);
      const mask = make({ inputs } as unknown as ModelInfo);
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
