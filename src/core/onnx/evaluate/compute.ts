/** Operators that compute element by element, with broadcasting. */
import type { DataType } from '../../tensor/tensor.ts';
import { intAttribute, stringAttribute } from '../attributes.ts';
import { add, divide, floorDivide, isStatic, lowerBound, maximum, minimum, multiply, subtract } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';
import {
  broadcastStrides,
  type Content,
  type Element,
  type Evaluator,
  type Evaluators,
  numeric,
  view,
} from './content.ts';
import { erf, isFloat, roundEven, STORE } from './number.ts';

/** What an operator does with numbers, and with extents where it can say so; `dtype` is that of the first input. */
interface Scalar {
  readonly numbers: (dtype: DataType, node: Node) => (a: number, b: number) => number;
  readonly extents?: (a: Dim, b: Dim, dtype: DataType) => Element;
  /** More inputs are folded one after the other. */
  readonly many?: boolean;
}

function evaluator({ numbers, extents, many = false }: Scalar): Evaluator {
  return (node, inputs, [output]) => {
    const operands = inputs.filter((c) => c !== undefined);
    const [first] = operands;
    if (!first || !output || !isStatic(output.dims) || operands.length < inputs.length) return undefined;
    const [compute, store] = [numbers(first.dtype, node), STORE[output.dtype]];
    const limited = output.dtype === 'int64' || output.dtype === 'uint64';
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
        if (limited && !(Math.abs(x) <= Number.MAX_SAFE_INTEGER)) return undefined;
        result[i] = store(x);
      }
      return [{ data: result }];
    }
    return extents && operands.length <= 2
      ? [{ data: symbolic(operands, output.dims, compute, store, extents) }]
      : undefined;
  };
}

/** Where a broadcast operand is read; undefined when it is read in order. */
function reading(operand: Content, dims: readonly number[]): Int32Array | undefined {
  const same = operand.dims.length === dims.length && operand.dims.every((d, i) => d === dims[i]);
  return same ? undefined : view(dims, broadcastStrides(operand.dims, dims));
}

function symbolic(
  operands: readonly Content[],
  dims: readonly number[],
  compute: (a: number, b: number) => number,
  store: (x: number) => number,
  extents: (a: Dim, b: Dim, dtype: DataType) => Element,
): Element[] {
  const [x, y] = [operands[0] as Content, operands[1] ?? (operands[0] as Content)];
  const [atX, atY] = [reading(x, dims), reading(y, dims)];
  const size = dims.reduce((n, d) => n * d, 1);
  return Array.from({ length: size }, (_, i): Element => {
    const [a, b] = [x.data[atX ? (atX[i] as number) : i], y.data[atY ? (atY[i] as number) : i]];
    if (typeof a === 'number' && typeof b === 'number') return store(compute(a, b));
    const whole = [a, b].every((e) => typeof e === 'string' || Number.isInteger(e));
    return whole ? extents(a as Dim, b as Dim, x.dtype) : undefined;
  });
}

const unary = (f: (x: number) => number, extents?: (a: Dim) => Element): Evaluator =>
  evaluator({ numbers: () => f, extents });

/** Extents are whole and not negative, so that rounding leaves them alone. */
const unchanged = (a: Dim): Element => a;

const binary = (f: (a: number, b: number) => number, extents?: (a: Dim, b: Dim) => Element, many = false): Evaluator =>
  evaluator({ numbers: () => f, extents, many });

/** 1, 0, or undefined where the bounds do not tell. */
const less = (a: Dim, b: Dim): Element =>
  lowerBound(subtract(b, a)) >= 1 ? 1 : lowerBound(subtract(a, b)) >= 0 ? 0 : undefined;

const equal = (a: Dim, b: Dim): Element => (a === b ? 1 : less(a, b) === 1 || less(b, a) === 1 ? 0 : undefined);

const not = (e: Element): Element => (typeof e === 'number' ? 1 - e : undefined);

const quotient = evaluator({
  numbers: (dtype) => (isFloat(dtype) ? (a, b) => a / b : (a, b) => Math.trunc(a / b)),
  extents: (a, b, dtype) => {
    if (isFloat(dtype)) return divide(a, b);
    return lowerBound(a) >= 0 && lowerBound(b) >= 1 ? floorDivide(a, b) : divide(a, b);
  },
});

const modulo = evaluator({
  numbers: (_, node) => (intAttribute(node, 'fmod', 0) === 1 ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b)),
  extents: (a, b) => (lowerBound(b) >= 1 ? subtract(a, multiply(b, floorDivide(a, b))) : undefined),
});

