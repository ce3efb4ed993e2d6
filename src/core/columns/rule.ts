/** Rules: how the columns of a node's outputs depend on those of its inputs. */
import type { Constant, Node } from '../onnx/graph.ts';
import type { ColumnFacts, Columns } from './columns.ts';

/** Things that a rule may look up while columns are traced. */
export interface Scope {
  readonly constant: (name: string) => Constant | undefined;
  /** Facts of each source column, which rules add to. */
  readonly sources: ColumnFacts[];
}

/**
 * Columns of the outputs; undefined where they cannot be told.
 * @param inputs undefined for constants, and for inputs that are left out
 */
export type Rule = (
  inputs: readonly (Columns | undefined)[],
  node: Node,
  scope: Scope,
) => readonly (Columns | undefined)[] | undefined;

/** By operator, that of another domain than ai.onnx with its domain in front. */
export type Rules = Readonly<Record<string, Rule>>;

/** One rule for several operators, separated by spaces. */
export const forAll = (operators: string, rule: Rule): Rules =>
  Object.fromEntries(operators.split(' ').map((op) => [op, rule]));
