/** The domain com.microsoft: what onnxruntime's optimizers and exporters write. */
import { intAttribute, intsAttribute } from '../attributes.ts';
import { add, divide, multiply } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';
import { broadcast, expectRank, normalAxis } from './checks.ts';
import { joins } from './join.ts';
import { gemm, multiplied, swapped } from './matrix.ts';
import { layerNormalization } from './normalize.ts';
import { quantizations } from './quantize.ts';
import {
  each,
  type Inferred,
  type Inputs,
  ofType,
  type Rule,
  type Rules,
  required,
  sameType,
  unknownDim,
} from './rule.ts';
import { windows } from './window.ts';

const fusedMatMul: Rule = (node, inputs) => {
  const [a, b] = [required(node, inputs, 0), required(node, inputs, 1)];
  const turned = ({ dims }: Inferred, letter: string): readonly Dim[] | undefined => {
    if (!dims || dims.length < 2) return dims;
    // Rows first, the batch behind them.
    const batchFirst = intAttribute(node, `transBatch${letter}`, 0) === 1;
    const ordered = batchFirst ? [...dims.slice(1, -1), dims[0] as Dim, dims.at(-1) as Dim] : dims;
    return intAttribute(node, `trans${letter}`, 0) === 1 ? swapped(ordered) : ordered;
  };
  return [ofType(a.dtype, multiplied(node, turned(a, 'A'), turned(b, 'B')))];
};

/** Quantized operands, real result. */
const dequantizedProduct: Rule = (node, inputs) => [
  ofType('float32', multiplied(node, required(node, inputs, 0).dims, required(node, inputs, 1).dims)),
];

/** The sum that was normalized is the fourth output; between are mean and inverse standard deviation. */
const skipNormalization: Rule = (node, inputs) => {
  const x = required(node, inputs, 0);
  const statistic = ofType(
    'float32',
    x.dims?.map((d, i, all) => (i < all.length - 1 ? d : 1)),
  );
  return [ofType(x.dtype, x.dims), statistic, statistic, ofType(x.dtype, x.dims)];
};

/** input_ids, segment_ids, then the tables; a mask gives the number of its ones. */
const embedding: Rule = (node, inputs) => {
  const [ids, words] = [required(node, inputs, 0), required(node, inputs, 2)];
  const dims = ids.dims && [...ids.dims, words.dims?.[1] ?? unknownDim(node, 2)];
  return [ofType(words.dtype, dims), ofType('int32', ids.dims?.slice(0, 1)), ofType(words.dtype, dims)];
};

/** input, weights of query, key and value side by side. */
const attention: Rule = (node, inputs) => {
  const [x, weights] = [required(node, inputs, 0), required(node, inputs, 1)];
  expectRank(node, x.dims, 3);
  expectRank(node, weights.dims, 2, 'the weights');
  const sizes = intsAttribute(node, 'qkv_hidden_sizes', []);
  const value = sizes[2] ?? divide(weights.dims?.[1] ?? 0, 3) ?? unknownDim(node, 2);
  const heads = intAttribute(node, 'num_heads', 1);
  const [width, length] = [divide(value, heads), x.dims?.[1]];
  // Keys and values, those of earlier runs in front.
  const present =
    x.dims && width !== undefined && length !== undefined
      ? [2, x.dims[0] as Dim, heads, add(length, earlierLength(node, inputs[4], 3)), width]
      : undefined;
  return [ofType(x.dtype, x.dims?.with(-1, value)), ofType(x.dtype, present)];
};

/** Number of past keys. */
const earlierLength = (node: Node, past: Inputs[number], axis: number): Dim =>
  past ? (past.dims?.[axis] ?? unknownDim(node, axis, 1)) : 0;

/** query [N, S, H]; key and value; or all three packed in one. */
const multiHead: Rule = (node, inputs) => {
  const [query, key, value] = inputs;
  const { dtype, dims } = required(node, inputs, 0);
  if (!dims || !query) return [ofType(dtype, undefined)];
  if (dims.length === 5) {
    const [n, s, heads, , size] = dims as [Dim, Dim, Dim, Dim, Dim];
    return [ofType(dtype, [n, s, multiply(heads, size)])];
  }
  expectRank(node, dims, 3);
  if (value?.dims && value.dims.length !== 4) expectRank(node, value.dims, 3, 'the value');
  const width =
    value?.dims && (value.dims.length === 3 ? value.dims[2] : multiply(value.dims[1] as Dim, value.dims[3] as Dim));
  const present = [key, value].map((x, i): Inferred => {
    const inHeads = x?.dims && splitHeads(x.dims, intAttribute(node, 'num_heads', 1));
    return ofType(dtype, inHeads?.with(2, add(inHeads[2] as Dim, earlierLength(node, inputs[6 + i], 2))));
  });
  return [ofType(dtype, dims.with(2, width ?? (dims[2] as Dim))), ...present];
};

