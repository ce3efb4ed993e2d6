/**
 * Reshapes and expansions that keep the rows, written so that onnxruntime sees it. It then knows that tensors of the
 * backward pass have as many rows as those of the forward pass, and runs sums and products of both in its layout of
 * blocked channels, without reordering them first. Such a graph takes no more rows of one than of the other.
 */
import { toAttributes } from '../attribute-like.ts';
import { makeConstant } from '../constant.ts';
import { isStatic } from '../dims.ts';
import { namesOf, prune, uniqueName } from '../edit.ts';
import type { Constant, Dim, Graph, Node } from '../graph.ts';
import { infer } from '../infer.ts';

/** First extent by which each operator gives that of its input. */
const KEEPS: Readonly<Record<string, number>> = { Reshape: 0, Expand: 1 };

/** The graph itself where no convolution has a constant kernel: then nothing runs in blocks. */
export function tieRows(graph: Graph): Graph {
  const hasBlocks = graph.nodes.some(({ op, inputs }) => op === 'Conv' && graph.constants.has(inputs[1] ?? ''));
  if (!hasBlocks) return graph;
  const types = infer(graph);
  const names = namesOf(graph);
  const constants = new Map(graph.constants);
  const shapes = new Map<string, string>();
  const shape = (dims: readonly number[]): string => {
    const key = dims.join();
    const known = shapes.get(key);
    if (known !== undefined) return known;
    const name = uniqueName(`shape/${key}`, names);
    constants.set(name, makeConstant('int64', [dims.length], dims) as Constant);
    shapes.set(key, name);
    return name;
  };
  const nodes = graph.nodes.map((node): Node => {
    const keep = node.domain === '' ? KEEPS[node.op] : undefined;
    if (keep === undefined) return node;
    const [from, to] = [node.inputs[0], node.outputs[0]].map((name) => types.get(name ?? '')?.dims);
    const rest = restOfRow(from, to);
    if (!rest || (node.op === 'Expand' && from?.length !== to?.length)) return node;
    const inputs = [node.inputs[0] as string, shape([keep, ...rest])];
    return { ...node, inputs, attributes: toAttributes({}) };
  });
  return prune({ ...graph, nodes, constants });
}

/** Extents behind the rows, where both have the same rows and the result no other dim that is open or empty. */
function restOfRow(from: readonly Dim[] = [], to: readonly Dim[] = []): readonly number[] | undefined {
  const [rows, ...rest] = to;
  return typeof rows === 'string' && rows === from[0] && isStatic(rest) && !rest.includes(0) ? rest : undefined;
}
