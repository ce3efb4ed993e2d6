/**
 * How much arithmetic a graph asks for. A multiplication and an addition are one floating point operation each, as in
 * most published tables ("FLOPs"; the "MACs" of others are half of it). Operators that only move numbers count nothing.
 */
import { intAttribute, intsAttribute, stringAttribute } from '../onnx/attributes.ts';
import { isStatic } from '../onnx/dims.ts';
import type { Graph, Node, ValueInfo } from '../onnx/graph.ts';
import { infer } from '../onnx/infer.ts';
import { windowOf } from '../onnx/window.ts';

export interface Flops {
  readonly total: number;
  readonly byOperator: ReadonlyMap<string, number>;
  /** Nodes left out because a shape is not known before the run. */
  readonly unknown: readonly string[];
}

/** @param batch rows that run at once, where the file leaves their number open */
export function countFlops(graph: Graph, batch = 1): Flops {
  const byOperator = new Map<string, number>();
  const unknown: string[] = [];
  let total = 0;
  const values = infer({ ...graph, inputs: graph.inputs.map((input) => withRows(input, batch)) });
  const shape: ShapeOf = (name) => {
    const dims = graph.constants.get(name)?.dims ?? values.get(name)?.dims;
    if (!isStatic(dims)) throw new UnknownShape();
    return dims;
  };
  for (const node of graph.nodes) {
    try {
      const flops = (COUNTS[node.op] ?? perOutput(1))(node, shape);
      total += flops;
      byOperator.set(node.op, (byOperator.get(node.op) ?? 0) + flops);
    } catch (error) {
      if (!(error instanceof UnknownShape)) throw error;
      unknown.push(node.name);
    }
  }
  return { total, byOperator, unknown };
}

const withRows = (input: ValueInfo, rows: number): ValueInfo =>
  typeof input.dims?.[0] === 'string' ? { ...input, dims: [rows, ...input.dims.slice(1)] } : input;

class UnknownShape extends Error {}

type ShapeOf = (name: string) => readonly number[];
type Count = (node: Node, shape: ShapeOf) => number;

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);
const operand = ({ inputs }: Node, i: number): string => inputs[i] ?? '';
const result = ({ outputs }: Node): string => outputs[0] ?? '';

const perOutput =
  (cost: number): Count =>
  (node, shape) =>
    cost * size(shape(result(node)));

const perInput =
  (cost: number): Count =>
  (node, shape) =>
    cost * size(shape(operand(node, 0)));

const nothing: Count = () => 0;

/** Each element of the output is a product of a window of the input with a kernel. */
const convolution: Count = (node, shape) => {
  const kernel = shape(operand(node, 1));
  const outputs = size(shape(result(node)));
  return 2 * outputs * size(kernel.slice(1)) + (operand(node, 2) ? outputs : 0);
};

/** Each element of the input is spread over a window of the output. */
const transposedConvolution: Count = (node, shape) => {
  const kernel = shape(operand(node, 1));
  return 2 * size(shape(operand(node, 0))) * size(kernel.slice(1)) + (operand(node, 2) ? size(shape(result(node))) : 0);
};

const matrixProduct: Count = (node, shape) => 2 * size(shape(result(node))) * (shape(operand(node, 0)).at(-1) ?? 1);

/** The products with the weights, at each step and in each direction; the gates cost next to nothing. */
const recurrent: Count = (node, shape) => {
  const [steps = 1, rows = 1] = shape(operand(node, 0));
  return 2 * steps * rows * (size(shape(operand(node, 1))) + size(shape(operand(node, 2))));
};

const gemm: Count = (node, shape) => {
  const first = shape(operand(node, 0));
  const inner = first[intAttribute(node, 'transA', 0) === 1 ? 0 : 1] ?? 1;
  const outputs = size(shape(result(node)));
  return 2 * outputs * inner + (operand(node, 2) ? outputs : 0);
};

const pool: Count = (node, shape) => size(shape(result(node))) * size(windowOf(node, shape(operand(node, 0))).kernel);

const einsum: Count = (node, shape) => {
  const terms = (stringAttribute(node, 'equation', '').split('->')[0] ?? '').replace(/\s/g, '').split(',');
  const extents = new Map<string, number>();
  for (const [i, term] of terms.entries()) {
    const dims = shape(operand(node, i));
    for (const [axis, label] of [...term].entries()) extents.set(label, dims[axis] ?? 1);
  }
  return 2 * size([...extents.values()]);
};

/** Sums over pieces of what is scattered. */
const scatter: Count = (node, shape) =>
  stringAttribute(node, 'reduction', 'none') === 'none' ? 0 : size(shape(operand(node, 2)));

const resize: Count = (node, shape) => {
  const taps: Record<string, number> = { nearest: 0, linear: 2, cubic: 4 };
  const perAxis = taps[stringAttribute(node, 'mode', 'nearest')] ?? 2;
  const resized = intsAttribute(node, 'axes')?.length ?? 2;
  return 2 * perAxis ** resized * size(shape(result(node)));
};

const MOVES =
  'Identity Dropout Reshape Flatten Squeeze Unsqueeze Transpose Concat Split Slice Pad Gather GatherElements GatherND Expand Tile Shape Size Constant ConstantOfShape Cast CastLike DepthToSpace SpaceToDepth Where MaxUnpool Trilu OneHot Range EyeLike Compress ReverseSequence NonZero';

const COUNTS: Readonly<Record<string, Count>> = {
  ...Object.fromEntries(MOVES.split(' ').map((op) => [op, nothing])),
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  MatMul: matrixProduct,
  Gemm: gemm,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Einsum: einsum,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: perInput(1),
  GlobalMaxPool: perInput(1),
  GlobalLpPool: perInput(2),
  ...Object.fromEntries(
    'Sum Mean Max Min Prod L1 L2 LogSum LogSumExp SumSquare'.split(' ').map((kind) => [`Reduce${kind}`, perInput(1)]),
  ),
  ArgMax: perInput(1),
  ArgMin: perInput(1),
  TopK: perInput(1),
  CumSum: perInput(1),
  Scatter: scatter,
  ScatterElements: scatter,
  ScatterND: scatter,
  Resize: resize,
  BatchNormalization: perOutput(2),
  InstanceNormalization: perOutput(6),
  GroupNormalization: perOutput(6),
  LayerNormalization: perOutput(6),
  LpNormalization: perOutput(3),
  LRN: perOutput(6),
  Softmax: perOutput(4),
  LogSoftmax: perOutput(5),
  Clip: perOutput(2),
};
