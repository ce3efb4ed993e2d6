/**
 * Work of a graph by kinds that engines do at different speeds: a depthwise convolution takes five times as long for each
 * operation as a dense one, and what only moves numbers takes time as well.
 */
import { intAttribute } from '../onnx/attributes.ts';
import { isStatic } from '../onnx/dims.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { infer } from '../onnx/infer.ts';
import { traitsOf } from '../onnx/operators.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { bindRows, type RowShapes } from './bind-rows.ts';
import { quantisedNodes } from './quantised-nodes.ts';
import type { Work } from './work-time.ts';

/** Kinds of operators; what is not listed counts by the elements that it moves. */
const PRODUCTS =
  /^(MatMul|Gemm|Einsum|Conv|ConvTranspose|\w*Attention|QLinear\w+|MatMulInteger|ConvInteger|GRU|LSTM|RNN)/;

/** Operators of whole numbers. */
const QUANTISED = /^(QLinear\w+|MatMulInteger|ConvInteger)/;

/**
 * Counts the work of one row. Nodes of unknown shape count as nodes alone.
 * @param rows shapes of one row, for inputs whose dims the graph leaves open
 * @param batch rows of every run, where the graph takes no other number
 */
export function countWork(graph: Graph, rows: RowShapes = {}, batch = 1): Work {
  const bound = bindRows(graph, rows, batch);
  const values = infer(bound);
  const dimsOf = (name: string): readonly number[] | undefined => {
    const dims = graph.constants.get(name)?.dims ?? values.get(name)?.dims;
    return isStatic(dims) ? dims : undefined;
  };
  const quantised = quantisedNodes(graph);
  const work = { products: 0, grouped: 0, transposed: 0, quantised: 0, quantisedGrouped: 0, elements: 0, nodes: 0 };
  for (const node of graph.nodes) {
    if (quantised.conversions.has(node)) continue;
    work.nodes++;
    const moved = [...node.inputs, ...node.outputs].filter((name) => name !== '' && !graph.constants.has(name));
    if (![...node.inputs, ...node.outputs].every((name) => name === '' || dimsOf(name))) continue;
    work.elements += moved.reduce((sum, name) => sum + sizeOf(dimsOf(name) ?? []), 0) / batch;
    const kind = kindOf(node, quantised.products.has(node));
    if (kind) work[kind] += traitsOf(node).flops.count(node, (name) => dimsOf(name) ?? []) / batch;
  }
  return work;
}

function kindOf(node: Node, isQuantised: boolean): Exclude<keyof Work, 'elements' | 'nodes'> | undefined {
  if (!PRODUCTS.test(node.op)) return undefined;
  const isGrouped = intAttribute(node, 'group', 1) > 1;
  if (isQuantised || QUANTISED.test(node.op)) return isGrouped ? 'quantisedGrouped' : 'quantised';
  if (isGrouped) return 'grouped';
  return node.op === 'ConvTranspose' ? 'transposed' : 'products';
}
