/**
 * Names the axes of a Squeeze that names none. Left alone it drops whatever dim is 1 when it runs: the batch as well, for
 * a single row. The axes are those that are 1 for every batch, as inference has them.
 */
import { makeConstant } from '../constant.ts';
import { namesOf, uniqueName } from '../edit.ts';
import type { Dim, Graph, Node } from '../graph.ts';
import { infer } from '../infer.ts';

const namesNoAxes = ({ op, domain, inputs }: Node): boolean => op === 'Squeeze' && domain === '' && !inputs[1];

/** A dim that inference had to make up a name for may well be 1 in every run. */
const isKnown = (dim: Dim): boolean => typeof dim === 'number' || !dim.includes('?');

export function spellOutSqueezes(graph: Graph): Graph {
  if (!graph.nodes.some(namesNoAxes)) return graph;
  const types = infer(graph);
  const names = namesOf(graph);
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((node) => {
    const [data = ''] = node.inputs;
    const dims = types.get(data)?.dims;
    if (!namesNoAxes(node) || !dims?.every(isKnown)) return node;
    const axes = [...dims.keys()].filter((axis) => dims[axis] === 1);
    // An empty list would again mean all of them.
    if (axes.length === 0) return { ...node, op: 'Identity' };
    const name = uniqueName(`${node.name}/axes`, names);
    constants.set(name, makeConstant('int64', [axes.length], axes));
    return { ...node, inputs: [data, name] };
  });
  return { ...graph, nodes, constants };
}
