/** Tensors that are written onto the graph of a model. */
import { GraphBuilder, type Value } from '../onnx/builder.ts';
import type { Graph } from '../onnx/graph.ts';

/**
 * Writer of a tensor `[N, ...]` as nodes.
 * @param value returns a tensor of the graph by its name
 */
export type BuildTensor = (g: GraphBuilder, value: (name: string) => Value) => Value;

/**
 * The graph with one more output of this name, made of its own tensors.
 * @throws WhylightError `layer_not_found` where `build` asks for a tensor that the graph does not have
 */
export function withMadeTensor(graph: Graph, name: string, build: BuildTensor): Graph {
  const g = new GraphBuilder(graph);
  const outputs = graph.outputs.map((output) => g.value(output.name));
  const made = build(g.under(`${name}/`), (tensor) => g.value(tensor));
  return g.build([...outputs, g.named(made, name)]);
}
