import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as dims from '../../../src/core/onnx/dims.ts';
import type { Dim } from '../../../src/core/onnx/graph.ts';

test.each([
  [dims.multiply('N', 49), '49*N'],
  [dims.multiply('T', '49*N'), '49*N*T'],
  [dims.multiply(0, 'N'), 0],
  [dims.add('N', 'N'), '2*N'],
  [dims.add('N', 1), 'N+1'],
  [dims.subtract('T', 'S'), '-1*S+T'],
  [dims.subtract('N+1', 'N'), 1],
  [dims.multiply('N+1', 'N-1'), 'N*N-1'],
  [dims.divide('49*N', '7*N'), 7],
  [dims.divide('49*N', 5), undefined],
  [dims.divide('N*N-1', 'N+1'), 'N-1'],
  [dims.divide('H*W', 'T'), undefined],
  [dims.divide(7, 0), undefined],
  [dims.floorDivide(7, 2), 3],
  [dims.floorDivide('2*H+1', 2), 'H'],
  [dims.floorDivide('H+5', 4), 'div(H+1,4)+1'],
  [dims.floorDivide(dims.floorDivide('H', 2), 3), 'div(H,6)'],
  [dims.ceilDivide('H', 2), 'div(H+1,2)'],
  [dims.minimum(1, 'T'), 1],
  [dims.minimum('T', 512), 'min(512,T)'],
  [dims.maximum('T', 'min(512,T)'), 'T'],
  [dims.maximum('T-1', 0), 'T-1'],
  [dims.product(['N', 4, 'T', 2]), '8*N*T'],
] as const)('dim arithmetic simplifies to the canonical form: %s is %s', (actual, expected) => {
  expect(actual).toBe(expected);
});

test.each([
  ['batch', 'batch'],
  ['batch-size', 'batch_size'],
  ['past + sequence', 'past+sequence'],
  ['T - 1', 'T-1'],
  ['2*N', '2*N'],
  ['Reshape(x)', 'Reshape_x_'],
  ['/model/Shape_output_0', '.model.Shape_output_0'],
  ['div(H+1,2)+1', 'div(H+1,2)+1'],
  ['12', 12],
  ['', '_'],
] as const)('the dim name %j is read as %j', (text, expected) => {
  expect(dims.canonical(text)).toBe(expected);
});

test.each([
  ['N', 1],
  ['N*T+2', 3],
  ['T-3', -2],
  ['S-1*T', Number.NEGATIVE_INFINITY],
  ['?boxes_0', 0],
  ['?shape[1]', Number.NEGATIVE_INFINITY],
  ['max(?boxes_0,4)', 4],
  ['div(H+1,2)', 0],
] as const)('the lower bound of the dim %s is %s', (dim, bound) => {
  expect(dims.lowerBound(dim)).toBe(bound);
});

const EXTENTS = { A: 1, B: 3, C: 8 };

/** Any extent that the algebra itself can make. */
const extent: fc.Arbitrary<Dim> = fc.letrec<{ dim: Dim }>((tie) => ({
  dim: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Dim>('A', 'B', 'C', 0, 1, 2, 7),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => dims.add(a, b)),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => dims.multiply(a, b)),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => dims.maximum(a, b)),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => dims.minimum(a, b)),
    fc.tuple(tie('dim'), fc.integer({ min: 1, max: 5 })).map(([a, b]) => dims.floorDivide(a, b)),
    fc.tuple(tie('dim'), fc.integer({ min: -3, max: 5 })).map(([a, b]) => dims.add(a, b)),
  ),
})).dim;

const value = (dim: Dim): number => dims.evaluate(dim, EXTENTS) as number;

/** Texts that grew too long are digests, and stand for nothing that can be computed. */
const readable = (...all: Dim[]): boolean => all.every((d) => !String(d).includes('#'));

describe('dim arithmetic for every value of the symbols', () => {
  const holds = (property: (a: Dim, b: Dim) => void) =>
    fc.assert(
      fc.property(extent, extent, (a, b) => {
        if (readable(a, b)) property(a, b);
      }),
      { numRuns: 300 },
    );
  const agrees = (result: Dim, expected: number) => {
    if (readable(result)) expect(Math.abs(value(result) - expected)).toBe(0);
  };

  test('gives sums, differences and products of the numbers', () => {
    holds((a, b) => {
      agrees(dims.add(a, b), value(a) + value(b));
      agrees(dims.subtract(a, b), value(a) - value(b));
      agrees(dims.multiply(a, b), value(a) * value(b));
    });
  });

  test('gives the maximum and minimum of two', () => {
    holds((a, b) => {
      agrees(dims.maximum(a, b), Math.max(value(a), value(b)));
      agrees(dims.minimum(a, b), Math.min(value(a), value(b)));
    });
  });

  test('gives exact quotients where they exist', () => {
    holds((a, b) => {
      const product = dims.multiply(a, b);
      if (b === 0 || !readable(product)) return;
      expect(dims.divide(product, b)).toBe(a);
      const quotient = dims.divide(a, b);
      if (quotient !== undefined) expect(Math.abs(value(quotient) * value(b) - value(a))).toBe(0);
    });
  });

  test('rounds down and up correctly, also nested', () => {
    fc.assert(
      fc.property(extent, fc.integer({ min: 1, max: 9 }), (a, b) => {
        if (!readable(a)) return;
        agrees(dims.floorDivide(a, b), Math.floor(value(a) / b));
        agrees(dims.ceilDivide(a, b), Math.ceil(value(a) / b));
      }),
    );
  });

  test('keeps every value at or above its lower bound', () => {
    holds((a) => expect(value(a)).toBeGreaterThanOrEqual(dims.lowerBound(a)));
  });

  test('keeps canonical expressions unchanged', () => {
    holds((a) => expect(typeof a === 'number' ? a : dims.canonical(a)).toBe(a));
  });
});

test('dim expressions have a bounded length', () => {
  let [dim, other]: [Dim, Dim] = ['A', 'B'];
  for (let i = 0; i < 100; i++) {
    [dim, other] = [
      dims.add(dims.multiply(dim, other), dims.floorDivide(dim, 3)),
      dims.maximum(dim, dims.multiply(other, 2)),
    ];
  }
  expect(String(dim).length).toBeLessThan(600);
});
