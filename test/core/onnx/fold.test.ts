/** Tests of what is folded; its contents are compared with the engine in infer-engine.test.ts. */
import { expect, test } from 'vitest';
import { constantValues } from '../../../src/core/onnx/constant.ts';
import { foldNode } from '../../../src/core/onnx/fold.ts';
import type { Constant } from '../../../src/core/onnx/graph.ts';
import { type Attributes, constant, int, ints, nodeOf } from './one-node.ts';

const fold = (op: string, inputs: (Constant | undefined)[], attributes: Attributes = {}, domain = '') =>
  foldNode(nodeOf({ op, inputs, attributes, domain }), inputs);

const zeros = (...dims: number[]) => constant('float32', dims, new Float32Array(dims.reduce((n, d) => n * d, 1)));

test('fold transposes weights without changing their dtype', () => {
  const weights = constant('float16', [2, 3], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
  const [turned] = fold('Transpose', [weights]) ?? [];
  expect(turned).toMatchObject({ dtype: 'float16', dims: [3, 2] });
  const values = constantValues(weights);
  expect(Array.from(constantValues(turned as Constant))).toEqual([0, 3, 1, 4, 2, 5].map((i) => values[i]));
});

test('fold keeps integers that mean "to the end"', () => {
  const end = ints(2 ** 63, -(2 ** 63));
  expect(fold('Identity', [end])?.[0]?.bytes).toEqual(end.bytes);
});

test('fold keeps integers beyond the range of a double', () => {
  const bytes = new Uint8Array(BigInt64Array.of(2n ** 60n + 1n).buffer);
  expect(fold('Identity', [{ dtype: 'int64', dims: [1], bytes }])).toBeUndefined();
  expect(fold('Mul', [ints(2 ** 52), ints(2 ** 52)])).toBeUndefined();
});

test('fold does not enlarge a constant', () => {
  expect(fold('Expand', [zeros(1), ints(2 ** 18)])?.[0]?.dims).toEqual([2 ** 18]);
  expect(fold('Expand', [zeros(1), ints(2 ** 18 + 1)])).toBeUndefined();
  expect(fold('Tile', [zeros(1024), ints(1024)])).toBeUndefined();
  expect(fold('ConstantOfShape', [ints(2 ** 40)])).toBeUndefined();
  expect(fold('Range', [int(0), int(2 ** 40), int(1)])).toBeUndefined();
  expect(fold('Add', [zeros(1024, 1), zeros(1, 1024)])).toBeUndefined();
  expect(fold('Add', [zeros(1024, 1024), zeros(1, 1024)])?.[0]?.dims).toEqual([1024, 1024]);
});

test('fold leaves large matrix products to the engine', () => {
  expect(fold('MatMul', [zeros(8, 8), zeros(8, 8)])?.[0]?.dims).toEqual([8, 8]);
  expect(fold('MatMul', [zeros(512, 512), zeros(512, 512)])).toBeUndefined();
});

test('fold skips random operators and those it does not evaluate', () => {
  expect(fold('Conv', [zeros(1, 1, 3, 3), zeros(1, 1, 3, 3)])).toBeUndefined();
  expect(fold('RandomNormalLike', [zeros(2)])).toBeUndefined();
  expect(fold('Add', [zeros(2), zeros(2)], {}, 'my.domain')).toBeUndefined();
  expect(fold('toString', [zeros(2)])).toBeUndefined();
});

test('fold leaves integer division by zero to the engine', () => {
  expect(fold('Div', [ints(1), ints(0)])).toBeUndefined();
  expect(fold('Mod', [constant('int32', [1], [1]), constant('int32', [1], [0])])).toBeUndefined();
});

test('fold reports contradictory inputs as an error', () => {
  expect(() => fold('Add', [zeros(2), zeros(3)])).toThrow(expect.objectContaining({ code: 'invalid_model' }));
});
