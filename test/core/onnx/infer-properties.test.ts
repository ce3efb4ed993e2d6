/** Inference holds for any window, slice and shape, and says of a symbol what it says of the number it stands for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WhylightError } from '../../../src/core/errors.ts';
import { constantValues } from '../../../src/core/onnx/constant.ts';
import { evaluate } from '../../../src/core/onnx/dims.ts';
import { foldNode } from '../../../src/core/onnx/fold.ts';
import type { Attribute, Constant, Dim } from '../../../src/core/onnx/graph.ts';
import { type Inferred, inferNode } from '../../../src/core/onnx/infer.ts';
import { tries } from '../../support/runs.ts';
import { CASES } from './cases.ts';
import { type Attributes, constant, float, ints, nodeOf, type Operand, typeOf } from './one-node.ts';

interface Sample {
  readonly op: string;
  readonly attributes?: Attributes;
  /** Shape of the first input. */
  readonly dims: readonly number[];
  readonly others: readonly (Operand | undefined)[];
  readonly outputs?: number;
}

/** The output's shape; undefined when the node contradicts itself. */
function dimsOf(
  { op, attributes, others, outputs }: Sample,
  dims: readonly Dim[],
): (readonly Dim[] | undefined)[] | undefined {
  const inputs = [float(...dims), ...others];
  try {
    return inferNode(nodeOf({ op, inputs, attributes, outputs }), inputs.map(typeOf)).map((type) => type.dims);
  } catch (error) {
    if (WhylightError.is(error, 'invalid_model')) return undefined;
    throw error;
  }
}

const SYMBOLS = ['A', 'B', 'C', 'D'];

/** With symbols for extents, the answer is the one for the numbers. */
function sameForSymbols(samples: fc.Arbitrary<Sample>): void {
  fc.assert(
    fc.property(samples, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (sample, symbolic) => {
      const expected = dimsOf(sample, sample.dims);
      if (!expected) return;
      const dims = sample.dims.map((d, i): Dim => (symbolic[i] ? (SYMBOLS[i] as string) : d));
      const extents = Object.fromEntries(sample.dims.map((d, i) => [SYMBOLS[i], d]));
      const actual = dimsOf(sample, dims)?.map((shape, i) =>
        shape?.map((d, axis) => evaluate(d, extents) ?? expected[i]?.[axis]),
      );
      expect(actual).toEqual(expected);
    }),
    tries(400),
  );
}

const upTo = (max: number, min = 1) => fc.integer({ min, max });
const pair = <T>(one: fc.Arbitrary<T>) => fc.tuple(one, one);
const autoPad = fc.constantFrom('NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER');

// Pads are smaller than the kernel, as pooling demands.
const windowed = fc
  .record({
    extents: pair(upTo(20)),
    kernel: pair(upTo(4)),
    strides: pair(upTo(4)),
    dilations: pair(upTo(3)),
    pads: fc.tuple(upTo(2, 0), upTo(2, 0), upTo(2, 0), upTo(2, 0)),
    auto_pad: autoPad,
    ceil_mode: upTo(1, 0),
  })
  .map((window) => ({ ...window, pads: window.pads.map((p, i) => Math.min(p, (window.kernel[i % 2] as number) - 1)) }));

const convolution = (op: string, channels: readonly [number, number]) =>
  windowed.map(
    ({ extents, kernel, strides, dilations, pads, auto_pad }): Sample => ({
      op,
      dims: [2, 3, ...extents],
      others: [float(...channels, ...kernel)],
      attributes: { strides, dilations, auto_pad, ...(auto_pad === 'NOTSET' && { pads }) },
    }),
  );

const conv = convolution('Conv', [4, 3]);
const convTranspose = convolution('ConvTranspose', [3, 4]);

const pool = windowed.map(
  ({ extents, kernel, strides, dilations, pads, auto_pad, ceil_mode }): Sample => ({
    op: 'MaxPool',
    dims: [2, 3, ...extents],
    others: [],
    attributes: {
      kernel_shape: kernel,
      strides,
      dilations,
      auto_pad,
      ceil_mode,
      ...(auto_pad === 'NOTSET' && { pads }),
    },
  }),
);

const bound = fc.oneof(upTo(12, -12), fc.constantFrom(2 ** 63, -(2 ** 63), 2 ** 31 - 1));

const slice = fc.record({ extent: upTo(9), start: bound, end: bound, step: upTo(4, -4).filter((s) => s !== 0) }).map(
  ({ extent, start, end, step }): Sample => ({
    op: 'Slice',
    dims: [2, extent],
    others: [ints(start), ints(end), ints(1), ints(step)],
  }),
);

const pad = fc
  .record({ extents: pair(upTo(9)), pads: fc.tuple(upTo(3, -1), upTo(3, -1), upTo(3, -1), upTo(3, -1)) })
  .map(({ extents, pads }): Sample => ({ op: 'Pad', dims: extents, others: [ints(...pads)] }));

const split = fc
  .record({ extent: upTo(12), parts: upTo(4) })
  .filter(({ extent, parts }) => Math.ceil(extent / parts) * (parts - 1) <= extent)
  .map(
    ({ extent, parts }): Sample => ({
      op: 'Split',
      dims: [2, extent],
      others: [],
      attributes: { axis: 1, num_outputs: parts },
      outputs: parts,
    }),
  );

const reshape = fc
  .tuple(
    upTo(4),
    upTo(6),
    upTo(6),
    fc.constantFrom([0, -1], [-1], [0, 0, -1, 2], [-1, 0], [0, 0, 0], [2, -1], [0, -1, 3]),
  )
  .map(([a, b, c, target]): Sample => ({ op: 'Reshape', dims: [a, 2 * b, 3 * c], others: [ints(...target)] }));

