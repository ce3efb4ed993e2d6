/** A second forward pass in the same graph, over baselines, for rulesets that compare the two. Weights are shared. */
import type { GraphBuilder, Value } from '../onnx/builder.ts';
import type { Graph } from '../onnx/graph.ts';

/** Name of the graph input that holds the baseline of `input`. */
export const baselineName = (input: string): string => `baseline/${input}`;

/** Adds the inputs and the pass; the answer maps each value of `graph` to its value in the reference pass. */
export function withReference(g: GraphBuilder, graph: Graph): (value: Value) => Value {
  const twin = new Map<string, Value>();
  for (const { name, dtype, dims = [], whole } of graph.inputs) {
    // What all rows share is the same in both passes.
    if (!whole) twin.set(name, g.input(baselineName(name), dtype, dims));
  }
  const of = (name: string): Value | undefined => (name === '' ? undefined : (twin.get(name) ?? g.value(name)));
  g.under('baseline/');
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => twin.has(name))) continue;
    const outputs = g.copy(node, node.inputs.map(of));
    for (const [i, name] of node.outputs.entries()) if (name !== '') twin.set(name, outputs[i] as Value);
  }
  return (value) => twin.get(value.name) ?? value;
}
