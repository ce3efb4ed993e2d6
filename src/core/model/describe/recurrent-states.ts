/** Rows of states that recurrent layers start from, followed from the layer back to the input that holds them. */
import { intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import { producers } from '../../onnx/edit.ts';
import type { Graph, Node } from '../../onnx/graph.ts';

const found = new WeakMap<Graph, ReadonlyMap<string, number>>();

/**
 * Axis of each input along which a recurrent layer counts the rows of its initial state. The axis may hold more than
 * rows: a layer that runs along frequencies takes each of them for a row.
 */
export function stateAxes(graph: Graph): ReadonlyMap<string, number> {
  const known = found.get(graph);
  if (known) return known;
  const axes = new Map<string, number>();
  const makers = producers(graph);
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    if (!['LSTM', 'GRU', 'RNN'].includes(node.op)) continue;
    // [directions, N, units], or [N, directions, units] in the layout 1.
    const rows = intAttribute(node, 'layout', 0) === 1 ? 0 : 1;
    for (const name of node.inputs.slice(5, 7)) {
      const origin = followed(graph, name, rows, makers);
      if (origin && inputs.has(origin.name) && !axes.has(origin.name)) axes.set(origin.name, origin.axis);
    }
  }
  found.set(graph, axes);
  return axes;
}

function followed(graph: Graph, name: string, axis: number, makers: ReadonlyMap<string, Node>) {
  let place = { name, axis };
  for (let node = makers.get(place.name); node; node = makers.get(place.name)) {
    const before = axisBefore(graph, node, place.axis);
    if (before === undefined) return undefined;
    place = { name: node.inputs[0] as string, axis: before };
  }
  return place;
}

/** Axis of the first input of a node that becomes `axis` of its output; undefined where that cannot be said. */
function axisBefore({ constants }: Graph, node: Node, axis: number): number | undefined {
  switch (node.op) {
    case 'Identity':
    case 'Cast':
    case 'Slice':
    case 'Split':
    case 'ScatterND':
      return axis;
    case 'Transpose':
      return intsAttribute(node, 'perm', [])[axis];
    case 'Gather': {
      const isOne = constants.get(node.inputs[1] ?? '')?.dims.length === 0;
      const gathered = intAttribute(node, 'axis', 0);
      return isOne && gathered >= 0 ? axis + Number(axis >= gathered) : undefined;
    }
    default:
      return undefined;
  }
}
