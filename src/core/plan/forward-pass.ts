/** Forward pass of every row of a request, which its predictions and its explanations share. */
import type { Target } from '../model/target-request.ts';
import { rowsOf, sliceRows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { outputsOf, type RawEvaluation } from './run.ts';
import type { ResolvedNeeds } from './variant.ts';

/** Results of one graph, and the rows of it that are explained. */
export interface ForwardPass {
  /** Needs of the graph that ran. */
  readonly needs: ResolvedNeeds;
  /** Target that was differentiated; the top class of each row when absent. */
  readonly target?: Target;
  readonly raw: RawEvaluation;
  /** Row of the results for each row that is explained. */
  readonly rows: readonly number[];
}

/**
 * Finds the evaluation of one row among the results of a pass.
 * @param index number of the row among those that are explained
 * @param target target to differentiate, the top class when undefined
 * @returns undefined where the pass lacks a tensor or a gradient
 */
export function recall(
  pass: ForwardPass | undefined,
  index: number,
  needs: ResolvedNeeds,
  target?: Target,
): RawEvaluation | undefined {
  if (!pass || needs.feeds.length > 0 || needs.mixtures || needs.hessianVector !== undefined) return undefined;
  if (needs.gradients.length > 0 && !hasGradients(pass, needs, target)) return undefined;
  const row = pass.rows[index] as number;
  const outputs = outputsOf(pass.raw, pass.needs.scores);
  const activations = [...needs.activations, ...needs.echoes];
  // A tensor with another number of rows, such as boxes of all rows in one list, cannot be divided.
  const hasRow = (name: string): boolean =>
    outputs[name] !== undefined && rowsOf(outputs[name]) === rowsOf(pass.raw.scores);
  if (![needs.scores, ...activations].every(hasRow)) return undefined;
  const rowOf = (tensor: Tensor<'float32'> | undefined) => sliceRows(tensor as Tensor<'float32'>, row, row + 1);
  return {
    scores: rowOf(outputs[needs.scores]),
    activations: Object.fromEntries(activations.map((name) => [name, rowOf(outputs[name])])),
    gradients: Object.fromEntries(needs.gradients.map((name) => [name, rowOf(pass.raw.gradients[name])])),
  };
}

function hasGradients(pass: ForwardPass, needs: ResolvedNeeds, target: Target | undefined): boolean {
  const { scores, ruleset } = pass.needs;
  return (
    scores === needs.scores &&
    ruleset === needs.ruleset &&
    pass.target === target &&
    needs.gradients.every((name) => Object.hasOwn(pass.raw.gradients, name))
  );
}

/** The pass of some of the explained rows, in this order. */
export const selectRows = (pass: ForwardPass, rows: readonly number[]): ForwardPass => ({
  ...pass,
  rows: rows.map((row) => pass.rows[row] as number),
});
