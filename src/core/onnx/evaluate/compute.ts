import { isFloat } from '../../tensor/tensor.ts';
import { intAttribute, stringAttribute } from '../attributes.ts';
import { add, divide, floorDivide, lowerBound, maximum, minimum, multiply, subtract } from '../dims.ts';
import type { Dim } from '../graph.ts';
import { type Element, type Evaluator, type Evaluators, numeric } from './content.ts';
import { elementwise } from './elementwise.ts';
import { erf, roundEven, STORE } from './number.ts';

const unary = (f: (x: number) => number, extents?: (a: Dim) => Element): Evaluator =>
  elementwise({ numbers: () => f, extents });

/** Extents are whole and not negative, so that rounding leaves them alone. */
const unchanged = (a: Dim): Element => a;

const binary = (f: (a: number, b: number) => number, extents?: (a: Dim, b: Dim) => Element, many = false): Evaluator =>
  elementwise({ numbers: () => f, extents, many });

/** 1, 0, or undefined where the bounds do not tell. */
const less = (a: Dim, b: Dim): Element =>
  lowerBound(subtract(b, a)) >= 1 ? 1 : lowerBound(subtract(a, b)) >= 0 ? 0 : undefined;

const equal = (a: Dim, b: Dim): Element => (a === b ? 1 : less(a, b) === 1 || less(b, a) === 1 ? 0 : undefined);

const not = (e: Element): Element => (typeof e === 'number' ? 1 - e : undefined);

const quotient = elementwise({
  numbers: (dtype) => (isFloat(dtype) ? (a, b) => a / b : (a, b) => Math.trunc(a / b)),
  extents: (a, b, dtype) => {
    if (isFloat(dtype)) return divide(a, b);
    return lowerBound(a) >= 0 && lowerBound(b) >= 1 ? floorDivide(a, b) : divide(a, b);
  },
});

const modulo = elementwise({
  numbers: (_, node) => (intAttribute(node, 'fmod', 0) === 1 ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b)),
  extents: (a, b) => (lowerBound(b) >= 1 ? subtract(a, multiply(b, floorDivide(a, b))) : undefined),
});

const shift = elementwise({
  numbers: (_, node) =>
    stringAttribute(node, 'direction', '') === 'LEFT' ? (a, b) => a * 2 ** b : (a, b) => Math.floor(a / 2 ** b),
});

const bits = (f: (a: bigint, b: bigint) => bigint): Evaluator =>
  binary((a, b) => (Number.isInteger(a) && Number.isInteger(b) ? Number(f(BigInt(a), BigInt(b))) : Number.NaN));

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
