/** Metrics of an answer: `metrics=insertion,deletion` measures its faithfulness. */
import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { Plan } from '../../core/explainer/plan.ts';
import type { ExplainHooks } from '../../core/explainer/request.ts';
import { withMetrics } from '../../core/metrics/check.ts';
import { metrics as builtinMetrics } from '../../core/metrics/index.ts';
import { isMeasured, type Measured, type MetricRequest, measureRows, planMetrics } from '../../core/metrics/measure.ts';
import type { Metric } from '../../core/metrics/metric.ts';
import { float32 } from '../../core/tensor/tensor.ts';
import type { NamedOutput, Parameters } from '../../protocol/open-inference.ts';
import type { Services } from '../services.ts';

export interface Measures {
  /** `metric.<id>`, FP32 [N]. */
  readonly outputs: readonly NamedOutput[];
  /** `metrics_skipped` names the metrics that do not apply, with the reason of each; `metrics_left_out` is its alias of 0.1. */
  readonly parameters: Parameters;
  /** Number of rows that the metrics evaluated. */
  readonly samples: number;
}

/**
 * Measures an explanation.
 * @param plan plan of the explanation
 * @throws WhylightError `invalid_request` for an unknown metric, `budget_exceeded` when explanation and metrics together
 * would evaluate more rows than `hooks.maxSamples`.
 */
export async function measure(
  { explainer, ownMetrics = [] }: Pick<Services, 'explainer' | 'ownMetrics'>,
  plan: Plan,
  explanation: Explanation,
  requests: readonly MetricRequest[],
  hooks: ExplainHooks,
): Promise<Measures> {
  const planned = metricsOf(plan, requests, withMetrics(builtinMetrics, ownMetrics));
  const { rows, samples } = explanation;
  const added = rows.length * planned.reduce((sum, { cost }) => sum + cost.forwards + cost.backwards, 0);
  const names = requests.map(({ metric }) => metric);
  checkBudget(names, added + samples.forwards + samples.backwards, hooks.maxSamples);
  const measured = await measureRows(explainer, plan, rows, planned, { hooks });
  const columns = planned.map(({ metric }, i) => ({ id: metric.id, cells: measured.map((row) => row[i] as Measured) }));
  const failures = columns.flatMap(({ id, cells }) => {
    const failed = cells.find((cell) => !isMeasured(cell));
    return failed && !isMeasured(failed) ? [`${id}: ${failed.error.message}`] : [];
  });
  return {
    outputs: columns.flatMap(({ id, cells }) => (cells.every(isMeasured) ? [outputOf(id, cells)] : [])),
    parameters:
      failures.length > 0 ? { metrics_skipped: failures.join(' '), metrics_left_out: failures.join(' ') } : {},
    samples: added,
  };
}

const outputOf = (id: string, cells: readonly { readonly score: number }[]): NamedOutput => ({
  name: `metric.${id}`,
  value: float32(
    [cells.length],
    cells.map(({ score }) => score),
  ),
});

function checkBudget(metrics: readonly string[], total: number, maxSamples: number | undefined): void {
  if (maxSamples === undefined || total <= maxSamples) return;
  throw new WhylightError(
    'budget_exceeded',
    `The explanation and its metrics would evaluate ${total} rows, ${maxSamples} are allowed: ask for fewer metrics.`,
    { metrics, cost: { samples: total }, allowed: maxSamples },
  );
}

/** Looks up metrics. An unknown name is a mistake in a parameter, not a missing page. */
function metricsOf(plan: Plan, requests: readonly MetricRequest[], known: ReadonlyMap<string, Metric>) {
  try {
    return planMetrics(plan, requests, known);
  } catch (error) {
    if (!WhylightError.is(error) || error.code !== 'not_found') throw error;
    const issues = [{ parameter: 'metrics', message: error.message }];
    throw new WhylightError('invalid_request', error.message, { ...error.details, issues }, { cause: error });
  }
}
