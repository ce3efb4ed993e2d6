/** Operators as they occur, with what is odd about them: for shape inference and folding alike. */
import type { Dim } from '../../../src/core/onnx/graph.ts';
import { type Case, constant, f, float, int, ints, number, of } from './one-node.ts';

const bool = (...values: number[]) => constant('bool', [values.length], values);

const unary = (ops: string): Case[] => ops.split(' ').map((op) => ({ op, inputs: [float('N', 3, 'T')] }));

const binary = (ops: string, dtype: 'float32' | 'int64' | 'bool' | 'int32' = 'float32'): Case[] =>
  ops.split(' ').flatMap((op): Case[] => [
    { op, inputs: [of(dtype, 'N', 3, 4), of(dtype, 'N', 3, 4)] },
    { op, inputs: [of(dtype, 'N', 3, 4), of(dtype, 4)] },
    { op, inputs: [of(dtype, 3, 1), of(dtype, 'N', 1, 4)] },
    { op, inputs: [of(dtype), of(dtype, 'N', 'T')] },
  ]);

const elementwise: Case[] = [
  ...unary('Abs Neg Sign Reciprocal Sqrt Exp Log Erf Floor Ceil Round Sin Cos Tan Atan Sinh Cosh Tanh Asinh Sigmoid'),
  ...unary('HardSigmoid Relu LeakyRelu ThresholdedRelu Elu Selu Celu Gelu Mish HardSwish Softplus Softsign Shrink'),
  ...unary('Asin Acos Acosh Atanh'),
  { op: 'BitwiseNot', inputs: [of('int32', 'N', 3)] },
  ...unary('Softmax LogSoftmax Hardmax LpNormalization Identity IsNaN IsInf'),
  ...binary('Add Sub Mul Div Pow Max Min Mean Sum Equal Less Greater LessOrEqual GreaterOrEqual'),
  ...binary('Add Sub Mul Div Mod Pow Max Min Equal Less GreaterOrEqual BitwiseAnd BitwiseOr BitwiseXor', 'int64'),
  ...binary('Add Div Mod', 'int32'),
  ...binary('And Or Xor Equal', 'bool'),
  { op: 'Div', inputs: [ints(7, -7, 7, -7), ints(2, 2, -2, -2)] },
  { op: 'Mod', inputs: [ints(7, -7, 7, -7), ints(2, 2, -2, -2)] },
  { op: 'Mod', inputs: [float('N', 3), float('N', 3)], attributes: { fmod: 1 } },
  { op: 'Mod', inputs: [ints(7, -7, 7, -7), ints(2, 2, -2, -2)], attributes: { fmod: 1 } },
  { op: 'Sum', inputs: [float('N', 3), float(3), float(1)] },
  { op: 'Sum', inputs: [float('N', 3)] },
  { op: 'Mean', inputs: [float('N', 3)] },
  { op: 'Max', inputs: [float('N', 3), float(3), float(1)] },
  { op: 'Mean', inputs: [float('N', 3), float(3), float(1)] },
  { op: 'Round', inputs: [constant('float32', [6], [0.5, 1.5, 2.5, -0.5, -1.5, 2.4])] },
  { op: 'Erf', inputs: [constant('float32', [6], [-7, -2.5, -0.3, 0, 1.2, 3.7])] },
  { op: 'Add', inputs: [constant('int32', [2], [2147483647, 1]), constant('int32', [2], [1, 1])] },
  { op: 'Add', inputs: [constant('float16', [3], [1.5, 2, 1000]), constant('float16', [1], [0.0009])] },
  {
    op: 'BitShift',
    inputs: [constant('uint8', [2], [200, 3]), constant('uint8', [1], [2])],
    attributes: { direction: 'LEFT' },
  },
  {
    op: 'BitShift',
    inputs: [constant('uint8', [2], [200, 3]), constant('uint8', [1], [1])],
    attributes: { direction: 'RIGHT' },
  },
  { op: 'Not', inputs: [of('bool', 'N', 3)] },
  { op: 'PRelu', inputs: [constant('float32', [2, 3, 1], [1, -2, 3, -4, 5, -6]), float(3, 1)] },
  { op: 'Clip', inputs: [float('N', 3), number(0.5), number(1)] },
  { op: 'Clip', inputs: [float('N', 3), undefined, number(1)] },
  { op: 'Where', inputs: [of('bool', 'N', 1, 4), float(3, 1), float('N', 3, 4)] },
  { op: 'Where', inputs: [bool(1, 0, 1), ints(1, 2, 3), ints(4, 5, 6)] },
  { op: 'Cast', inputs: [float('N', 3)], attributes: { to: 7 } },
  { op: 'Cast', inputs: [constant('float32', [4], [1.7, -1.7, 0, 3])], attributes: { to: 6 } },
  { op: 'Cast', inputs: [constant('float32', [4], [1.7, -0.3, 0, 65519])], attributes: { to: 10 } },
  { op: 'Cast', inputs: [float('N', 3)], attributes: { to: 9 } },
  { op: 'Cast', inputs: [of('float16', 'N', 3)], attributes: { to: 1 } },
  { op: 'Cast', inputs: [constant('int64', [3], [300, -1, 5])], attributes: { to: 2 } },
  { op: 'CastLike', inputs: [float('N', 3), int(1)] },
  { op: 'Dropout', inputs: [float('N', 3)] },
  { op: 'CumSum', inputs: [float('N', 'T'), int(1)] },
  { op: 'CumSum', inputs: [float('N', 'T'), int(-1)], attributes: { exclusive: 1, reverse: 1 } },
  { op: 'Trilu', inputs: [float('N', 3, 4)] },
  { op: 'Trilu', inputs: [float('N', 3, 4), int(-1)], attributes: { upper: 0 } },
  { op: 'LRN', inputs: [float('N', 4, 5, 5)], attributes: { size: 3 } },
  { op: 'MeanVarianceNormalization', inputs: [float('N', 4, 5, 5)] },
];

