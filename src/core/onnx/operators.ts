/**
 * Traits of the operators: what is known of an operator apart from its shapes (`infer/`), its content (`evaluate/`) and
 * its derivative (`autodiff/rules/`). One row holds the operators with the same traits; each operator is in one row.
 * `docs/operators.md` is generated from this table.
 */
import {
  attentionOf,
  convolution,
  deformableConvolution,
  determinant,
  einsum,
  type FlopCount,
  fourier,
  gemm,
  matrixProduct,
  none,
  perInput,
  perOutput,
  pool,
  projectedAttention,
  recurrent,
  resize,
  scatter,
  shortTimeFourier,
  stateAttention,
  transposedConvolution,
} from './flop-counts.ts';
import type { Graph, Node } from './graph.ts';

export interface OperatorTraits {
  readonly flops: FlopCount;
  /** Indices of the inputs that may hold the weights of a layer, the usual one first. */
  readonly weights?: readonly number[];
  /** Floating point layer that is linear in its input and in its weights, which are inputs 0 and 1. */
  readonly linear?: 'convolution' | 'dense';
  /** Shape of a function that is applied to each element: where its slope is constant, or jumps. */
  readonly elementwise?: 'linear' | 'piecewise' | 'step' | 'smooth';
  /** Nonlinearity that stands between the layers of a network. */
  readonly activation?: true;
  /** Normalisation by statistics, with a scale for each channel or feature. */
  readonly normalization?: true;
  readonly pooling?: 'mean' | 'max' | 'norm';
  /** The result is the input: the same values, the same values in another shape, or the same values encoded otherwise. */
  readonly transparent?: 'value' | 'shape' | 'encoding';
  /** The result is a feature map, [N, C, ...space], or never one, whatever its rank. */
  readonly featureMap?: 'yes' | 'never';
  /** Elements are moved, copied, chosen or made; there is no arithmetic on them. */
  readonly movesData?: true;
}

const moves = { flops: none, movesData: true } as const;
const map = { featureMap: 'yes' } as const;
const dense = { linear: 'dense', weights: [1, 0], featureMap: 'never' } as const;
const smooth = { flops: perOutput(1), elementwise: 'smooth' } as const;
const normalization = { flops: perOutput(6), normalization: true } as const;

const MICROSOFT = 'com.microsoft';

