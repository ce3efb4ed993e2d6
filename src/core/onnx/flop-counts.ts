/**
 * Floating point operations of a node, from its attributes and the shapes of its values. A multiplication and an addition
 * are one operation each, as in most published tables ("FLOPs"; "MACs" are half of it).
 */
import { sizeOf } from '../tensor/tensor.ts';
import { intAttribute, intsAttribute, stringAttribute } from './attributes.ts';
import type { Node } from './graph.ts';
import { windowOf } from './window.ts';

/** Shape of a value by name. It may throw where a shape is not static, which ends the count of that node. */
export type ShapeOf = (name: string) => readonly number[];

/** Number of operations of one operator, and the formula in words for the documentation. */
export interface FlopCount {
  readonly formula: string;
  count(node: Node, shape: ShapeOf): number;
}

const operand = ({ inputs }: Node, i: number): string => inputs[i] ?? '';
const result = ({ outputs }: Node): string => outputs[0] ?? '';
const outputsOf = (node: Node, shape: ShapeOf): number => sizeOf(shape(result(node)));
const inputsOf = (node: Node, shape: ShapeOf): number => sizeOf(shape(operand(node, 0)));

export const none: FlopCount = { formula: 'none', count: () => 0 };

export const perOutput = (cost: number): FlopCount => ({
  formula: `${cost} per output element`,
  count: (node, shape) => cost * outputsOf(node, shape),
});

export const perInput = (cost: number): FlopCount => ({
  formula: `${cost} per input element`,
  count: (node, shape) => cost * inputsOf(node, shape),
});

/** @param kernel index of the kernel [M, C/g, ...space] among the inputs; `bias` likewise */
export const convolution = (kernel: number, bias: number): FlopCount => ({
  formula: '2 per output element and kernel element, 1 per output element for a bias',
  count(node, shape) {
    const outputs = outputsOf(node, shape);
    const perOutputElement = sizeOf(shape(operand(node, kernel)).slice(1));
    return 2 * outputs * perOutputElement + (operand(node, bias) ? outputs : 0);
  },
});

export const transposedConvolution: FlopCount = {
  formula: '2 per input element and kernel element, 1 per output element for a bias',
  count(node, shape) {
    const perInputElement = sizeOf(shape(operand(node, 1)).slice(1));
    return 2 * inputsOf(node, shape) * perInputElement + (operand(node, 2) ? outputsOf(node, shape) : 0);
  },
};

/** A convolution whose samples are interpolated between four neighbours. */
export const deformableConvolution: FlopCount = {
  formula: '2 per output element and kernel element, 8 per sample',
  count(node, shape) {
    const outputs = outputsOf(node, shape);
    const [channels = 1, ...kernel] = shape(operand(node, 1)).slice(1);
    const samples = (outputs / (shape(result(node))[1] ?? 1)) * (shape(operand(node, 0))[1] ?? 1) * sizeOf(kernel);
    return 2 * outputs * channels * sizeOf(kernel) + 8 * samples;
  },
};

export const matrixProduct: FlopCount = {
  formula: '2 per output element and element of the inner dim',
  count(node, shape) {
    const first = shape(operand(node, 0));
    const transposed = intAttribute(node, 'transA', 0) === 1 && first.length > 1;
    return 2 * outputsOf(node, shape) * (first.at(transposed ? -2 : -1) ?? 1);
  },
};

/** By elimination. */
export const determinant: FlopCount = {
  formula: '2/3 per matrix and cube of its rows',
  count: (node, shape) => (2 * outputsOf(node, shape) * (shape(operand(node, 0)).at(-1) ?? 1) ** 3) / 3,
};

/** @param bias index of the bias among the inputs */
export const gemm = (bias: number): FlopCount => ({
  formula: '2 per output element and element of the inner dim, 1 per output element for a bias',
  count(node, shape) {
    const inner = shape(operand(node, 0))[intAttribute(node, 'transA', 0) === 1 ? 0 : 1] ?? 1;
    const outputs = outputsOf(node, shape);
    return 2 * outputs * inner + (operand(node, bias) ? outputs : 0);
  },
});

/** Gates cost next to nothing beside the products with the weights, at each step and in each direction. */
export const recurrent: FlopCount = {
  formula: '2 per weight, time step and row',
  count(node, shape) {
    const [steps = 1, rows = 1] = shape(operand(node, 0));
    return 2 * steps * rows * (sizeOf(shape(operand(node, 1))) + sizeOf(shape(operand(node, 2))));
  },
};

export const pool: FlopCount = {
  formula: '1 per output element and window element',
  count: (node, shape) => outputsOf(node, shape) * sizeOf(windowOf(node, shape(operand(node, 0))).kernel),
};

export const einsum: FlopCount = {
  formula: '2 per combination of the labels',
  count(node, shape) {
    const terms = (stringAttribute(node, 'equation', '').split('->')[0] ?? '').replace(/\s/g, '').split(',');
    const dims = new Map<string, number>();
    for (const [i, term] of terms.entries()) {
      const shapeOfTerm = shape(operand(node, i));
      for (const [axis, label] of [...term].entries()) dims.set(label, shapeOfTerm[axis] ?? 1);
    }
    return 2 * sizeOf([...dims.values()]);
  },
};

