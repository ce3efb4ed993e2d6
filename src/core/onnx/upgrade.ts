/** Brings a graph to the one operator set that the rest of the core speaks. Operators of other domains stay as they are. */

import { withSubgraphs } from './edit.ts';
import { type Graph, type Node, OPSET } from './graph.ts';
import { invalid } from './invalid.ts';
import { type Changes, Context, type VersionedNode, without } from './upgrade/context.ts';
import { experimental } from './upgrade/experimental.ts';
import { newer } from './upgrade/newer.ts';
import { normalization } from './upgrade/normalization.ts';
import { oldest } from './upgrade/oldest.ts';
import { operands } from './upgrade/operands.ts';
import { narrowGather, quantizations } from './upgrade/quantization.ts';
import { sampling } from './upgrade/sampling.ts';
import { scans } from './upgrade/scan.ts';
import { softmax } from './upgrade/softmax.ts';

/** The versions of `ai.onnx` that are understood. */
export const MIN_OPSET = 1;
export const MAX_OPSET = 28;

const NEWER: Changes = {
  ...operands,
  ...softmax,
  ...sampling,
  ...normalization,
  ...experimental,
  ...newer,
  ...quantizations,
  ...scans,
};

/** Changes of each operator, oldest first. */
const CHANGES: Changes = Object.fromEntries(
  [...new Set([...Object.keys(oldest), ...Object.keys(NEWER)])].map((op) => [
    op,
    [...(oldest[op] ?? []), ...(NEWER[op] ?? [])],
  ]),
);

/**
 * The same computation in operators of {@link OPSET}. Values keep their names.
 * @param version the version of `ai.onnx` that the graph is written in
 * @throws WhylightError `invalid_model` for what newer operators cannot say, or older ones than {@link MIN_OPSET}
 */
export function upgrade(graph: Graph, version: number, outer?: Context): Graph {
  const context = new Context(graph, outer);
  for (const versioned of graph.nodes as readonly VersionedNode[]) {
    const { opset = version, ...node } = versioned;
    if (opset < MIN_OPSET || opset > MAX_OPSET) {
      invalid(`${node.op} "${node.name}" is of operator set ${opset}; whylight reads ${MIN_OPSET} to ${MAX_OPSET}.`, {
        node: node.name,
      });
    }
    const rewritten = rewrite(node, opset, context);
    context.nodes.push(withSubgraphs(rewritten, (inner) => upgrade(inner, opset, context)));
  }
  return { ...graph, opsets: { ...graph.opsets, '': OPSET }, nodes: context.nodes, constants: context.constants };
}

function rewrite(node: Node, opset: number, context: Context): Node {
  if (node.domain === 'com.microsoft' && node.op === 'GatherBlockQuantized') return narrowGather(node, context);
  // Before operator set 6, nodes named the inputs whose memory they might overwrite.
  const attributes = opset < 6 && node.domain === '' ? without(node.attributes, 'consumed_inputs') : node.attributes;
  let [current, version] = [{ ...node, attributes }, opset];
  while (current.domain === '') {
    const change = Object.hasOwn(CHANGES, current.op) ? CHANGES[current.op]?.find(({ to }) => to > version) : undefined;
    if (!change) break;
    current = change.rewrite(current, context);
    version = change.to;
  }
  return current;
}