/** Domain, operators separated by spaces, traits. */
export const OPERATOR_ROWS: readonly (readonly [domain: string, operators: string, traits: OperatorTraits])[] = [
  // Layers with weights
  ['', 'Conv', { flops: convolution(1, 2), weights: [1], linear: 'convolution', ...map }],
  ['', 'ConvTranspose', { flops: transposedConvolution, weights: [1], linear: 'convolution', ...map }],
  ['', 'MatMul', { flops: matrixProduct, ...dense }],
  ['', 'Gemm', { flops: gemm(2), ...dense }],
  ['', 'LSTM GRU RNN', { flops: recurrent, weights: [1] }],
  ['', 'DeformConv', { flops: deformableConvolution, weights: [1], ...map }],
  ['', 'ConvInteger', { flops: convolution(1, -1), weights: [1], ...map }],
  ['', 'QLinearConv', { flops: convolution(3, 8), weights: [3], ...map }],
  ['', 'MatMulInteger', { flops: matrixProduct, weights: [1] }],
  ['', 'QLinearMatMul', { flops: matrixProduct, weights: [3] }],
  ['', 'Det', { flops: determinant }],
  [MICROSOFT, 'FusedConv', { flops: convolution(1, 2), weights: [1], ...map }],
  [MICROSOFT, 'QLinearConv', { flops: convolution(3, 8), weights: [3], ...map }],
  [MICROSOFT, 'FusedMatMul', { flops: matrixProduct, weights: [1, 0] }],
  [MICROSOFT, 'FusedGemm', { flops: gemm(2), weights: [1, 0] }],
  [MICROSOFT, 'QGemm', { flops: gemm(6), weights: [3] }],
  [MICROSOFT, 'MatMulNBits DynamicQuantizeMatMul MatMulIntegerToFloat', { flops: matrixProduct, weights: [1] }],
  // Attention
  ['', 'Attention', { flops: attentionOf(4, 'q_num_heads') }],
  [MICROSOFT, 'Attention', { flops: projectedAttention(4), weights: [1] }],
  [MICROSOFT, 'QAttention', { flops: projectedAttention(8), weights: [1] }],
  [MICROSOFT, 'MultiHeadAttention', { flops: attentionOf(6, 'num_heads') }],
  [MICROSOFT, 'GroupQueryAttention', { flops: attentionOf(3, 'num_heads') }],
  ['', 'LinearAttention', { flops: stateAttention }],
  [MICROSOFT, 'LinearAttention', { flops: stateAttention }],
  ['', 'RotaryEmbedding', { flops: perOutput(3) }],
  [MICROSOFT, 'RotaryEmbedding', { flops: perOutput(3) }],
  ['', 'Einsum', { flops: einsum }],
  // Activations
  [
    '',
    'Relu LeakyRelu PRelu ThresholdedRelu HardSigmoid Shrink',
    { flops: perOutput(1), elementwise: 'piecewise', activation: true },
  ],
  ['', 'Clip', { flops: perOutput(2), elementwise: 'piecewise', activation: true }],
  ['', 'Sigmoid Tanh Elu Selu Celu Gelu Mish HardSwish Swish Softplus Softsign Erf', { ...smooth, activation: true }],
  [MICROSOFT, 'Gelu FastGelu QuickGelu', { ...smooth, activation: true }],
  [MICROSOFT, 'BiasGelu', { flops: perOutput(2), activation: true }],
  [MICROSOFT, 'QLinearSigmoid QLinearLeakyRelu', { flops: perOutput(5), activation: true }],
  ['', 'Softmax', { flops: perOutput(4) }],
  ['', 'LogSoftmax', { flops: perOutput(5) }],
  [MICROSOFT, 'BiasSoftmax', { flops: perOutput(5) }],
  [MICROSOFT, 'QLinearSoftmax', { flops: perOutput(8) }],
  ['', 'Hardmax', { flops: perOutput(1) }],
  // Functions of one element
  ['', 'Neg', { flops: perOutput(1), elementwise: 'linear' }],
  ['', 'Abs', { flops: perOutput(1), elementwise: 'piecewise' }],
  ['', 'Sign Floor Ceil Round', { flops: perOutput(1), elementwise: 'step' }],
  ['', 'Exp Log Sqrt Reciprocal Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh', smooth],
  // Arithmetic and comparison with broadcasting
  ['', 'Add Sub Mul Div Pow Mod Sum Mean Max Min', { flops: perOutput(1) }],
  ['', 'Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Not IsNaN IsInf', { flops: perOutput(1) }],
  ['', 'BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot', { flops: perOutput(1) }],
  // Normalisations
  ['', 'BatchNormalization', { flops: perOutput(2), normalization: true, ...map }],
  ['', 'InstanceNormalization', { ...normalization, ...map }],
  ['', 'GroupNormalization LayerNormalization', normalization],
  ['', 'RMSNormalization SimplifiedLayerNormalization', { flops: perOutput(4), normalization: true }],
  [MICROSOFT, 'LayerNormalization SimplifiedLayerNormalization', normalization],
  [MICROSOFT, 'SkipLayerNormalization SkipSimplifiedLayerNormalization', { flops: perOutput(8), normalization: true }],
  [MICROSOFT, 'EmbedLayerNormalization', { flops: perOutput(8), normalization: true }],
  ['', 'LpNormalization', { flops: perOutput(3) }],
  ['', 'MeanVarianceNormalization', { flops: perOutput(6) }],
  ['', 'LRN', { flops: perOutput(6), ...map }],
  // Pooling
  ['', 'MaxPool', { flops: pool, pooling: 'max', ...map }],
  ['', 'AveragePool', { flops: pool, pooling: 'mean', ...map }],
  ['', 'LpPool', { flops: pool, pooling: 'norm', ...map }],
  ['', 'GlobalMaxPool', { flops: perInput(1), pooling: 'max' }],
  ['', 'GlobalAveragePool', { flops: perInput(1), pooling: 'mean' }],
  ['', 'GlobalLpPool', { flops: perInput(2), pooling: 'norm' }],
  [MICROSOFT, 'QLinearAveragePool', { flops: pool, pooling: 'mean', ...map }],
  [MICROSOFT, 'QLinearGlobalAveragePool', { flops: perInput(1), pooling: 'mean' }],
  ['', 'MaxRoiPool RoiAlign', { flops: perOutput(8) }],
  // Reductions
  ['', 'ReduceMean', { flops: perInput(1), pooling: 'mean' }],
  ['', 'ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2', { flops: perInput(1) }],
  ['', 'ReduceLogSum ReduceLogSumExp ReduceSumSquare', { flops: perInput(1) }],
  ['', 'ArgMax ArgMin TopK CumSum CumProd', { flops: perInput(1) }],
  ['', 'SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss', { flops: perInput(1) }],
  // Encodings
  ['', 'Identity Dropout Cast CastLike', { ...moves, transparent: 'value' }],
  [MICROSOFT, 'BiasDropout', { flops: perOutput(1) }],
  ['', 'QuantizeLinear DequantizeLinear', { flops: perOutput(1), transparent: 'encoding' }],
  [MICROSOFT, 'QuantizeLinear DequantizeLinear', { flops: perOutput(1), transparent: 'encoding' }],
  ['', 'DynamicQuantizeLinear', { flops: perInput(3) }],
  [MICROSOFT, 'QLinearAdd QLinearMul', { flops: perOutput(6) }],
  [MICROSOFT, 'QLinearConcat', { flops: perOutput(2) }],
  // Shapes and positions
  ['', 'Reshape Flatten Squeeze Unsqueeze', { ...moves, transparent: 'shape', featureMap: 'never' }],
  ['', 'Transpose Shape Gather', { ...moves, featureMap: 'never' }],
  ['', 'DepthToSpace SpaceToDepth', { ...moves, ...map }],
  ['', 'Concat Split Slice Pad CenterCropPad Expand Tile Where Trilu ReverseSequence MaxUnpool', moves],
  [MICROSOFT, 'GatherBlockQuantized', { flops: perOutput(2), featureMap: 'never' }],
  ['', 'GatherElements GatherND Compress NonZero OneHot Unique TensorScatter', moves],
  ['', 'Size Constant ConstantOfShape Range EyeLike BitCast', moves],
  ['', 'Scatter ScatterElements ScatterND', { flops: scatter }],
  ['', 'Col2Im', { flops: perInput(1) }],
  ['', 'Resize Upsample', { flops: resize, ...map }],
  ['', 'GridSample AffineGrid', { flops: perOutput(1) }],
  // Signals
  ['', 'CausalConvWithState', { flops: convolution(1, 2), weights: [1] }],
  ['', 'DFT', { flops: fourier }],
  ['', 'STFT', { flops: shortTimeFourier }],
  // Control flow: the bodies are counted where they are unrolled.
  ['', 'If Loop Scan', { flops: none }],
];

