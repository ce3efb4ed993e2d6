/**
 * Rewrites nodes that have no rule of their own into nodes that have: fused operators into their parts, recurrent layers
 * into their steps, branches and loops that are decided before the run into what they run.
 */
import { GraphBuilder, type Value } from '../../onnx/builder.ts';
import type { CompileBudget } from '../../onnx/compile-budget.ts';
import { valuesRead } from '../../onnx/edit.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { inOrder } from '../../onnx/read/order.ts';
import type { CompileMemo } from '../compile-memo.ts';
import { ruleKey } from '../rule.ts';
import type { Decomposition } from './decomposition.ts';
import { decompositions } from './index.ts';

/** The decomposition of a node's operator, if there is one. */
export const decompositionOf = (node: Node): Decomposition | undefined =>
  decompositions.get(ruleKey(node.op, node.domain));

/**
 * The graph without the nodes that are wanted away, as far as they can be rewritten; what they are rewritten into is asked
 * for in turn. Values keep their names. The same graph if there is nothing to do.
 */
export function decompose(
  graph: Graph,
  wanted: (graph: Graph) => (node: Node) => boolean,
  { budget, memo }: { readonly budget: CompileBudget; readonly memo: CompileMemo },
): Graph {
  const stays = new Set<string>();
  for (let current = graph; ; ) {
    const isWanted = wanted(current);
    const nodes = current.nodes.filter((node) => !stays.has(node.name) && decompositionOf(node) && isWanted(node));
    if (nodes.length === 0) return current;
    const before = current;
    const key = `rewrite ${JSON.stringify(nodes.map(({ name }) => name))}`;
    const rewritten = memo.step(before, key, budget, () => rewriteAll(before, nodes, budget));
    for (const name of rewritten.stays) stays.add(name);
    current = rewritten.graph;
  }
}

/** Graph after one round of rewriting, and the names of nodes whose form has no decomposition. */
interface Rewritten {
  readonly graph: Graph;
  readonly stays: readonly string[];
}

function rewriteAll(graph: Graph, nodes: readonly Node[], budget: CompileBudget): Rewritten {
  const g = new GraphBuilder(graph, budget);
  const stays: string[] = [];
  const read = new Set([...graph.outputs.map((o) => o.name), ...graph.nodes.flatMap(valuesRead)]);
  const gone = new Set<Node>();
  const names: { from: Value; to: string }[] = [];
  for (const node of nodes) {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : g.value(name)));
    g.under(`${node.name}/`);
    const values = decompositionOf(node)?.rewrite({
      g,
      node,
      inputs,
      input: (i) => inputs[i] as Value,
      reads: (i) => read.has(node.outputs[i] ?? ''),
    });
    if (!values) {
      stays.push(node.name);
      continue;
    }
    gone.add(node);
    for (const [i, to] of node.outputs.entries()) {
      const from = values[i];
      if (to !== '' && from) names.push({ from, to });
    }
  }
  const outputs = [...graph.outputs.map((o) => g.value(o.name)), ...names.map(({ from }) => from)];
  // The builder knows the replaced nodes' outputs by name, so the originals go only now.
  const written = g.build(outputs);
  const identities = names.map(
    ({ from, to }): Node => ({
      name: `name/${to}`,
      op: 'Identity',
      domain: '',
      inputs: [from.name],
      outputs: [to],
      attributes: {},
    }),
  );
  const kept = [...written.nodes.filter((node) => !gone.has(node)), ...identities];
  return { graph: inOrder({ ...written, outputs: graph.outputs, nodes: kept }), stays };
}
