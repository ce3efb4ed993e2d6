/**
 * Pads all axes where a node names some. onnxruntime moves transpositions through Pad as if its pads were for every axis,
 * and then reads past their end (seen with 1.30).
 */
import { constantValues, makeConstant } from '../constant.ts';
import { namesOf, uniqueName } from '../edit.ts';
import type { Graph } from '../graph.ts';
import { infer } from '../infer.ts';

export function spellOutPads(graph: Graph): Graph {
  if (!graph.nodes.some((node) => node.op === 'Pad' && node.inputs[3])) return graph;
  const types = infer(graph);
  const names = namesOf(graph);
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((node) => {
    if (node.op !== 'Pad' || node.domain !== '') return node;
    const [data = '', pads = '', value = '', axes = ''] = node.inputs;
    const [given, chosen] = [constants.get(pads), constants.get(axes)];
    const rank = types.get(data)?.dims?.length;
    if (!given || !chosen || rank === undefined) return node;
    const [amounts, positions] = [constantValues(given), constantValues(chosen)];
    const all = new Array<number>(2 * rank).fill(0);
    for (const [i, position] of Array.from(positions).entries()) {
      const axis = position < 0 ? position + rank : position;
      all[axis] = amounts[i] as number;
      all[axis + rank] = amounts[i + positions.length] as number;
    }
    const name = uniqueName(`${node.name}/pads`, names);
    constants.set(name, makeConstant('int64', [2 * rank], all));
    return { ...node, inputs: value === '' ? [data, name] : [data, name, value] };
  });
  return { ...graph, nodes, constants };
}
