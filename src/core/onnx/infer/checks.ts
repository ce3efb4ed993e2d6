/** Checks of dims against each other, shared by the inference rules; each throws `invalid_model` with the node's name. */
import { WhylightError } from '../../errors.ts';
import { maximum } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';

/** The node's inputs contradict each other or its attributes. */
export function fail(node: Node, problem: string, details: Record<string, unknown> = {}): never {
  throw new WhylightError('invalid_model', `${node.op} "${node.name || node.outputs[0]}": ${problem}`, {
    node: node.name,
    op: node.op,
    ...details,
  });
}

/** Writes dims as in `[N, 3, 224]`. */
export const show = (dims: readonly Dim[]): string => `[${dims.join(', ')}]`;

/** An axis counted from the front. Axes are inputs too, which a damaged file may give another type. */
export function normalAxis(node: Node, axis: number, rank: number): number {
  if (!Number.isInteger(axis)) fail(node, `axis ${axis} is not a whole number.`);
  if (axis < -rank || axis >= rank) fail(node, `axis ${axis} does not exist in ${rank} dimensions.`);
  return axis < 0 ? axis + rank : axis;
}

/** The rank that an input must have. */
export function expectRank(node: Node, dims: readonly Dim[] | undefined, rank: number, what = 'its input'): void {
  if (dims && dims.length !== rank) fail(node, `${what} has ${show(dims)}, expected ${rank} dimensions.`);
}

/** Two dims that must agree. */
export function expectSame(node: Node, a: Dim | undefined, b: Dim | undefined, what: string): void {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) fail(node, `${what} differ: ${a} and ${b}.`);
}

/** The more specific of two dims that must agree. */
export const moreKnown = (a: Dim, b: Dim): Dim =>
  typeof a === 'number' ? a : typeof b === 'number' ? b : a.startsWith('?') ? b : a;

/** The shape of two operands broadcast against each other, after numpy; undefined when a rank is unknown. */
export function broadcast(node: Node, shapes: readonly (readonly Dim[] | undefined)[]): Dim[] | undefined {
  let result: Dim[] = [];
  for (const dims of shapes) {
    if (!dims) return undefined;
    const [long, short] = dims.length > result.length ? [dims, result] : [result, dims];
    const lead = long.length - short.length;
    result = long.map((a, i) => (i < lead ? a : (broadcastDim(a, short[i - lead] as Dim) ?? mismatch(node, shapes))));
  }
  return result;
}

function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === 'string' && typeof b === 'string') return maximum(a, b);
  if (typeof a === 'number' && typeof b === 'number') return undefined;
  return typeof a === 'number' ? a : b;
}

const mismatch = (node: Node, shapes: readonly (readonly Dim[] | undefined)[]): never =>
  fail(node, `the shapes ${shapes.map((s) => (s ? show(s) : '?')).join(' and ')} cannot be broadcast together.`, {
    shapes,
  });
