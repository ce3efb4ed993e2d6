/**
 * Names every axis of a Pad in front of a pooling. onnxruntime 1.30 fuses such a Pad into the pooling and loses its zeros, or
 * refuses the pooling because its pads are larger than its window; a Pad that names its axes it leaves alone. All axes are
 * named, in order, so that moving transpositions through the Pad stays right (see `spell-out-pads.ts`).
 */
import { makeConstant } from '../constant.ts';
import { consumers, namesOf, uniqueName } from '../edit.ts';
import type { Graph, Node } from '../graph.ts';
import { infer } from '../infer.ts';
import { traitsOf } from '../operators.ts';

export function protectPads(graph: Graph): Graph {
  const readers = consumers(graph);
  const unprotected = (node: Node): boolean =>
    node.op === 'Pad' &&
    node.domain === '' &&
    !node.inputs[3] &&
    (readers.get(node.outputs[0] ?? '')?.some((reader) => traitsOf(reader).pooling !== undefined) ?? false);
  if (!graph.nodes.some(unprotected)) return graph;
  const types = infer(graph);
  const names = namesOf(graph);
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((node) => {
    const [data = '', pads = '', value = ''] = node.inputs;
    const rank = unprotected(node) ? types.get(data)?.dims?.length : undefined;
    if (rank === undefined) return node;
    const axes = uniqueName(`${node.name}/axes`, names);
    const all = Array.from({ length: rank }, (_, axis) => axis);
    constants.set(axes, makeConstant('int64', [rank], all));
    return { ...node, inputs: [data, pads, value, axes] };
  });
  return { ...graph, nodes, constants };
}
