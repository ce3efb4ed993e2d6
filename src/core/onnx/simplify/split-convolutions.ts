/**
 * Convolutions whose result is only split by channels, written as one convolution for each part: its weights are those
 * rows of the kernel, so nothing is stored twice. Native kernels lay out tensors in blocks of channels, which a Split
 * leaves.
 */
import { intAttribute } from '../attributes.ts';
import { constantValues } from '../constant.ts';
import { consumers, namesOf, prune, uniqueName } from '../edit.ts';
import type { Constant, Graph, Node } from '../graph.ts';

export function splitConvolutions(graph: Graph): Graph {
  const readers = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const splits = new Map<Node, Node>();
  for (const node of graph.nodes) {
    const [name = ''] = node.outputs;
    const [split, ...others] = readers.get(name) ?? [];
    const isSplitAlone = split && others.length === 0 && !outputs.has(name) && partsOf(graph, split) !== undefined;
    if (isSplitAlone && hasConstantKernel(graph, node)) splits.set(node, split);
  }
  if (splits.size === 0) return graph;
  const names = namesOf(graph);
  const constants = new Map(graph.constants);
  const gone = new Set(splits.values());
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const split = splits.get(node);
    if (!split) return gone.has(node) ? [] : [node];
    let first = 0;
    return (partsOf(graph, split) ?? []).map((rows, i): Node => {
      const operands = node.inputs.slice(1).map((operand) => {
        const name = uniqueName(`${operand}/${i}`, names);
        constants.set(name, rowsOf(graph.constants.get(operand) as Constant, first, rows));
        return name;
      });
      first += rows;
      const name = uniqueName(`${node.name}/${i}`, names);
      return { ...node, name, inputs: [node.inputs[0] as string, ...operands], outputs: [split.outputs[i] as string] };
    });
  });
  return prune({ ...graph, nodes, constants });
}

/** Numbers of channels of the parts; undefined for other nodes, and where only the run settles them. */
function partsOf(graph: Graph, node: Node): number[] | undefined {
  const lengths = graph.constants.get(node.inputs[1] ?? '');
  if (node.op !== 'Split' || node.domain !== '' || intAttribute(node, 'axis', 0) !== 1 || !lengths) return undefined;
  return Array.from(constantValues(lengths), Number);
}

function hasConstantKernel(graph: Graph, node: Node): boolean {
  if (node.op !== 'Conv' || node.domain !== '' || intAttribute(node, 'group', 1) !== 1) return false;
  return node.inputs.slice(1).every((name) => {
    const constant = graph.constants.get(name);
    return constant !== undefined && constant.bits === undefined;
  });
}

/** Rows of a constant, as a view on its bytes. */
function rowsOf(constant: Constant, first: number, count: number): Constant {
  const [rows = 1, ...rest] = constant.dims;
  const size = constant.bytes.byteLength / rows;
  return {
    dtype: constant.dtype,
    dims: [count, ...rest],
    bytes: constant.bytes.subarray(first * size, (first + count) * size),
  };
}
