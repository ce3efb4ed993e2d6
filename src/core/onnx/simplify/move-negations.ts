/**
 * Negations of the backward pass moved towards the outputs, so that two of them cancel and a sum with one becomes a
 * difference. A sign is exact through products and sums, so that every value stays the same to the bit, but for the sign of
 * zeros.
 */
import { namesOf, prune, uniqueName } from '../edit.ts';
import type { Graph, Node } from '../graph.ts';

/** Inputs through which a negation passes, by operator: the result is linear in each of them. */
const LINEAR: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(['Conv', 'ConvTranspose', 'MatMul', 'Gemm', 'Mul', 'Div'].map((op) => [op, [0, 1]])),
  ...Object.fromEntries(
    [
      ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Expand', 'Slice', 'Gather', 'Identity'],
      ...['ReduceSum', 'ReduceMean', 'AveragePool', 'GlobalAveragePool', 'DepthToSpace', 'SpaceToDepth'],
    ].map((op) => [op, [0]]),
  ),
};

/** Layers with a third operand that is added. */
const BIASED: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm']);

/** A node written with opposite operands, and whether its result is the opposite of that of the original. */
interface Rewritten {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly flipped: boolean;
}

/** @param from graph input: negations that do not depend on it stay where they are */
export function moveNegations(graph: Graph, from: string): Graph {
  if (!graph.nodes.some(isNegation)) return graph;
  const names = namesOf(graph);
  const reached = new Set([from]);
  /** Values that exist by those that are their negation. */
  const opposites = new Map<string, string>();
  /** Values that are equal to another one: negations of negations. */
  const equals = new Map<string, string>();
  const nodes = graph.nodes.flatMap((given): readonly Node[] => {
    if (!given.inputs.some((name) => reached.has(name))) return [given];
    for (const name of given.outputs) reached.add(name);
    const node = { ...given, inputs: given.inputs.map((name) => equals.get(name) ?? name) };
    const [input = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (isNegation(node)) {
      const original = opposites.get(input);
      if (original === undefined) opposites.set(output, input);
      else equals.set(output, original);
      return original === undefined ? [node] : [{ ...node, op: 'Identity', inputs: [original] }];
    }
    const rewritten = node.outputs.length === 1 ? rewrite(node, opposites) : undefined;
    if (!rewritten) return [node];
    const { op, inputs, flipped } = rewritten;
    if (!flipped) return [{ ...node, op, inputs }];
    const opposite = uniqueName(`${output}/opposite`, names);
    const negation = { op: 'Neg', domain: '', name: opposite, inputs: [opposite], outputs: [output], attributes: {} };
    opposites.set(output, opposite);
    return [{ ...node, op, inputs, outputs: [opposite] }, negation];
  });
  return prune({ ...graph, nodes });
}

const isNegation = ({ op, domain }: Node): boolean => op === 'Neg' && domain === '';

/** @returns undefined where no operand is a negation, or the sign does not pass through */
function rewrite({ op, domain, inputs }: Node, opposites: ReadonlyMap<string, string>): Rewritten | undefined {
  if (domain !== '') return undefined;
  if (op === 'Add' || op === 'Sub') return sum(op, inputs, opposites);
  const linear = Object.hasOwn(LINEAR, op) ? (LINEAR[op] ?? []) : [];
  if (BIASED.has(op) && inputs[2]) return undefined;
  const negated = linear.filter((at) => opposites.has(inputs[at] ?? ''));
  if (negated.length === 0) return undefined;
  const operands = inputs.map((name, at) => (negated.includes(at) ? (opposites.get(name) as string) : name));
  return { op, inputs: operands, flipped: negated.length === 1 };
}

function sum(op: 'Add' | 'Sub', inputs: readonly string[], opposites: ReadonlyMap<string, string>) {
  const [a = '', b = ''] = inputs;
  const [left, right] = [opposites.get(a), opposites.get(b)];
  if (left === undefined && right === undefined) return undefined;
  // With a = -left and b = -right.
  if (op === 'Add') {
    if (left !== undefined && right !== undefined) return { op: 'Add', inputs: [left, right], flipped: true };
    return { op: 'Sub', inputs: left === undefined ? [a, right as string] : [b, left], flipped: false };
  }
  if (left === undefined) return { op: 'Add', inputs: [a, right as string], flipped: false };
  if (right === undefined) return { op: 'Add', inputs: [left, b], flipped: true };
  return { op: 'Sub', inputs: [right, left], flipped: false };
}
