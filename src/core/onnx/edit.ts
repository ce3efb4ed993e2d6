/** Questions and small changes to graphs that others build on. */
import type { DataType } from '../tensor/tensor.ts';
import type { Attribute, Constant, Graph, Node } from './graph.ts';

/** Node that produces each value, by name. Graph inputs and constants have none. */
export function producers(graph: Graph): Map<string, Node> {
  const map = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) if (output) map.set(output, node);
  return map;
}

/** Nodes that read each value, each once, in order; readers inside a node's subgraphs count as that node. */
export function consumers(graph: Graph): Map<string, Node[]> {
  const map = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of new Set(valuesRead(node))) {
      const readers = map.get(name);
      if (readers) readers.push(node);
      else map.set(name, [node]);
    }
  }
  return map;
}

/** True if a constant of the graph has this element type. */
export function hasConstants({ constants }: Graph, dtype: DataType): boolean {
  for (const constant of constants.values()) if (constant.dtype === dtype) return true;
  return false;
}

/** The graphs in a node's attributes: the branches of If, the body of Loop and Scan. */
export function subgraphs(node: Node): readonly Graph[] {
  let graphs: Graph[] = NONE;
  for (const key in node.attributes) {
    const attribute = node.attributes[key];
    if (attribute?.type === 'graph') graphs = [...graphs, attribute.value];
  }
  return graphs;
}

/** Nearly every node has none, and is asked again and again. */
const NONE: Graph[] = [];

/** The node with each of its subgraphs changed. */
export function withSubgraphs(node: Node, change: (graph: Graph) => Graph): Node {
  if (subgraphs(node).length === 0) return node;
  const attributes = Object.entries(node.attributes).map(([key, attribute]): [string, Attribute] => [
    key,
    attribute.type === 'graph' ? { type: 'graph', value: change(attribute.value) } : attribute,
  ]);
  return { ...node, attributes: Object.fromEntries(attributes) };
}

/** The values that a node reads, what its subgraphs take from outside included. */
export function valuesRead(node: Node): readonly string[] {
  // Called for every node by every pass over a graph: most nodes leave nothing out.
  const own = node.inputs.includes('') ? node.inputs.filter((name) => name !== '') : node.inputs;
  const inner = subgraphs(node);
  return inner.length === 0 ? own : [...own, ...inner.flatMap(captured)];
}

/** The values that a graph takes from the graph around it. */
export function captured(graph: Graph): string[] {
  const own = new Set([...graph.inputs.map((i) => i.name), ...graph.constants.keys()]);
  for (const node of graph.nodes) for (const output of node.outputs) own.add(output);
  const read = [...graph.nodes.flatMap(valuesRead), ...graph.outputs.map((o) => o.name)];
  return [...new Set(read)].filter((name) => !own.has(name));
}

/** Everything that `tensor` is computed from, itself included. */
export function ancestorsOf({ nodes }: Pick<Graph, 'nodes'>, tensor: string): Set<string> {
  const found = new Set([tensor]);
  for (const node of nodes.toReversed()) {
    if (node.outputs.some((name) => found.has(name))) for (const name of valuesRead(node)) found.add(name);
  }
  return found;
}

/**
 * The graph without the nodes and constants that `outputs` do not need. Graph inputs and the list of outputs stay as
 * they are, so pass a graph whose outputs are those named. A graph without anything to drop is returned itself.
 */
export function prune(graph: Graph, outputs: readonly string[] = graph.outputs.map((o) => o.name)): Graph {
  const needed = new Set(outputs);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const name of valuesRead(node)) needed.add(name);
  }
  let unread = 0;
  for (const name of graph.constants.keys()) if (!needed.has(name)) unread += 1;
  if (nodes.length === graph.nodes.length && unread === 0) return graph;
  if (unread === 0) return { ...graph, nodes: nodes.reverse() };
  const constants = new Map<string, Constant>();
  for (const [name, constant] of graph.constants) if (needed.has(name)) constants.set(name, constant);
  return { ...graph, nodes: nodes.reverse(), constants };
}

/** `wish`, or `wish_1`, `wish_2` ... if it is taken. The name is added to `taken`. */
export function uniqueName(wish: string, taken: Set<string>): string {
  if (!taken.has(wish)) {
    taken.add(wish);
    return wish;
  }
  const tried = COUNTERS.get(taken) ?? new Map<string, number>();
  COUNTERS.set(taken, tried);
  let name = wish;
  let i = tried.get(wish) ?? 1;
  while (taken.has(name)) name = `${wish}_${i++}`;
  tried.set(wish, i);
  taken.add(name);
  return name;
}

/** Next suffix to try for each wished name: thousands of nodes may wish for the same one. */
const COUNTERS = new WeakMap<Set<string>, Map<string, number>>();

/** Every name of a value or node in the graph, subgraphs included. */
export function namesOf(graph: Graph): Set<string> {
  const names = new Set([...graph.inputs, ...graph.outputs].map((value) => value.name));
  for (const name of graph.constants.keys()) names.add(name);
  for (const node of graph.nodes) {
    for (const name of [node.name, ...node.inputs, ...node.outputs]) names.add(name);
    for (const inner of subgraphs(node)) for (const name of namesOf(inner)) names.add(name);
  }
  return names;
}
