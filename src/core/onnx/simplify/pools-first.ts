/**
 * Max pools moved in front of the activations and concatenations that they read. A maximum and a function that never falls
 * may change places: the same values come out, and the activation, forward and backward, has only the pooled positions.
 */
import { intAttribute, intsAttribute } from '../attributes.ts';
import { consumers, namesOf, producers, prune, uniqueName } from '../edit.ts';
import type { Graph, Node } from '../graph.ts';

/** Activations that never fall, and are as large at the least number as anywhere. */
const ACTIVATIONS: ReadonlySet<string> = new Set(['Relu', 'Clip']);

export function poolsFirst(graph: Graph): Graph {
  const pools = graph.nodes.filter(thinsOut);
  if (pools.length === 0) return graph;
  const [makers, readers, names] = [producers(graph), consumers(graph), namesOf(graph)];
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  /** The node behind a value that only one node reads. */
  const maker = (value = ''): Node | undefined =>
    outputs.has(value) || readers.get(value)?.length !== 1 ? undefined : makers.get(value);
  const isActivation = (node?: Node): boolean =>
    node?.domain === '' && ACTIVATIONS.has(node.op) && node.inputs.slice(1).every((bound) => !makers.has(bound));
  const isStack = (node?: Node): boolean =>
    node?.op === 'Concat' &&
    node.domain === '' &&
    intAttribute(node, 'axis', 0) === 1 &&
    node.inputs.some((part) => isActivation(maker(part)));
  /** Nodes that give the pooled `value` under the name `output`. */
  const pooled = (pool: Node, value: string, output: string): readonly Node[] => {
    const from = maker(value);
    if (!from || !(isActivation(from) || isStack(from))) {
      return [{ ...pool, name: uniqueName(pool.name, names), inputs: [value], outputs: [output] }];
    }
    const moved = isStack(from) ? from.inputs : from.inputs.slice(0, 1);
    const parts = moved.map((part) => uniqueName(`${part}/pooled`, names));
    const before = moved.flatMap((part, i) => pooled(pool, part, parts[i] as string));
    const inputs = [...parts, ...from.inputs.slice(moved.length)];
    return [...before, { ...from, name: uniqueName(from.name, names), inputs, outputs: [output] }];
  };
  const nodes = graph.nodes.flatMap((node) =>
    thinsOut(node) ? pooled(node, node.inputs[0] as string, node.outputs[0] as string) : [node],
  );
  return prune({ ...graph, nodes });
}

/** True for a max pool without indices whose result has fewer positions, and that has no window over padding alone. */
function thinsOut(node: Node): boolean {
  return (
    node.op === 'MaxPool' &&
    node.domain === '' &&
    node.outputs.length === 1 &&
    intsAttribute(node, 'strides', []).some((stride) => stride > 1) &&
    intsAttribute(node, 'dilations', []).every((dilation) => dilation === 1)
  );
}
