/** Finds the attention of a transformer: its probabilities, and the tokens that they are about. */
import { intAttribute } from '../onnx/attributes.ts';
import { consumers, producers } from '../onnx/edit.ts';
import type { Graph, Node } from '../onnx/graph.ts';

export interface AttentionMap {
  /** The probabilities: heads, then queries, then keys. */
  readonly name: string;
  /**
   * The tokens that the block starts from, channels last: normalised, or those that it adds to where none are in front;
   * absent when there is no such tensor.
   */
  readonly tokens?: string;
  /** The tokens that the output of the attention is added to; absent without a skip connection. */
  readonly skip?: string;
}

const found = new WeakMap<Graph, readonly AttentionMap[]>();

/** Every softmax whose probabilities weight a matrix product, in the order of the graph. */
export function attentionMaps(graph: Graph): readonly AttentionMap[] {
  const known = found.get(graph);
  if (known) return known;
  const readers = consumers(graph);
  const makers = producers(graph);
  const maps = graph.nodes
    .filter((node) => node.op === 'Softmax' && weightsProduct(node.outputs[0] as string, readers))
    .map((node): AttentionMap => {
      const skip = addedTo(graph, node);
      const tokens = normalisedBefore(graph, node, makers) ?? skip;
      return {
        name: node.outputs[0] as string,
        ...(tokens !== undefined && { tokens }),
        ...(skip !== undefined && { skip }),
      };
    });
  found.set(graph, maps);
  return maps;
}

/** True when a MatMul has it on the left, maybe behind a dropout. */
const weightsProduct = (name: string, readers: ReadonlyMap<string, readonly Node[]>): boolean =>
  (readers.get(name) ?? []).some(
    (node) =>
      (node.op === 'MatMul' && node.inputs[0] === name) ||
      (['Dropout', 'Cast', 'Identity'].includes(node.op) && weightsProduct(node.outputs[0] as string, readers)),
  );

/** The last layer normalisation that queries or keys come out of: in one operator, or ending in its scale and shift. */
function normalisedBefore(graph: Graph, attention: Node, makers: ReadonlyMap<string, Node>): string | undefined {
  const needed = new Set(attention.inputs);
  const at = graph.nodes.indexOf(attention);
  for (const node of graph.nodes.slice(0, at).reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    if (isNormalisation(graph, node, makers)) return node.outputs[0];
    for (const name of node.inputs) needed.add(name);
  }
  return undefined;
}

/** The tokens on the residual path around the attention: it is computed from them, and added to them. */
function addedTo(graph: Graph, attention: Node): string | undefined {
  const at = graph.nodes.indexOf(attention);
  const before = new Set(attention.inputs);
  for (const node of graph.nodes.slice(0, at).reverse()) {
    if (node.outputs.some((name) => before.has(name))) for (const name of node.inputs) before.add(name);
  }
  const behind = new Set(attention.outputs);
  for (const node of graph.nodes.slice(at + 1)) {
    if (!node.inputs.some((name) => behind.has(name))) continue;
    const residual = node.inputs.find((name) => before.has(name) && !graph.constants.has(name));
    if (node.op === 'Add' && residual !== undefined) return residual;
    for (const name of node.outputs) behind.add(name);
  }
  return undefined;
}

/** True for a normalisation over the channels, which come last then. */
export function isNormalisation(graph: Graph, node: Node, makers: ReadonlyMap<string, Node>): boolean {
  if (node.op === 'LayerNormalization') return intAttribute(node, 'axis', -1) !== 1;
  if (['SimplifiedLayerNormalization', 'SkipLayerNormalization', 'RMSNormalization'].includes(node.op)) return true;
  if (node.op !== 'Add') return false;
  const scaled = fromConstant(graph, node, makers);
  const scale = scaled === undefined ? undefined : makers.get(scaled);
  if (scale?.op !== 'Mul') return false;
  const ratio = fromConstant(graph, scale, makers);
  return ratio !== undefined && makers.get(ratio)?.op === 'Div';
}

/** The other operand of a node that has one constant vector; exporters write equal weights once, with identities behind. */
function fromConstant(graph: Graph, { inputs }: Node, makers: ReadonlyMap<string, Node>): string | undefined {
  const isVector = (name: string): boolean => {
    const maker = makers.get(name);
    return maker?.op === 'Identity'
      ? isVector(maker.inputs[0] as string)
      : graph.constants.get(name)?.dims.length === 1;
  };
  const constant = inputs.find(isVector);
  return constant === undefined ? undefined : inputs.find((name) => name !== constant);
}
