/** Predictions, and explanations of the rows that fulfil a condition, from one forward pass. */
import type { Context } from 'hono';
import { selectRows } from '../../core/plan/forward-pass.ts';
import { rowOf } from '../../core/tensor/rows.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import type { EdgeEnv } from '../http/env.ts';
import { checkScope } from '../http/middleware/require-scope.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { type Answer, explainCached, runAtEdge } from './explain-cached.ts';
import type { ExplainCondition } from './explain-condition.ts';
import { digestOf, selectRowsOf } from './input.ts';
import { type ExplainQuery, queryOf, type RawQuery } from './query.ts';
import { checkRows } from './rows.ts';

export interface PredictedAndExplained {
  /** Outputs of the model for all rows, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Numbers of the rows that are explained, ascending. */
  readonly rows: readonly number[];
  /** Explanation of those rows; absent where there are none. */
  readonly explained?: { readonly query: ExplainQuery; readonly answer: Answer };
}

/**
 * Predicts for every row, and explains those that are in the sample and fulfil the condition. Every row is judged by
 * itself.
 * @param names outputs to return
 * @throws WhylightError `forbidden` without the scope `explain`; `budget_exceeded` for more rows than the tenant may send; those of `queryOf`, `readCondition` and `explainCached`
 */
export async function predictAndExplain(
  c: Context<EdgeEnv>,
  services: Services,
  raw: RawQuery,
  condition: ExplainCondition,
  names: readonly string[],
): Promise<PredictedAndExplained> {
  checkScope(c, 'explain');
  const { model } = raw.served;
  const query = await queryOf(c, services, raw);
  const plan = await query.plan();
  checkRows(plan.rows, limitsFor(c.get('tenant'), services.limits).maxSamples);
  const all = Array.from({ length: plan.rows }, (_, row) => row);
  const isSampled = await Promise.all(
    all.map(async (row) => condition.isSampled(await digestOf(rowOf(plan.inputs, row)))),
  );
  if (!isSampled.includes(true)) {
    const inputs = await query.input.inputs();
    const outputs = await runAtEdge(c, services, (hooks) => services.explainer.infer(model, { inputs, names }, hooks));
    return { outputs, rows: [] };
  }
  const certain = condition.holds === undefined && !isSampled.includes(false);
  const { outputs, facts, pass } = await runAtEdge(c, services, (hooks) =>
    services.explainer.predictRows(plan, { names, certain }, hooks),
  );
  const rows = all.filter((row) => {
    const found = facts[row];
    return isSampled[row] && found && (condition.holds?.(found) ?? true);
  });
  if (rows.length === 0) return { outputs, rows };
  const chosen =
    rows.length === all.length
      ? query
      : await queryOf(c, services, { ...raw, input: selectRowsOf(query.input, model, rows) });
  const answer = await explainCached(c, services, chosen, { pass: selectRows(pass, rows) });
  return { outputs, rows, explained: { query: chosen, answer } };
}
