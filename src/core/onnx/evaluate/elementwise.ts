/** Operations on single numbers, or dims, as operations on tensors that are broadcast together. */

import type { DataType } from '../../tensor/tensor.ts';
import { isFloat } from '../../tensor/tensor.ts';
import { isStatic } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';
import { broadcastStrides, type Content, type Element, type Evaluator, numeric, view } from './content.ts';
import { STORE } from './number.ts';

/** An operator on numbers, and on dims where they have a symbolic form; `dtype` is that of the first input. */
export interface Scalar {
  readonly numbers: (dtype: DataType, node: Node) => (a: number, b: number) => number;
  readonly extents?: (a: Dim, b: Dim, dtype: DataType) => Element;
  /** More inputs are folded one after the other. */
  readonly many?: boolean;
}

export function elementwise({ numbers, extents, many = false }: Scalar): Evaluator {
  return (node, inputs, [output]) => {
    const operands = inputs.filter((c) => c !== undefined);
    const [first] = operands;
    if (!first || !output || !isStatic(output.dims) || operands.length < inputs.length) return undefined;
    const [compute, store] = [numbers(first.dtype, node), STORE[output.dtype]];
    if (many && operands.length === 1) return [{ data: first.data }];
    const exact = exactness(output.dtype);
    const data = operands.map((operand) => numeric(operand));
    if (data.every((d) => d !== undefined)) {
      const places = operands.map((operand) => reading(operand, output.dims as number[]));
      const result = new Float64Array(output.dims.reduce((n, d) => n * d, 1));
      const [a, b] = [data[0] as ArrayLike<number>, data[1] ?? data[0]] as [ArrayLike<number>, ArrayLike<number>];
      const [atA, atB] = [places[0], places[data.length > 1 ? 1 : 0]];
      for (let i = 0; i < result.length; i++) {
        let x = compute(a[atA ? (atA[i] as number) : i] as number, b[atB ? (atB[i] as number) : i] as number);
        for (let k = 2; many && k < data.length; k++) {
          const at = places[k];
          x = compute(store(x), data[k]?.[at ? (at[i] as number) : i] as number);
        }
        if (!exact(x)) return undefined;
        result[i] = store(x);
      }
      return [{ data: result }];
    }
    return extents && operands.length <= 2
      ? [
          {
            data: symbolic(
              operands,
              output.dims,
              (a, b) => (exact(compute(a, b)) ? store(compute(a, b)) : undefined),
              extents,
            ),
          },
        ]
      : undefined;
  };
}

/** True if a result is exact: not beyond 2^53 for 64-bit integers, and no quotient of integers by zero. */
function exactness(dtype: DataType): (x: number) => boolean {
  if (isFloat(dtype)) return () => true;
  return dtype.endsWith('int64') ? Number.isSafeInteger : Number.isFinite;
}

/** Positions that a broadcast operand is read at; undefined when it is read in order. */
function reading(operand: Content, dims: readonly number[]): Int32Array | undefined {
  const same = operand.dims.length === dims.length && operand.dims.every((d, i) => d === dims[i]);
  return same ? undefined : view(dims, broadcastStrides(operand.dims, dims));
}

function symbolic(
  operands: readonly Content[],
  dims: readonly number[],
  compute: (a: number, b: number) => number | undefined,
  extents: (a: Dim, b: Dim, dtype: DataType) => Element,
): Element[] {
  const [x, y] = [operands[0] as Content, operands[1] ?? (operands[0] as Content)];
  const [atX, atY] = [reading(x, dims), reading(y, dims)];
  const size = dims.reduce((n, d) => n * d, 1);
  return Array.from({ length: size }, (_, i): Element => {
    const [a, b] = [x.data[atX ? (atX[i] as number) : i], y.data[atY ? (atY[i] as number) : i]];
    if (typeof a === 'number' && typeof b === 'number') return compute(a, b);
    const whole = [a, b].every((e) => typeof e === 'string' || Number.isInteger(e));
    return whole ? extents(a as Dim, b as Dim, x.dtype) : undefined;
  });
}