test.each([
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ['MaxPool', pool],
  ['Slice', slice],
  ['Pad', pad],
  ['Split', split],
  ['Reshape', reshape],
])('inference of %s agrees for symbolic and numeric dims', (_, samples) => {
  sameForSymbols(samples);
});

describe('inference of windows agrees with counting', () => {
  const attribute = (sample: Sample, name: string, i: number): number =>
    (sample.attributes?.[name] as number[] | undefined)?.[i] ?? 0;

  /** Starts of the windows along a spatial axis, one by one. */
  function count(sample: Sample, kernel: number, i: number): number {
    const extent = sample.dims[i + 2] as number;
    const reach = attribute(sample, 'dilations', i) * (kernel - 1) + 1;
    const [begin, end] = [attribute(sample, 'pads', i), attribute(sample, 'pads', i + 2)];
    const [stride, ceil] = [attribute(sample, 'strides', i), sample.attributes?.ceil_mode === 1];
    let windows = 0;
    for (let start = -begin; ; start += stride) {
      const fits = start + reach <= extent + end;
      // With ceil_mode one more may hang over the end, if it starts on the input.
      const hangs = ceil && start < extent && start - stride + reach < extent + end && windows > 0;
      if (!fits && !hangs) return windows;
      windows++;
    }
  }

  const operators = [
    ['Conv', conv],
    ['MaxPool', pool],
  ] as const;

  test.each(operators)('has the counted windows for %s', (_, samples) => {
    fc.assert(
      fc.property(samples, (sample) => {
        if (String(sample.attributes?.auto_pad).startsWith('SAME')) return;
        const [dims] = dimsOf(sample, sample.dims) ?? [];
        const kernel = (sample.attributes?.kernel_shape ??
          (sample.others[0] as { dims: number[] } | undefined)?.dims.slice(2)) as number[];
        const expected = kernel.map((k, i) => count(sample, k, i));
        if (dims) expect(dims.slice(2)).toEqual(expected);
        else expect(expected).toContain(0);
      }),
      tries(400),
    );
  });

  test.each(operators)('has one window for each stride for %s with padding SAME', (_, samples) => {
    fc.assert(
      fc.property(samples, (sample) => {
        if (!String(sample.attributes?.auto_pad).startsWith('SAME')) return;
        const expected = [0, 1].map((i) => Math.ceil((sample.dims[i + 2] as number) / attribute(sample, 'strides', i)));
        expect(dimsOf(sample, sample.dims)?.[0]?.slice(2)).toEqual(expected);
      }),
    );
  });
});

test('a folded Slice equals a loop over the elements', () => {
  fc.assert(
    fc.property(slice, (sample) => {
      const extent = sample.dims[1] as number;
      const data = constant(
        'int32',
        [1, extent],
        Array.from({ length: extent }, (_, i) => i),
      );
      const [start, end, , step] = sample.others.map((c) => constantValues(c as Constant)[0] as number) as [
        number,
        number,
        number,
        number,
      ];
      const front = (at: number): number => (at < 0 ? at + extent : at);
      const walked: number[] = [];
      const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
      const last = Math.min(Math.max(front(end), low), high);
      for (let at = Math.min(Math.max(front(start), 0), high); step > 0 ? at < last : at > last; at += step)
        walked.push(at);
      const [folded] =
        foldNode(nodeOf({ op: 'Slice', inputs: [data, ...sample.others] }), [data, ...(sample.others as Constant[])]) ??
        [];
      expect(Array.from(constantValues(folded as Constant))).toEqual(walked);
    }),
    tries(400),
  );
});

describe('inference of invalid nodes', () => {
  const odd = fc.constantFrom(0, -1, 1, 2, 7, -5, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63));
  const list = fc.array(odd, { maxLength: 5 });
  const input: fc.Arbitrary<Inferred | undefined> = fc.oneof(
    fc.constantFrom<Inferred | undefined>(
      undefined,
      { dtype: 'float32' },
      { dtype: 'float32', dims: [] },
      { dtype: 'float32', dims: ['N', 3, 'T'] },
      { dtype: 'float32', dims: [2, 0, 3] },
      { dtype: 'int64', dims: [3] },
      { dtype: 'int64', dims: [2], value: ['N', '?x[0]'] },
      { dtype: 'bool', dims: [2], value: [1, 0] },
    ),
    list.map((value): Inferred => ({ dtype: 'int64', dims: [value.length], value })),
  );
  const attribute: fc.Arbitrary<Attribute> = fc.oneof(
    odd.map((value) => ({ type: 'int' as const, value })),
    list.map((value) => ({ type: 'ints' as const, value })),
  );
  const names = ['axis', 'perm', 'pads', 'strides', 'dilations', 'kernel_shape', 'group', 'batch_dims', 'num_outputs'];

  test('gives a shape or a WhylightError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CASES),
        fc.array(fc.tuple(fc.nat(6), input), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom(...names), attribute, { maxKeys: 2 }),
        (one, replaced, attributes) => {
          const node = nodeOf(one);
          const inputs = one.inputs.map(typeOf);
          for (const [at, other] of replaced) inputs[Math.min(at, inputs.length)] = other;
          try {
            inferNode({ ...node, attributes: { ...node.attributes, ...attributes } }, inputs);
          } catch (error) {
            if (!WhylightError.is(error, 'invalid_model')) throw error;
          }
        },
      ),
      tries(3000),
    );
  });
});
