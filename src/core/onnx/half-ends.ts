/** Half floats where tensors travel, float32 where they are computed with. */
import { withSubgraphs } from './edit.ts';
import { elementNumber } from './elements.ts';
import type { Graph, Node, ValueInfo } from './graph.ts';

/**
 * The same graph with these inputs and outputs as float16 where they are float32: half the bytes on the wire, values to
 * three digits. Not for gradients: their small values would vanish.
 */
export function halfEnds(graph: Graph, names: Iterable<string>): Graph {
  const chosen = new Set(names);
  const isFloat = ({ name, dtype }: ValueInfo): boolean => dtype === 'float32' && chosen.has(name);
  const floats = new Set([...graph.inputs, ...graph.outputs].filter(isFloat).map(({ name }) => name));
  const inside = (name: string): string => (floats.has(name) ? `${name}/float32` : name);
  const narrow = (value: ValueInfo): ValueInfo => (isFloat(value) ? { ...value, dtype: 'float16' } : value);
  return {
    ...graph,
    inputs: graph.inputs.map(narrow),
    outputs: graph.outputs.map(narrow),
    nodes: [
      ...graph.inputs.filter(isFloat).map(({ name }) => castNode(name, inside(name), 'float32')),
      ...graph.nodes.map((node) => renamed(node, inside)),
      ...graph.outputs.filter(isFloat).map(({ name }) => castNode(inside(name), name, 'float16')),
    ],
  };
}

function renamed(node: Node, rename: (name: string) => string): Node {
  const within = withSubgraphs(node, (graph) => ({
    ...graph,
    nodes: graph.nodes.map((inner) => renamed(inner, rename)),
  }));
  return { ...within, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
}

const castNode = (from: string, to: string, dtype: 'float16' | 'float32'): Node => ({
  name: `${to}/cast`,
  op: 'Cast',
  domain: '',
  inputs: [from],
  outputs: [to],
  attributes: { to: { type: 'int', value: elementNumber(dtype) } },
});
