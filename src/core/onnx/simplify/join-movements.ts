/**
 * Makes one of two reshapes or transpositions in a row. What the first one gave stays if somebody else reads it. A kept
 * tensor between them stays on the path: it may be what is differentiated at.
 */
import { intsAttribute } from '../attributes.ts';
import { constantValues } from '../constant.ts';
import { producers } from '../edit.ts';
import type { Graph, Node } from '../graph.ts';
import { bypass } from './rename.ts';

export function joinMovements(graph: Graph, kept: ReadonlySet<string>): Graph {
  const makers = producers(graph);
  let isJoined = false;
  const nodes = graph.nodes.map((node) => {
    const before = makers.get(node.inputs[0] as string);
    const joined =
      before?.op === node.op &&
      !kept.has(node.inputs[0] as string) &&
      (joinReshapes(graph, before, node) ?? joinTransposes(before, node));
    if (!joined) return node;
    isJoined = true;
    makers.set(node.outputs[0] as string, joined);
    return joined;
  });
  return bypass(isJoined ? { ...graph, nodes } : graph, kept, (node) =>
    node.op === 'Transpose' && intsAttribute(node, 'perm')?.every((p, i) => p === i) ? node.inputs[0] : undefined,
  );
}

/** A 0 in the second shape copies a dim of the first result, so it must have none. */
function joinReshapes(graph: Graph, before: Node, node: Node): Node | undefined {
  if (node.op !== 'Reshape' || node.attributes.allowzero) return undefined;
  const shape = graph.constants.get(node.inputs[1] as string);
  if (!shape || Array.from(constantValues(shape)).includes(0)) return undefined;
  return { ...node, inputs: [before.inputs[0] as string, node.inputs[1] as string] };
}

function joinTransposes(before: Node, node: Node): Node | undefined {
  if (node.op !== 'Transpose') return undefined;
  const [first, second] = [intsAttribute(before, 'perm'), intsAttribute(node, 'perm')];
  if (!first || !second) return undefined;
  const perm = second.map((p) => first[p] as number);
  return { ...node, inputs: [before.inputs[0] as string], attributes: { perm: { type: 'ints', value: perm } } };
}