const shift = evaluator({
  numbers: (_, node) =>
    stringAttribute(node, 'direction', '') === 'LEFT' ? (a, b) => a * 2 ** b : (a, b) => Math.floor(a / 2 ** b),
});

const bits = (f: (a: bigint, b: bigint) => bigint): Evaluator => binary((a, b) => Number(f(BigInt(a), BigInt(b))));

/** Input, least and most, either of which may be left out. */
const clip: Evaluator = (_, [x, least, most], [output]) => {
  const [values, low, high] = [
    numeric(x),
    least ? numeric(least)?.[0] : -Infinity,
    most ? numeric(most)?.[0] : Infinity,
  ];
  if (!values || low === undefined || high === undefined || !output) return undefined;
  return [{ data: Float64Array.from(values, (v) => Math.min(Math.max(v, low), high)) }];
};

const cast: Evaluator = (_, [x], [output]) => {
  if (!x || !output) return undefined;
  const [store, drop] = [STORE[output.dtype], isFloat(x.dtype) && !isFloat(output.dtype) && output.dtype !== 'bool'];
  const convert = (e: number): number => store(drop ? Math.trunc(e) : e);
  const values = numeric(x);
  if (values) {
    const data = Float64Array.from(values, convert);
    return drop && !data.every(Number.isSafeInteger) ? undefined : [{ data }];
  }
  const truth = output.dtype === 'bool';
  const symbol = (e: Element): Element => (truth && e !== undefined ? (lowerBound(e) >= 1 ? 1 : undefined) : e);
  return [{ data: Array.from(x.data, (e) => (typeof e === 'number' ? convert(e) : symbol(e))) }];
};

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** In which order an operator's numbers are summed matters in single precision; engines sum the same way. */
const mean: Evaluator = (node, inputs, outputs) => {
  const [sum] = SUM(node, inputs, outputs) ?? [];
  const [total, store] = [sum && (sum.data as ArrayLike<number>), STORE[outputs[0]?.dtype ?? 'float32']];
  return total && [{ data: Float64Array.from(total, (t) => store(t / inputs.length)) }];
};

const SUM = binary((a, b) => a + b, add, true);

export const computations: Evaluators = {
  Add: binary((a, b) => a + b, add),
  Sub: binary((a, b) => a - b, subtract),
  Mul: binary((a, b) => a * b, multiply),
  Div: quotient,
  Mod: modulo,
  Pow: binary(
    (a, b) => a ** b,
    (a, b) => (b === 2 ? multiply(a, a) : b === 1 ? a : b === 0 ? 1 : undefined),
  ),
  Max: binary(Math.max, maximum, true),
  Min: binary(Math.min, minimum, true),
  Mean: mean,
  And: binary((a, b) => a & b),
  Or: binary((a, b) => a | b),
  Xor: binary((a, b) => a ^ b),
  Not: unary((a) => 1 - a),
  BitwiseAnd: bits((a, b) => a & b),
  BitwiseOr: bits((a, b) => a | b),
  BitwiseXor: bits((a, b) => a ^ b),
  BitShift: shift,
  Equal: binary((a, b) => Number(a === b), equal),
  Less: binary((a, b) => Number(a < b), less),
  Greater: binary(
    (a, b) => Number(a > b),
    (a, b) => less(b, a),
  ),
  LessOrEqual: binary(
    (a, b) => Number(a <= b),
    (a, b) => not(less(b, a)),
  ),
  GreaterOrEqual: binary(
    (a, b) => Number(a >= b),
    (a, b) => not(less(a, b)),
  ),
  PRelu: binary((a, b) => (a < 0 ? a * b : a)),
  Neg: unary(
    (a) => -a,
    (a) => multiply(a, -1),
  ),
  Abs: unary(Math.abs, (a) => (lowerBound(a) >= 0 ? a : undefined)),
  Sign: unary(Math.sign, (a) => (lowerBound(a) >= 1 ? 1 : undefined)),
  Floor: unary(Math.floor, unchanged),
  Ceil: unary(Math.ceil, unchanged),
  Round: unary(roundEven, unchanged),
  Reciprocal: unary((a) => 1 / a),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Erf: unary(erf),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Tanh: unary(Math.tanh),
  Sigmoid: unary(sigmoid),
  Relu: unary(
    (a) => Math.max(a, 0),
    (a) => maximum(a, 0),
  ),
  Softplus: unary((a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)))),
  IsNaN: unary((a) => Number(Number.isNaN(a))),
  Clip: clip,
  Cast: cast,
  CastLike: cast,
  Sum: SUM,
};