const key = (op: string, domain: string): string => `${domain}:${op}`;

const TABLE: ReadonlyMap<string, OperatorTraits> = new Map(
  OPERATOR_ROWS.flatMap(([domain, operators, traits]) =>
    operators.split(' ').map((op) => [key(op, domain), traits] as const),
  ),
);

/** For operators without an entry. */
const UNKNOWN: OperatorTraits = { flops: perOutput(1) };

/** Traits of a node's operator. An operator that is not in the table costs one operation per output element, and has no other trait. */
export const traitsOf = ({ op, domain }: Pick<Node, 'op' | 'domain'>): OperatorTraits =>
  TABLE.get(key(op, domain)) ?? UNKNOWN;

export const hasTraits = (op: string, domain = ''): boolean => TABLE.has(key(op, domain));

/** Operators of `ai.onnx` whose traits fulfil a condition. */
export const operatorsWhere = (condition: (traits: OperatorTraits) => boolean): readonly string[] =>
  OPERATOR_ROWS.flatMap(([domain, operators, traits]) =>
    domain === '' && condition(traits) ? operators.split(' ') : [],
  );

/** Name of the constant that holds the weights of a node; undefined where it has none. */
export function weightsOf({ constants }: Graph, node: Node): string | undefined {
  return traitsOf(node)
    .weights?.map((i) => node.inputs[i] ?? '')
    .find((name) => constants.has(name));
}
