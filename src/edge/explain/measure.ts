/** `metrics=insertion,deletion`: how faithful the answer is, measured along with it. */

import { WhylightError } from '../../core/errors.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { Plan } from '../../core/explainer/plan.ts';
import type { ExplainHooks, ExplainRequest } from '../../core/explainer/request.ts';
import { isMeasured, type Measured, measureRows, planMetrics } from '../../core/metrics/measure.ts';
import type { Model } from '../../core/model/model.ts';
import { float32 } from '../../core/tensor/tensor.ts';
import type { NamedOutput, Parameters } from '../../protocol/open-inference.ts';

export interface Measures {
  /** `metric.<id>`, FP32 [N]. */
  readonly outputs: readonly NamedOutput[];
  /** `metrics_left_out` names what does not apply, and why. */
  readonly parameters: Parameters;
  /** Rows that ran for it. */
  readonly samples: number;
}

/** Names with commas between; empty when none are asked for. */
export const metricNames = (text = ''): string[] => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
];

/**
 * @param request the one that the explanation answers
 * @throws WhylightError `invalid_request` for an unknown metric, `budget_exceeded` when explanation and metrics together
 * would evaluate more rows than `hooks.maxSamples`.
 */
export async function measure(
  explainer: Explainer,
  model: Model,
  request: ExplainRequest,
  explanation: Explanation,
  names: readonly string[],
  hooks: ExplainHooks,
): Promise<Measures> {
  const plan = explainer.plan(model, request, hooks.methods && { methods: hooks.methods });
  const planned = metricsOf(plan, names);
  const { rows, samples } = explanation;
  const more = rows.length * planned.reduce((sum, { cost }) => sum + cost.forwards + cost.backwards, 0);
  const total = more + samples.forwards + samples.backwards;
  if (hooks.maxSamples !== undefined && total > hooks.maxSamples) {
    throw new WhylightError(
      'budget_exceeded',
      `The explanation and its metrics would evaluate ${total} rows, ${hooks.maxSamples} are allowed: ask for fewer metrics.`,
      { metrics: names, cost: { samples: total }, allowed: hooks.maxSamples },
    );
  }
  const measured = await measureRows(explainer, plan, rows, planned, { hooks });
  const columns = planned.map(({ metric }, i) => ({ id: metric.id, cells: measured.map((row) => row[i] as Measured) }));
  const leftOut = columns.flatMap(({ id, cells }) => {
    const failed = cells.find((cell) => !isMeasured(cell));
    return failed && !isMeasured(failed) ? [`${id}: ${failed.error.message}`] : [];
  });
  return {
    outputs: columns.flatMap(({ id, cells }) =>
      cells.every(isMeasured)
        ? [
            {
              name: `metric.${id}`,
              value: float32(
                [cells.length],
                cells.map(({ score }) => score),
              ),
            },
          ]
        : [],
    ),
    parameters: leftOut.length > 0 ? { metrics_left_out: leftOut.join(' ') } : {},
    samples: more,
  };
}

/** An unknown name is the client's mistake in a parameter, not a page that is missing. */
function metricsOf(plan: Plan, names: readonly string[]) {
  try {
    return planMetrics(
      plan,
      names.map((metric) => ({ metric })),
    );
  } catch (error) {
    if (!WhylightError.is(error) || error.code !== 'not_found') throw error;
    const issues = [{ parameter: 'metrics', message: error.message }];
    throw new WhylightError('invalid_request', error.message, { ...error.details, issues }, { cause: error });
  }
}
