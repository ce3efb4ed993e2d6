/**
 * Analysis of the axis that counts rows: through a graph, by symbolic shapes. Rows are independent as long as no
 * operator sums, compares or convolves along their axis.
 */
import { intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { Dim, Graph, Node } from '../../onnx/graph.ts';
import { type Inferred, infer } from '../../onnx/infer.ts';

/** Symbol that stands for the number of rows in the shapes of an analysis. */
const ROWS = 'ROWS';

type Values = ReadonlyMap<string, Inferred>;

export interface RowAnalysis {
  /** First node that mixes rows: what it computes for one row depends on the others. */
  readonly mixedBy?: Node;
  /**
   * Axis of a tensor that counts rows; null where none does, undefined where the shape is not known.
   */
  axisOf(tensor: string): number | null | undefined;
  /** Shape of a tensor, the number of rows being {@link ROWS}. */
  dimsOf(tensor: string): readonly Dim[] | undefined;
}

/**
 * @param axes axis of each input that counts rows; null for inputs without rows
 * @returns undefined where the shapes contradict each other with rows along these axes
 */
export function analyseRows(graph: Graph, axes: Readonly<Record<string, number | null>>): RowAnalysis | undefined {
  const inputs = graph.inputs.map((input) => {
    const axis = axes[input.name] ?? null;
    return axis === null || !input.dims
      ? input
      : { ...input, dims: input.dims.map((dim, i) => (i === axis ? ROWS : dim)) };
  });
  let values: Values;
  try {
    values = infer({ ...graph, inputs });
  } catch {
    return undefined;
  }
  const mixedBy = graph.nodes.find((node) => mixes(node, values));
  const dimsOf = (tensor: string) => values.get(tensor)?.dims;
  return {
    ...(mixedBy && { mixedBy }),
    dimsOf,
    axisOf: (tensor) => {
      const dims = dimsOf(tensor);
      if (!dims) return undefined;
      const axis = dims.findIndex(counts);
      return axis < 0 ? null : axis;
    },
  };
}

/** A dim that grows with the number of rows. */
const counts = (dim: Dim | undefined): boolean => typeof dim === 'string' && /\bROWS\b/.test(dim);

/** Operators whose `axis` attribute names the axis that they compare or add up along, with ONNX's default. */
const ALONG_AXIS: Readonly<Record<string, number>> = {
  Softmax: -1,
  LogSoftmax: -1,
  Hardmax: -1,
  LpNormalization: -1,
  ArgMax: 0,
  ArgMin: 0,
  TopK: -1,
};

/** Index of the first axis along which these operators mix; batch (and channels or heads) come before. */
const MIXES_FROM: Readonly<Record<string, number>> = {
  Conv: 1,
  ConvTranspose: 1,
  ConvInteger: 1,
  QLinearConv: 1,
  FusedConv: 1,
  DeformConv: 1,
  MaxPool: 2,
  AveragePool: 2,
  LpPool: 2,
  GlobalAveragePool: 2,
  GlobalMaxPool: 2,
  LRN: 1,
  InstanceNormalization: 2,
  GroupNormalization: 1,
  MultiHeadAttention: 1,
  GroupQueryAttention: 1,
  Attention: 1,
  EmbedLayerNormalization: 2,
  SkipLayerNormalization: 2,
};

function mixes(node: Node, values: Values): boolean {
  const dims = values.get(node.inputs[0] ?? '')?.dims;
  if (!dims) return false;
  const { op } = node;
  if (op === 'MatMul' || op === 'FusedMatMul' || op === 'MatMulInteger') return counts(dims.at(-1));
  if (op === 'Gemm') return counts(dims[intAttribute(node, 'transA', 0) === 1 ? 0 : 1]);
  if (op === 'LSTM' || op === 'GRU' || op === 'RNN') return counts(dims[intAttribute(node, 'layout', 0)]);
  if (op === 'DynamicQuantizeLinear') return dims.some(counts);
  if (op === 'CumSum') return counts(dims[at(values.get(node.inputs[1] ?? '')?.value?.[0], dims.length)]);
  if (op === 'LayerNormalization' || op === 'RMSNormalization' || op === 'SimplifiedLayerNormalization') {
    return dims.slice(at(intAttribute(node, 'axis', -1), dims.length)).some(counts);
  }
  if (op.startsWith('Reduce')) return reducedAxes(node, values, dims.length).some((axis) => counts(dims[axis]));
  if (op === 'Scan') return scannedAlongRows(node, values);
  if (Object.hasOwn(ALONG_AXIS, op)) {
    return counts(dims[at(intAttribute(node, 'axis', ALONG_AXIS[op] as number), dims.length)]);
  }
  if (Object.hasOwn(MIXES_FROM, op)) {
    const from = op === 'Attention' && node.domain === '' && dims.length === 4 ? 2 : (MIXES_FROM[op] as number);
    return dims.slice(from).some(counts);
  }
  return false;
}

const at = (axis: Dim | undefined, rank: number): number =>
  typeof axis === 'number' ? (axis < 0 ? axis + rank : axis) : -1;

/** Axes of a reduction; all of them where none are named. */
function reducedAxes(node: Node, values: Values, rank: number): number[] {
  const named = node.inputs[1]
    ? values.get(node.inputs[1])?.value
    : node.attributes.axes && intsAttribute(node, 'axes', []);
  if (node.inputs[1] && named === undefined) return [];
  if (!named || named.length === 0) {
    return intAttribute(node, 'noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
  }
  return named.map((axis) => at(axis, rank));
}

function scannedAlongRows(node: Node, values: Values): boolean {
  const scans = intAttribute(node, 'num_scan_inputs', 0);
  const axes = intsAttribute(node, 'scan_input_axes', []);
  return node.inputs
    .slice(node.inputs.length - scans)
    .some((name, i) => counts(values.get(name)?.dims?.[axes[i] ?? 0]));
}
