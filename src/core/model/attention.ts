/** Finds the attention of a transformer: its probabilities, and the tokens that they are about. */
import { intAttribute } from '../onnx/attributes.ts';
import { consumers, producers } from '../onnx/edit.ts';
import type { Graph, Node } from '../onnx/graph.ts';

export interface AttentionMap {
  /** The probabilities: heads, then queries, then keys. */
  readonly name: string;
  /**
   * The tokens that the block starts from, channels last: normalised, else what it normalises behind the attention, else
   * those that it adds to; absent when there is no such tensor.
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
  const maps = graph.nodes.flatMap((node): AttentionMap[] => {
    const name = node.op === 'Softmax' ? weighting(node.outputs[0] as string, readers) : undefined;
    if (name === undefined) return [];
    const skip = addedTo(graph, node);
    const tokens = normalisedBefore(graph, node, makers) ?? normalisedBehind(graph, node, makers) ?? skip;
    return [{ name, ...(tokens !== undefined && { tokens }), ...(skip !== undefined && { skip }) }];
  });
  found.set(graph, maps);
  return maps;
}

/** Operators that hand probabilities on as they are. */
const HAND_ON = new Set(['Dropout', 'Cast', 'Identity']);

/** Operators that set some probabilities to zero: behind them a mask is part of the weights. */
const MASK = new Set(['Where', 'Mul']);

/**
 * The tensor of probabilities that a MatMul has on its left: the given one, maybe in front of a dropout, or what a mask
 * leaves of it. Undefined when there is no such product.
 */
function weighting(name: string, readers: ReadonlyMap<string, readonly Node[]>): string | undefined {
  for (const { op, inputs, outputs } of readers.get(name) ?? []) {
    if (op === 'MatMul' && inputs[0] === name) return name;
    const [output = ''] = outputs;
    const found = HAND_ON.has(op) || MASK.has(op) ? weighting(output, readers) : undefined;
    if (found !== undefined) return HAND_ON.has(op) && found === output ? name : found;
  }
  return undefined;
}

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

/** The first layer normalisation of what comes out of an attention, where tokens go in as they are embedded. */
function normalisedBehind(graph: Graph, attention: Node, makers: ReadonlyMap<string, Node>): string | undefined {
  const behind = new Set(attention.outputs);
  for (const node of graph.nodes.slice(graph.nodes.indexOf(attention) + 1)) {
    if (!node.inputs.some((name) => behind.has(name))) continue;
    if (isNormalisation(graph, node, makers)) return node.outputs[0];
    for (const name of node.outputs) behind.add(name);
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