export const scatter: FlopCount = {
  formula: '1 per update with a reduction, else none',
  count: (node, shape) => (stringAttribute(node, 'reduction', 'none') === 'none' ? 0 : sizeOf(shape(operand(node, 2)))),
};

export const resize: FlopCount = {
  formula: '2 per output element and neighbour that is read',
  count(node, shape) {
    const mode = stringAttribute(node, 'mode', 'nearest');
    const taps = mode === 'nearest' ? 0 : mode === 'cubic' ? 4 : 2;
    const resized = intsAttribute(node, 'axes')?.length ?? 2;
    return 2 * taps ** resized * outputsOf(node, shape);
  },
};

/** `5 n log2 n` for each transform of `n` samples, as for a complex FFT. */
const transform = (length: number): number => 5 * length * Math.max(1, Math.log2(length));

export const fourier: FlopCount = {
  formula: '5 n log2(n) per transform of n samples',
  count(node, shape) {
    const signal = shape(operand(node, 0));
    const axis = intAttribute(node, 'axis', -2);
    const length = signal.at(axis) ?? 1;
    return (sizeOf(signal) / (length * (signal.at(-1) ?? 1))) * transform(length);
  },
};

/** The number of frames and rows stands in the output's shape, [N, frames, bins, 2]. */
export const shortTimeFourier: FlopCount = {
  formula: '5 n log2(n) per frame of n samples, 1 per sample for the window',
  count(node, shape) {
    const [rows = 1, frames = 1, bins = 1] = shape(result(node));
    const length = intAttribute(node, 'onesided', 1) === 1 ? 2 * (bins - 1) || 1 : bins;
    return rows * frames * (transform(length) + length);
  },
};

/**
 * Scores, softmax and weighted sum of attention.
 * @param queries length and number of heads times width of the queries
 */
const attention = (rows: number, queries: number, keys: number, heads: number, width: number, values: number): number =>
  rows * queries * keys * (2 * width + 4 * heads + 2 * values);

/** Past keys, [N, H, past, width] or, where keys and values are packed, [2, N, H, past, width]. */
const pastLength = (node: Node, i: number, shape: ShapeOf): number =>
  operand(node, i) === '' ? 0 : (shape(operand(node, i)).at(-2) ?? 0);

/** `com.microsoft` Attention and QAttention: one product with packed weights, then attention. */
export const projectedAttention = (past: number): FlopCount => ({
  formula: '2 per weight and token, then 2 (width of keys + width of values) + 4 heads per query and key',
  count(node, shape) {
    const [rows = 1, length = 1, width = 1] = shape(operand(node, 0));
    const columns = shape(operand(node, 1))[1] ?? 0;
    const values = shape(result(node)).at(-1) ?? 1;
    const heads = intAttribute(node, 'num_heads', 1);
    const keys = length + pastLength(node, past, shape);
    return 2 * rows * length * width * columns + attention(rows, length, keys, heads, (columns - values) / 2, values);
  },
});

/**
 * Attention whose queries, keys and values are inputs, [N, length, H * width] or [N, H, length, width].
 * @param past index of the past keys among the inputs
 * @param headsName attribute with the number of query heads
 */
export const attentionOf = (past: number, headsName: string): FlopCount => ({
  formula: '2 (width of keys + width of values) + 4 heads per query and key',
  count(node, shape) {
    const query = shape(operand(node, 0));
    const result_ = shape(result(node));
    const heads = query.length === 4 ? (query[1] ?? 1) : intAttribute(node, headsName, 1);
    const [rows = 1] = query;
    const queries = query.length === 4 ? (query[2] ?? 1) : (query[1] ?? 1);
    const values = result_.length === 4 ? heads * (result_[3] ?? 1) : (result_[2] ?? 1);
    const key = operand(node, 1);
    // Without keys, queries, keys and values are packed in the first input.
    const keys = key === '' ? queries : (shape(key).at(-2) ?? 1);
    const width = query.length === 4 ? heads * (query[3] ?? 1) : key === '' ? values : (query[2] ?? 1);
    return attention(rows, queries, keys + pastLength(node, past, shape), heads, width, values);
  },
});

/** Attention through a state [N, kv_num_heads, K, V], its second output, that each step updates and each query reads. */
export const stateAttention: FlopCount = {
  formula: '6 per step and element of the state, 2 for each query head that reads it',
  count(node, shape) {
    const [, steps = 1, packed = 1] = shape(operand(node, 0));
    const values = shape(operand(node, 2));
    const [queries, heads] = [intAttribute(node, 'q_num_heads', 1), intAttribute(node, 'kv_num_heads', 1)];
    const state = (values[0] ?? 1) * (packed / queries) * (values[2] ?? 1);
    return steps * state * (6 + (2 * queries) / heads);
  },
};