/** [N, length, heads * width] as [N, heads, length, width]. */
function splitHeads(dims: readonly Dim[], heads: number): readonly Dim[] | undefined {
  const [n, length, all] = dims as [Dim, Dim, Dim];
  const width = dims.length === 3 ? divide(all, heads) : undefined;
  return dims.length === 4 ? dims : width === undefined ? undefined : [n, heads, length, width];
}

/** a with scale and zero point, b with scale and zero point. */
const quantizedBinary: Rule = (node, inputs) => {
  const [a, b] = [required(node, inputs, 0), required(node, inputs, 3)];
  return [ofType(a.dtype, broadcast(node, [a.dims, b.dims]))];
};

const quantizedPool: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  const last = intAttribute(node, 'channels_last', 0) === 1;
  return [
    ofType(
      dtype,
      dims?.map((d, i) => (i === 0 || i === (last ? dims.length - 1 : 1) ? d : 1)),
    ),
  ];
};

/** x with scale and zero point; channels in the second dim. */
const quantizedWindows: Rule = (node, inputs, scope) => {
  if (intAttribute(node, 'channels_last', 0) === 1) return [ofType(required(node, inputs, 0).dtype, undefined)];
  return windows.AveragePool?.(node, inputs.slice(0, 1), scope) ?? [];
};

/** a and b with scale and zero point each, a bias; float when there is no scale of the result. */
const quantizedGemm: Rule = (node, inputs, scope) => {
  const [a, b] = [required(node, inputs, 0), required(node, inputs, 3)];
  const [product] = gemm(node, [a, b], scope);
  const zero = inputs[8];
  return [ofType(inputs[7] ? (zero?.dtype ?? a.dtype) : 'float32', product?.dims)];
};

/** A float matrix times a matrix [K, N] whose elements are packed to a few bits. */
const blockQuantizedProduct: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  return [ofType(dtype, dims?.with(-1, intAttribute(node, 'N', 0)))];
};

/** Entries of a table whose elements are packed to a few bits, in blocks of a scale each, in the type of the scales. */
const blockQuantizedGather: Rule = (node, inputs) => {
  const [{ dtype: held, dims: packed }, ids] = [required(node, inputs, 0), required(node, inputs, 1)];
  const { dtype, dims: scales } = required(node, inputs, 2);
  if (!packed || !ids.dims) return [ofType(dtype, undefined)];
  const last = packed.length - 1;
  const [inBytes, blocks] = [packed[last], scales?.[last]];
  // Bytes hold several numbers each, unless there are as many bytes as the blocks have numbers.
  const perByte = held === 'uint8' ? 8 / intAttribute(node, 'bits', 4) : 1;
  const isFull = typeof inBytes === 'number' && blocks === Math.ceil(inBytes / intAttribute(node, 'block_size', 128));
  const table = isFull || inBytes === undefined ? packed : packed.with(last, multiply(inBytes, perByte));
  const axis = normalAxis(node, intAttribute(node, 'gather_axis', 0), packed.length);
  return [ofType(dtype, [...table.slice(0, axis), ...ids.dims, ...table.slice(axis + 1)])];
};

/** Scale and zero point of the output, then three inputs for each operand. */
const quantizedConcat: Rule = (node, inputs, scope) => {
  const operands = inputs.filter((_, i) => i >= 2 && (i - 2) % 3 === 0);
  return joins.Concat?.(node, operands, scope) ?? [];
};

export const microsoft: Rules = {
  ...each('RotaryEmbedding FastGelu BiasGelu QuickGelu Gelu BiasDropout BiasSoftmax', sameType),
  ...each('QLinearSigmoid QLinearLeakyRelu QLinearSoftmax', sameType),
  ...each('LayerNormalization SimplifiedLayerNormalization', layerNormalization),
  ...each('SkipLayerNormalization SkipSimplifiedLayerNormalization', skipNormalization),
  ...each('QLinearAdd QLinearMul', quantizedBinary),
  QLinearGlobalAveragePool: quantizedPool,
  QLinearAveragePool: quantizedWindows,
  QGemm: quantizedGemm,
  MatMulNBits: blockQuantizedProduct,
  GatherBlockQuantized: blockQuantizedGather,
  QLinearConcat: quantizedConcat,
  ...each('DynamicQuantizeMatMul MatMulIntegerToFloat', dequantizedProduct),
  FusedMatMul: fusedMatMul,
  FusedGemm: gemm,
  FusedConv: windows.Conv as Rule,
  QLinearConv: windows.QLinearConv as Rule,
  QuantizeLinear: quantizations.QuantizeLinear as Rule,
  DequantizeLinear: quantizations.DequantizeLinear as Rule,
  EmbedLayerNormalization: embedding,
  Attention: attention,
  MultiHeadAttention: multiHead,
};