const reductions: Case[] = [
  ...'ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare'
    .split(' ')
    .flatMap((op): Case[] => [
      { op, inputs: [float('N', 3, 'T')] },
      { op, inputs: [float('N', 3, 'T'), ints(-1)] },
      { op, inputs: [float('N', 3, 'T'), ints(2, 0)], attributes: { keepdims: 0 } },
    ]),
  { op: 'ReduceSum', inputs: [float('N', 3)], attributes: { noop_with_empty_axes: 1 } },
  { op: 'ReduceSum', inputs: [of('int64', 'N', 3), ints(1)] },
  { op: 'ReduceMax', inputs: [of('int64', 'N', 3), ints(1)] },
  ...['ArgMax', 'ArgMin'].flatMap((op): Case[] => [
    { op, inputs: [float('N', 3, 'T')] },
    { op, inputs: [float('N', 3, 'T')], attributes: { axis: -1, keepdims: 0 } },
    { op, inputs: [float('N', 13)], attributes: { axis: 1, select_last_index: 1 } },
  ]),
];

const same = { auto_pad: 'SAME_UPPER' };

const windows: Case[] = [
  { op: 'Conv', inputs: [float('N', 4, 'H', 'W'), float(6, 4, 3, 3)] },
  {
    op: 'Conv',
    inputs: [float('N', 4, 'H', 'W'), float(6, 4, 3, 3), float(6)],
    attributes: { pads: [1, 1, 1, 1], strides: [2, 2] },
  },
  {
    op: 'Conv',
    inputs: [float('N', 4, 9, 10), float(6, 2, 3, 2)],
    attributes: { group: 2, dilations: [2, 3], pads: [1, 0, 2, 1] },
  },
  { op: 'Conv', inputs: [float('N', 4, 'H', 'W'), float(6, 4, 3, 3)], attributes: { ...same, strides: [2, 3] } },
  {
    op: 'Conv',
    inputs: [float('N', 4, 9, 10), float(6, 4, 3, 3)],
    attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] },
  },
  { op: 'Conv', inputs: [float('N', 4, 9, 10), float(6, 4, 3, 3)], attributes: { auto_pad: 'VALID', strides: [2, 2] } },
  { op: 'Conv', inputs: [float('N', 4, 'T'), float(6, 4, 3)], attributes: { pads: [1, 1], strides: [2] } },
  { op: 'Conv', inputs: [float('N', 2, 5, 6, 7), float(3, 2, 3, 3, 3)], attributes: { strides: [1, 2, 2] } },
  { op: 'ConvTranspose', inputs: [float('N', 4, 'H', 'W'), float(4, 6, 3, 3)] },
  {
    op: 'ConvTranspose',
    inputs: [float('N', 4, 5, 6), float(4, 3, 3, 3)],
    attributes: { strides: [2, 3], pads: [1, 0, 1, 2], output_padding: [1, 2], group: 2 },
  },
  {
    op: 'ConvTranspose',
    inputs: [float('N', 4, 5, 6), float(4, 6, 3, 3)],
    attributes: { strides: [2, 2], output_shape: [10, 12] },
  },
  { op: 'ConvTranspose', inputs: [float('N', 4, 5, 6), float(4, 6, 3, 3)], attributes: { strides: [2, 2], ...same } },
  {
    op: 'ConvTranspose',
    inputs: [float('N', 4, 5, 6), float(4, 6, 3, 3)],
    attributes: { strides: [2, 2], auto_pad: 'VALID' },
  },
  { op: 'ConvTranspose', inputs: [float('N', 4, 'T'), float(4, 6, 3)], attributes: { strides: [3], dilations: [2] } },
  ...['MaxPool', 'AveragePool', 'LpPool'].flatMap((op): Case[] => [
    { op, inputs: [float('N', 4, 'H', 'W')], attributes: { kernel_shape: [3, 3], strides: [2, 2] } },
    { op, inputs: [float('N', 4, 'H', 'W')], attributes: { kernel_shape: [2, 3], strides: [3, 2], ceil_mode: 1 } },
    {
      op,
      inputs: [float('N', 4, 9, 10)],
      attributes: { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 },
    },
    { op, inputs: [float('N', 4, 9, 10)], attributes: { kernel_shape: [3, 3], strides: [2, 2], ...same } },
    { op, inputs: [float('N', 4, 9, 10)], attributes: { kernel_shape: [2, 2], dilations: [2, 3] } },
    { op, inputs: [float('N', 4, 'T')], attributes: { kernel_shape: [2], strides: [2] } },
    { op, inputs: [float('N', 2, 5, 6, 7)], attributes: { kernel_shape: [2, 2, 2] } },
  ]),
  { op: 'MaxPool', inputs: [float('N', 4, 9, 10)], attributes: { kernel_shape: [3, 3], strides: [2, 2] }, outputs: 2 },
  ...'GlobalAveragePool GlobalMaxPool GlobalLpPool'
    .split(' ')
    .map((op): Case => ({ op, inputs: [float('N', 4, 'H', 'W')] })),
  {
    op: 'MaxUnpool',
    inputs: [float(1, 1, 2, 2), constant('int64', [1, 1, 2, 2], [0, 2, 8, 10])],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  {
    op: 'MaxUnpool',
    inputs: [float(1, 1, 2, 2), constant('int64', [1, 1, 2, 2], [0, 2, 8, 10]), ints(1, 1, 5, 5)],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  {
    op: 'RoiAlign',
    inputs: [float('N', 4, 9, 10), constant('float32', [1, 4], [0, 0, 4, 4]), ints(0)],
    attributes: { output_height: 3, output_width: 2 },
  },
  {
    op: 'MaxRoiPool',
    inputs: [float('N', 4, 9, 10), constant('float32', [1, 5], [0, 0, 0, 4, 4])],
    attributes: { pooled_shape: [2, 3] },
  },
  { op: 'Col2Im', inputs: [float('N', 12, 16), ints(5, 6), ints(2, 3)] },
];

const normalizations: Case[] = [
  { op: 'SimplifiedLayerNormalization', inputs: [float('N', 'T', 8), float(8)] },
  { op: 'BatchNormalization', inputs: [float('N', 4, 'H'), float(4), float(4), float(4), float(4)] },
  { op: 'InstanceNormalization', inputs: [float('N', 4, 'H'), float(4), float(4)] },
  { op: 'GroupNormalization', inputs: [float('N', 4, 'H'), float(4), float(4)], attributes: { num_groups: 2 } },
  { op: 'LayerNormalization', inputs: [float('N', 'T', 8), float(8), float(8)], outputs: 3 },
  { op: 'LayerNormalization', inputs: [float('N', 4, 8), float(4, 8)], attributes: { axis: 1 }, outputs: 3 },
];

const matrices: Case[] = [
  { op: 'MatMul', inputs: [float('N', 'T', 4), float(4, 5)] },
  { op: 'MatMul', inputs: [float('N', 1, 'T', 4), float(3, 4, 5)] },
  { op: 'MatMul', inputs: [float(4), float('N', 4, 5)] },
  { op: 'MatMul', inputs: [float('N', 3, 4), float(4)] },
  { op: 'MatMul', inputs: [float(4), float(4)] },
  { op: 'MatMulInteger', inputs: [of('uint8', 'N', 4), of('uint8', 4, 5)] },
  { op: 'Gemm', inputs: [float('N', 4), float(4, 5), float(5)] },
  { op: 'Gemm', inputs: [float(4, 'N'), float(5, 4)], attributes: { transA: 1, transB: 1 } },
  ...['bij,bjk->bik', 'bij,bkj->ikb', 'bij,bjk', 'bii->b', 'bij->', '...ij,...jk->...ik'].map((equation): Case => {
    const operands = equation.includes(',') ? [float('N', 3, 3), float('N', 3, 3)] : [float('N', 3, 3)];
    return { op: 'Einsum', inputs: operands, attributes: { equation } };
  }),
];

const reshapes: Case[] = [
  { op: 'Reshape', inputs: [float('N', 4, 6), ints(0, -1)] },
  { op: 'Reshape', inputs: [float('N', 4, 6), ints(-1, 8)] },
  { op: 'Reshape', inputs: [float('N', 'T', 6), ints(0, 0, 2, 3)] },
  { op: 'Reshape', inputs: [float(0, 4), ints(4, 0)], attributes: { allowzero: 1 } },
  { op: 'Flatten', inputs: [float('N', 4, 6)] },
  { op: 'Flatten', inputs: [float('N', 4, 6)], attributes: { axis: 0 } },
  { op: 'Flatten', inputs: [float('N', 4, 6)], attributes: { axis: -1 } },
  { op: 'Transpose', inputs: [float('N', 4, 6)] },
  { op: 'Transpose', inputs: [float('N', 4, 6)], attributes: { perm: [1, 2, 0] } },
  { op: 'Squeeze', inputs: [float('N', 1, 6, 1)] },
  { op: 'Squeeze', inputs: [float('N', 1, 6, 1), ints(-1)] },
  { op: 'Unsqueeze', inputs: [float('N', 6), ints(-1, 0)] },
  { op: 'DepthToSpace', inputs: [float('N', 12, 3, 4)], attributes: { blocksize: 2 } },
  { op: 'DepthToSpace', inputs: [float('N', 12, 3, 4)], attributes: { blocksize: 2, mode: 'CRD' } },
  { op: 'SpaceToDepth', inputs: [float('N', 3, 4, 6)], attributes: { blocksize: 2 } },
];

const joins: Case[] = [
  { op: 'Concat', inputs: [float('N', 3, 'T'), float('N', 1, 'T'), float('N', 2, 'T')], attributes: { axis: 1 } },
  { op: 'Concat', inputs: [float('N', 3), float('N', 3)], attributes: { axis: 0 } },
  { op: 'Concat', inputs: [ints(1, 2), ints(3)], attributes: { axis: -1 } },
  { op: 'Split', inputs: [float('N', 7), ints(3, 4)], attributes: { axis: 1 }, outputs: 2 },
  { op: 'Split', inputs: [float('N', 7)], attributes: { axis: -1, num_outputs: 3 }, outputs: 3 },
  { op: 'Slice', inputs: [float('N', 5, 'T'), ints(1, 0), ints(3, 2 ** 63), ints(1, -1)] },
  { op: 'Slice', inputs: [float('N', 5, 'T'), ints(-2), ints(100), ints(1)] },
  { op: 'Slice', inputs: [float('N', 5, 'T'), ints(1), ints(2 ** 63), ints(2)] },
  { op: 'Slice', inputs: [float('N', 5, 'T'), ints(-1), ints(-(2 ** 63)), ints(1), ints(-2)] },
  { op: 'Slice', inputs: [float('N', 'T'), ints(2 ** 63), ints(-(2 ** 63)), ints(1), ints(-1)] },
  { op: 'Slice', inputs: [float('N', 'T'), ints(1), ints(-1), ints(1), ints(2)] },
  { op: 'Slice', inputs: [float('N', 'H'), ints(0), ints(4), ints(1)] },
  { op: 'Slice', inputs: [float('N', 6), ints(4), ints(2), ints(1)] },
  { op: 'Pad', inputs: [float('N', 3, 'T'), ints(0, 1, 2, 0, 0, 1)] },
  { op: 'Pad', inputs: [float('N', 3, 'T'), ints(1, 2), number(7), ints(-1)] },
  { op: 'Pad', inputs: [float('N', 3, 4), ints(0, -1, 1, 0, 0, -1)] },
  ...['edge', 'reflect', 'wrap'].map(
    (mode): Case => ({ op: 'Pad', inputs: [float('N', 3, 4), ints(0, 2, 1, 0, 1, 3)], attributes: { mode } }),
  ),
  { op: 'Expand', inputs: [float('N', 1, 4), ints(3, 1)] },
  { op: 'Expand', inputs: [float(3, 1), ints(2, 1, 4)] },
  { op: 'Tile', inputs: [float('N', 3), ints(2, 3)] },
  { op: 'Resize', inputs: [float('N', 3, 'H', 'W'), undefined, constant('float32', [4], [1, 1, 2, 2])] },
  { op: 'Resize', inputs: [float('N', 3, 'H', 'W'), undefined, constant('float32', [4], [1, 1, 0.5, 0.5])] },
  { op: 'Resize', inputs: [float('N', 3, 9, 10), undefined, constant('float32', [4], [1, 1, 1.7, 0.3])] },
  { op: 'Resize', inputs: [float('N', 3, 9, 10), undefined, undefined, ints(12, 13)], attributes: { axes: [2, 3] } },
  {
    op: 'Resize',
    inputs: [float(1, 3, 9, 10), undefined, undefined, ints(12, 13)],
    attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' },
  },
  {
    op: 'Resize',
    inputs: [float(1, 3, 9, 10), undefined, undefined, ints(12, 13)],
    attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' },
  },
  { op: 'GridSample', inputs: [float('N', 3, 9, 10), float('N', 4, 5, 2)] },
  { op: 'AffineGrid', inputs: [float(2, 2, 3), ints(2, 3, 4, 5)] },
  { op: 'CenterCropPad', inputs: [float('N', 9, 3), ints(4, 6)], attributes: { axes: [1, 2] } },
];

const picks: Case[] = [
  { op: 'Gather', inputs: [float('N', 5, 3), constant('int64', [2, 2], [0, 4, -1, 2])], attributes: { axis: 1 } },
  { op: 'Gather', inputs: [float('N', 5, 3), int(-2)], attributes: { axis: 1 } },
  {
    op: 'GatherElements',
    inputs: [float('N', 5), constant('int64', [2, 3], [0, 4, -1, 2, 2, 0])],
    attributes: { axis: 1 },
  },
  { op: 'GatherND', inputs: [float(3, 4, 5), constant('int64', [2, 2], [0, 1, 2, -1])] },
  { op: 'GatherND', inputs: [float('N', 4, 5), constant('int64', [2, 1], [1, 3])], attributes: { batch_dims: 1 } },
  {
    op: 'ScatterElements',
    inputs: [float('N', 5), constant('int64', [2, 2], [0, 4, -2, 1]), float(2, 2)],
    attributes: { axis: 1 },
  },
  ...['add', 'mul', 'max', 'min'].flatMap((reduction): Case[] => [
    {
      op: 'ScatterElements',
      inputs: [float('N', 5), constant('int64', [2, 2], [0, 0, 1, 1]), float(2, 2)],
      attributes: { axis: 1, reduction },
    },
    {
      op: 'ScatterND',
      inputs: [float(4, 3), constant('int64', [2, 1], [1, 1]), float(2, 3)],
      attributes: { reduction },
    },
  ]),
  { op: 'ScatterND', inputs: [float(4, 3), constant('int64', [2, 1], [1, -1]), float(2, 3)] },
  { op: 'ScatterND', inputs: [ints(1, 2, 3, 4), constant('int64', [2, 1], [0, 3]), ints(7, 8)] },
  { op: 'TopK', inputs: [float('N', 7), ints(3)], outputs: 2 },
  { op: 'OneHot', inputs: [of('int64', 'N', 3), int(5), constant('float32', [2], [0, 1])] },
  { op: 'OneHot', inputs: [ints(1, -1, 7), int(5), ints(2, 9)], attributes: { axis: 0 } },
  { op: 'NonZero', inputs: [constant('float32', [2, 3], [0, 1, 2, 0, 0, 3])] },
  { op: 'Compress', inputs: [float('N', 5), bool(1, 0, 1)], attributes: { axis: 1 } },
  { op: 'Compress', inputs: [float(2, 3), bool(0, 1, 0, 1, 1)] },
  { op: 'Unique', inputs: [float(3, 4)], outputs: 4 },
  { op: 'NonMaxSuppression', inputs: [float(1, 3, 4), float(1, 1, 3), ints(2)] },
  { op: 'ReverseSequence', inputs: [float(5, 2), ints(3, 5)] },
  { op: 'Det', inputs: [float('N', 3, 3)] },
];

const zero = constant('uint8', [], [3]);
const quantized = (...dims: Dim[]) => [of('uint8', ...dims), number(0.1), zero];

const makers: Case[] = [
  { op: 'QLinearConv', inputs: [...quantized('N', 4, 'H', 'W'), ...quantized(6, 4, 3, 3), number(0.1), zero] },
  { op: 'QLinearMatMul', inputs: [...quantized('N', 3, 4), ...quantized(4, 5), number(0.1), zero] },
  { op: 'Shape', inputs: [float('N', 3, 'T')] },
  { op: 'Shape', inputs: [float('N', 3, 'T')], attributes: { start: 1 } },
  { op: 'Shape', inputs: [float('N', 3, 'T')], attributes: { start: -2, end: -1 } },
  { op: 'Size', inputs: [float('N', 3, 'T')] },
  { op: 'Range', inputs: [int(0), int(5), int(2)] },
  { op: 'Range', inputs: [number(1), number(0), number(-0.3)] },
  { op: 'ConstantOfShape', inputs: [ints(2, 3)] },
  { op: 'ConstantOfShape', inputs: [ints(2, 3)], attributes: { value: { type: 'tensor', value: ints(7) } } },
  { op: 'EyeLike', inputs: [float('N', 4)], attributes: { k: 1, dtype: 7 } },
  { op: 'RandomNormalLike', inputs: [float('N', 4)] },
  { op: 'RandomUniformLike', inputs: [float('N', 4)] },
  { op: 'RandomNormal', inputs: [], attributes: { shape: [2, 3] } },
  { op: 'HammingWindow', inputs: [int(7)] },
  { op: 'BlackmanWindow', inputs: [int(7)] },
  { op: 'STFT', inputs: [float('N', 40, 1), int(4), undefined, int(16)] },
  ...['SoftmaxCrossEntropyLoss', 'NegativeLogLikelihoodLoss'].flatMap((op): Case[] => [
    { op, inputs: [float(2, 5), ints(1, 3)] },
    { op, inputs: [float(2, 5), ints(1, 3)], attributes: { reduction: 'none' } },
  ]),
  { op: 'RandomUniform', inputs: [], attributes: { shape: [2, 3] } },
  { op: 'Bernoulli', inputs: [constant('float32', [2], [0.5, 0.5])] },
  { op: 'Multinomial', inputs: [float('N', 4)], attributes: { sample_size: 3 } },
  { op: 'HannWindow', inputs: [int(7)] },
  { op: 'QuantizeLinear', inputs: [float('N', 3), number(0.05), constant('uint8', [], [3])] },
  {
    op: 'QuantizeLinear',
    inputs: [float('N', 3), constant('float32', [3], [0.5, 0.05, 1]), constant('int8', [3], [0, 1, -2])],
  },
  { op: 'DequantizeLinear', inputs: [of('uint8', 'N', 3), number(0.05), constant('uint8', [], [3])] },
  { op: 'DequantizeLinear', inputs: [of('int8', 'N', 3, 2), constant('float32', [3], [0.5, 0.05, 1])] },
  {
    op: 'DequantizeLinear',
    inputs: [of('int8', 4, 3), constant('float32', [2, 3], [1, 2, 3, 4, 5, 6])],
    attributes: { axis: 0, block_size: 2 },
  },
  { op: 'DynamicQuantizeLinear', inputs: [float('N', 3)], outputs: 3 },
  { op: 'ConvInteger', inputs: [of('uint8', 'N', 4, 'H', 'W'), of('uint8', 6, 4, 3, 3)] },
  ...['LSTM', 'GRU', 'RNN'].flatMap((op, i): Case[] => {
    const gates = [4, 3, 1][i] as number;
    const weights = (directions: number) => [float(directions, gates * 4, 3), float(directions, gates * 4, 4)];
    const outputs = op === 'LSTM' ? 3 : 2;
    return [
      { op, inputs: [float('T', 'N', 3), ...weights(1)], attributes: { hidden_size: 4 }, outputs },
      {
        op,
        inputs: [float('T', 'N', 3), ...weights(2)],
        attributes: { hidden_size: 4, direction: 'bidirectional' },
        outputs,
      },
    ];
  }),
];

const microsoft: Case[] = [
  { op: 'QLinearMul', inputs: [...quantized('N', 3, 4), ...quantized(4), number(0.1), zero] },
  { op: 'QLinearSigmoid', inputs: [...quantized('N', 3), number(0.1), zero] },
  { op: 'QLinearLeakyRelu', inputs: [...quantized('N', 3), number(0.1), zero], attributes: { alpha: f(0.1) } },
  { op: 'MatMulIntegerToFloat', inputs: [of('uint8', 'N', 4), of('uint8', 4, 5), number(0.1), number(0.1)] },

  { op: 'FusedMatMul', inputs: [float('N', 3, 4), float(4, 5)] },
  { op: 'SkipSimplifiedLayerNormalization', inputs: [float('N', 'T', 8), float('N', 'T', 8), float(8)] },
  { op: 'QLinearAdd', inputs: [...quantized('N', 3, 4), ...quantized(4), number(0.1), zero] },
  { op: 'QLinearGlobalAveragePool', inputs: [...quantized('N', 3, 4, 5), number(0.1), zero] },
  {
    op: 'QLinearConcat',
    inputs: [number(0.1), zero, ...quantized('N', 3), ...quantized('N', 4)],
    attributes: { axis: 1 },
  },
  { op: 'DynamicQuantizeMatMul', inputs: [float('N', 3, 4), of('uint8', 4, 5), number(0.1)] },
  {
    op: 'EmbedLayerNormalization',
    inputs: [of('int32', 'N', 'T'), undefined, float(20, 8), float(20, 8), undefined, float(8), float(8)],
    outputs: 2,
  },

  { op: 'Gelu', inputs: [float('N', 3)] },
  { op: 'FastGelu', inputs: [float('N', 3)] },
  { op: 'BiasGelu', inputs: [float('N', 3), float(3)] },
  { op: 'QuickGelu', inputs: [float('N', 3)], attributes: { alpha: f(1.7) } },
  { op: 'FusedMatMul', inputs: [float('N', 4, 3), float('N', 5, 4)], attributes: { transA: 1, transB: 1 } },
  { op: 'FusedConv', inputs: [float('N', 4, 'H', 'W'), float(6, 4, 3, 3)], attributes: { activation: 'Relu' } },
  { op: 'FusedGemm', inputs: [float('N', 4), float(4, 5), float(5)], attributes: { activation: 'Relu' } },
  { op: 'SkipLayerNormalization', inputs: [float('N', 'T', 8), float('N', 'T', 8), float(8), float(8)] },
  { op: 'Attention', inputs: [float('N', 'T', 8), float(8, 24), float(24)], attributes: { num_heads: 2 } },
  {
    op: 'MultiHeadAttention',
    inputs: [float('N', 'T', 8), float('N', 'T', 8), float('N', 'T', 8)],
    attributes: { num_heads: 2 },
  },
].map((one) => ({ ...one, domain: 'com.microsoft' }) as Case);

export const CASES: readonly Case[] = [
  [...elementwise, ...reductions, ...windows, ...normalizations, ...matrices],
  [...reshapes, ...joins, ...picks, ...makers, ...microsoft],
].flat();
