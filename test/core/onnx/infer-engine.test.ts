/** Inferred types and folded contents against what onnxruntime makes of the same node. */
import { describe, expect, test } from 'vitest';
import { constantData, constantValues } from '../../../src/core/onnx/constant.ts';
import { evaluate } from '../../../src/core/onnx/dims.ts';
import { foldNode } from '../../../src/core/onnx/fold.ts';
import { inferNode } from '../../../src/core/onnx/infer.ts';
import { fromFloat16 } from '../../../src/core/tensor/half.ts';
import { type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';
import { CASES } from './cases.ts';
import { bind, type Case, EXTENTS, filled, graphOf, isConstant, nodeOf, typeOf } from './one-node.ts';

/** Operators whose results nothing can foretell. */
const RANDOM = /^(Random|Bernoulli|Multinomial)/;

const nameOf = ({ op, inputs, attributes = {} }: Case): string =>
  `${op}(${inputs.map((x) => (x ? `${x.dtype}[${x.dims}]` : '')).join(', ')}) ${JSON.stringify(attributes)}`;

async function run(one: Case): Promise<Tensor[]> {
  const node = nodeOf(one);
  const graph = graphOf(one, inferNode(node, one.inputs.map(typeOf)));
  const session = await open(graph);
  const feeds: Record<string, Tensor> = {};
  for (const [i, operand] of one.inputs.entries()) {
    if (!operand || isConstant(operand)) continue;
    const { dtype, dims, bytes } = filled(operand, i);
    feeds[`x${i}`] = tensor(dtype, dims, constantData({ dtype, dims, bytes }));
  }
  const results = await session(feeds);
  await session.release();
  return node.outputs.map((name) => results[name] as Tensor);
}

const numbersOf = ({ dtype, data }: Tensor): number[] =>
  Array.from(data as ArrayLike<number>, (x) => (dtype === 'float16' ? fromFloat16(x) : Number(x)));

const close = (actual: ArrayLike<number>, expected: readonly number[], slack: number): boolean =>
  actual.length === expected.length &&
  expected.every(
    (e, i) => Object.is(actual[i], e) || Math.abs((actual[i] as number) - e) <= slack * Math.max(1, Math.abs(e)),
  );

describe.each(CASES.map((one) => [nameOf(one), one] as const))('%s', (_, one) => {
  test('has the inferred types and folded constants that the engine computes', async () => {
    const node = nodeOf(one);
    const inferred = inferNode(node, one.inputs.map(typeOf));
    const results = await run(one);
    expect(inferred.map((type) => type.dtype)).toEqual(results.map((result) => result.dtype));
    for (const [i, { dims = [], value }] of inferred.entries()) {
      const { dims: actual } = results[i] as Tensor;
      expect(bind(dims).map((d, axis) => (Number.isNaN(d) ? actual[axis] : d))).toEqual(actual);
      if (value) {
        const bound = value.map((e) => evaluate(e, EXTENTS) as number);
        expect(close(bound, numbersOf(results[i] as Tensor), 1e-6)).toBe(true);
      }
    }
    if (RANDOM.test(one.op)) return;
    const folded = foldNode(
      node,
      one.inputs.map((x, i) => x && (isConstant(x) ? x : filled(x, i))),
    );
    for (const [i, constant] of (folded ?? []).entries()) {
      const result = results[i] as Tensor;
      expect({ dtype: constant.dtype, dims: constant.dims }).toEqual({ dtype: result.dtype, dims: result.dims });
      const slack = constant.dtype === 'float16' ? 1e-3 : 1e-6;
      if (!close(constantValues(constant), numbersOf(result), slack)) {
        expect(Array.from(constantValues(constant))).toEqual(numbersOf(result));
      }
    }
  });
});
