/** Names and topological order of nodes, as ONNX demands them. */
import { subgraphs, uniqueName, valuesRead, withSubgraphs } from '../edit.ts';
import type { Graph, Node } from '../graph.ts';
import { invalid } from '../invalid.ts';

/**
 * The graph with its nodes in topological order, in the file's own order where that is one; its subgraphs too.
 * @throws WhylightError `invalid_model` for a cycle, a value that nothing makes, or one that two things make
 */
export function inOrder(graph: Graph, outer: ReadonlySet<string> = new Set()): Graph {
  const given = new Set([...outer, ...graph.constants.keys()]);
  for (const { name } of graph.inputs) given.add(name);
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (makers.has(name) || (given.has(name) && !outer.has(name))) {
        invalid(`The value "${name}" is made twice, the second time by ${node.op} "${node.name}".`, { value: name });
      }
      makers.set(name, node);
    }
  }
  for (const { name } of graph.outputs) {
    if (!makers.has(name) && !given.has(name)) invalid(`Nothing makes the output "${name}".`, { value: name });
  }
  const nodes = sorted(graph.nodes, makers, given);
  if (!nodes.some((node) => subgraphs(node).length > 0)) return { ...graph, nodes };
  const visible = new Set([...given, ...makers.keys()]);
  return { ...graph, nodes: nodes.map((node) => withSubgraphs(node, (inner) => inOrder(inner, visible))) };
}

/** Depth first, without recursion: chains can be long. */
function sorted(nodes: readonly Node[], makers: ReadonlyMap<string, Node>, given: ReadonlySet<string>): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  for (const root of nodes) {
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (state.get(node) === 'done') {
        stack.pop();
        continue;
      }
      const first = state.get(node) === undefined;
      state.set(node, 'open');
      const before = first ? needed(node, makers, given).filter((maker) => state.get(maker) !== 'done') : [];
      const back = before.find((maker) => state.get(maker) === 'open');
      if (back)
        invalid(`The graph has a cycle through ${node.op} "${node.name}" and ${back.op} "${back.name}".`, {
          node: node.name,
        });
      if (before.length > 0) {
        stack.push(...before.reverse());
        continue;
      }
      state.set(node, 'done');
      order.push(node);
      stack.pop();
    }
  }
  return order;
}

function needed(node: Node, makers: ReadonlyMap<string, Node>, given: ReadonlySet<string>): Node[] {
  const result = new Set<Node>();
  for (const name of valuesRead(node)) {
    const maker = makers.get(name);
    if (maker) result.add(maker);
    else if (!given.has(name)) {
      invalid(`${node.op} "${node.name}" reads "${name}", which nothing makes.`, { node: node.name, value: name });
    }
  }
  return [...result];
}

/** Gives every node a name of its own; one that has such a name keeps it. */
export function withNames(graph: Graph): Graph {
  const taken = new Set<string>();
  const collect = (inner: Graph): void => {
    for (const node of inner.nodes) {
      taken.add(node.name);
      subgraphs(node).forEach(collect);
    }
  };
  collect(graph);
  const used = new Set<string>(['']);
  const name = (inner: Graph): Graph => ({
    ...inner,
    nodes: inner.nodes.map((node) => {
      const own = used.has(node.name) ? uniqueName(node.name || node.op, taken) : node.name;
      used.add(own);
      return { ...withSubgraphs(node, name), name: own };
    }),
  });
  return name(graph);
}
