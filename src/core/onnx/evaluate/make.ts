/** Operators that make contents from little, and quantized numbers. */
import { intAttribute } from '../attributes.ts';
import { constantValues } from '../constant.ts';
import { add, isStatic, multiply } from '../dims.ts';
import { normalAxis } from '../infer/checks.ts';
import { around, type Element, type Evaluator, type Evaluators, each, numeric } from './content.ts';
import { roundEven, STORE } from './number.ts';

const sizeOf = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

const constantOfShape: Evaluator = (node, _, [output]) => {
  if (!output || !isStatic(output.dims)) return undefined;
  const fill = node.attributes.value;
  const value = fill?.type === 'tensor' ? (constantValues(fill.value)[0] as number) : 0;
  return [{ data: new Array<number>(sizeOf(output.dims)).fill(value) }];
};

const range: Evaluator = (_, [start, , delta], [output]) => {
  const [first, step] = [start?.data[0], delta?.data[0]];
  if (first === undefined || step === undefined || !output || !isStatic(output.dims)) return undefined;
  const store = STORE[output.dtype];
  const element = (i: number): Element =>
    typeof first === 'number' && typeof step === 'number' ? store(first + i * step) : add(first, multiply(step, i));
  return [{ data: Array.from({ length: output.dims[0] as number }, (_, i) => element(i)) }];
};

const eyeLike: Evaluator = (node, _, [output]) => {
  if (!output || !isStatic(output.dims)) return undefined;
  const [columns, shift] = [output.dims[1] as number, intAttribute(node, 'k', 0)];
  return [
    {
      data: Array.from({ length: sizeOf(output.dims) }, (_, i) =>
        Number((i % columns) - Math.floor(i / columns) === shift),
      ),
    },
  ];
};

/** Scale of each element: one for all, one for each slice of an axis, or one for each block along it. */
function scaleOf(
  node: Parameters<Evaluator>[0],
  dims: readonly number[],
  scaleDims: readonly number[],
): (i: number) => number {
  if (sizeOf(scaleDims) === 1) return () => 0;
  const axis = normalAxis(node, intAttribute(node, 'axis', 1), dims.length);
  const { dim, inner } = around(dims, axis);
  const blocks = scaleDims.length > 1 ? (scaleDims[axis] as number) : dim;
  const block = intAttribute(node, 'block_size', 0) || dim / blocks;
  if (scaleDims.length <= 1) return (i) => Math.floor(i / inner) % dim;
  return (i) => {
    const outer = Math.floor(i / (inner * dim));
    return (outer * blocks + Math.floor((Math.floor(i / inner) % dim) / block)) * inner + (i % inner);
  };
}

const dequantize: Evaluator = (node, inputs, [output]) => {
  const [x, scale, zero] = inputs;
  const [values, scales] = [numeric(x), numeric(scale)];
  const zeros = zero ? numeric(zero) : [];
  if (!x || !scale || !values || !scales || !zeros || !output) return undefined;
  const [at, store] = [scaleOf(node, x.dims, scale.dims), STORE[output.dtype]];
  const data = new Float64Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const s = at(i);
    data[i] = store(((values[i] as number) - (zeros[s] ?? 0)) * (scales[s] as number));
  }
  return [{ data }];
};

const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

const quantize: Evaluator = (node, inputs, [output]) => {
  const [x, scale, zero] = inputs;
  const [values, scales] = [numeric(x), numeric(scale)];
  const zeros = zero ? numeric(zero) : [];
  const limits = output && LIMITS[output.dtype];
  if (!x || !scale || !values || !scales || !zeros || !limits) return undefined;
  const [at, single] = [scaleOf(node, x.dims, scale.dims), STORE[x.dtype]];
  const data = new Float64Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const s = at(i);
    const whole = roundEven(single((values[i] as number) / (scales[s] as number))) + (zeros[s] ?? 0);
    data[i] = Math.min(Math.max(whole, limits[0]), limits[1]);
  }
  return [{ data }];
};

export const makers: Evaluators = {
  ConstantOfShape: constantOfShape,
  Range: range,
  EyeLike: eyeLike,
  ...each('DequantizeLinear', dequantize),
  QuantizeLinear: quantize,
};
