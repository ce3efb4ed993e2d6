/** Helpers of rules that work along axes. */
import { WhylightError } from '../../errors.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';

/** 0, 1 ... n - 1. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** An axis counted from the front. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The number of dimensions of `x`, which a rule cannot do without. */
export function rankOf(x: Value, node: Node): number {
  if (x.dims) return x.dims.length;
  refuse(node, `the number of dimensions of "${x.name}" is not known before the run`);
}

/** The node is of a form that has no rule. */
export function refuse(node: Node, reason: string): never {
  throw new WhylightError(
    'not_differentiable',
    `${node.op} "${node.name}" cannot be differentiated: ${reason}. Use a perturbation method, which needs no rules, or bring a rule for the operator in a plugin's ruleset.`,
    { unsupported: [{ op: node.op, domain: node.domain || 'ai.onnx', node: node.name, reason }] },
  );
}

/**
 * Elements of an integer operand.
 * @throws WhylightError `not_differentiable` when they are only known at run time
 */
export function known(value: Value | undefined, node: Node, what: string): readonly number[] {
  if (value?.value?.every((v) => typeof v === 'number')) return value.value as readonly number[];
  refuse(node, `its ${what} are only known at run time`);
}

/** The order of axes that takes `axis` to position `to`, the others left in order. */
export function moving(rank: number, axis: number, to: number): number[] {
  const others = upTo(rank).filter((i) => i !== axis);
  others.splice(to, 0, axis);
  return others;
}

/** The permutation that undoes `perm`. */
export const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i));

/** `values` [C] in the shape that broadcasts along `axis` of `rank` dimensions: [C, 1, 1] for axis 1 of 4. */
export function alongAxis(g: GraphBuilder, values: Value, axis: number, rank: number): Value {
  const behind = rank - 1 - axis;
  return behind <= 0 || values.dims?.length === 0
    ? values
    : g.reshape(values, [values.dims?.[0] ?? -1, ...Array<number>(behind).fill(1)], values);
}

/** Zeros in the shape of `x` with its axes in the order `perm`. */
export function permutedZeros(g: GraphBuilder, x: Value, perm: readonly number[], like: Value): Value {
  const known = x.dims?.every((d) => typeof d === 'number') ? (x.dims as readonly number[]) : undefined;
  const shape = known
    ? g.ints(perm.map((p) => known[p] as number))
    : perm.every((p, i) => p === i)
      ? g.shapeOf(x)
      : g.op('Gather', [g.shapeOf(x), g.ints(perm)]);
  return g.op('Expand', [g.number(0, like), shape]);
}
