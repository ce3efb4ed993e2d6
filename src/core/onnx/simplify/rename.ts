/** Takes nodes out whose result is one of their inputs. */
import { captured, consumers, producers, subgraphs } from '../edit.ts';
import type { Graph, Node } from '../graph.ts';

/**
 * The graph without the nodes for which `source` names the input that the first output equals. A node stays where both
 * names are needed: its output is kept and its input is a graph input, a constant or kept as well; a subgraph reads
 * it; or others read the input of a kept output.
 */
export function bypass(graph: Graph, kept: ReadonlySet<string>, source: (node: Node) => string | undefined): Graph {
  const sources = new Map<Node, string>();
  for (const node of graph.nodes) {
    const from = source(node);
    if (from !== undefined) sources.set(node, from);
  }
  if (sources.size === 0) return graph;
  const makers = producers(graph);
  const readers = consumers(graph);
  const inner = new Set(graph.nodes.flatMap((node) => subgraphs(node).flatMap(captured)));
  const renamed = new Map<string, string>();
  const current = (name: string): string => {
    let at = name;
    for (let next = renamed.get(at); next !== undefined; next = renamed.get(at)) at = next;
    return at;
  };
  const nodes = graph.nodes.filter((node) => {
    const output = node.outputs[0] as string;
    const from = sources.get(node);
    const alone = node.outputs.slice(1).every((name) => name === '' || (!readers.has(name) && !kept.has(name)));
    if (from === undefined || !alone || inner.has(output)) return true;
    const input = current(from);
    if (!kept.has(output)) {
      renamed.set(output, input);
      return false;
    }
    // The kept name can move up to the node that makes the value, unless others read that: a derivative at the kept
    // name is not theirs.
    if (!makers.has(input) || kept.has(input) || inner.has(input) || (readers.get(from)?.length ?? 0) > 1) return true;
    renamed.set(input, output);
    makers.set(output, makers.get(input) as Node);
    return false;
  });
  if (renamed.size === 0) return graph;
  const changed = (node: Node): boolean => [...node.inputs, ...node.outputs].some((name) => renamed.has(name));
  return {
    ...graph,
    nodes: nodes.map((node) =>
      changed(node) ? { ...node, inputs: node.inputs.map(current), outputs: node.outputs.map(current) } : node,
    ),
  };
}
