/** Parameters of metrics on the wire: `random_logit.other_class=7` beside `metrics=random_logit`. */
import type { MetricRequest } from '../../core/metrics/measure.ts';
import type { Parameters } from '../../protocol/open-inference.ts';

/** By metric, then by name. */
export type MetricParameters = Readonly<Record<string, Parameters>>;

/** Splits a list of names with commas between; empty when no metrics are requested. */
export const metricNames = (text = ''): string[] => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
];

/** Separates the parameters of the requested metrics from those of the method. */
export function splitMetricParameters(
  given: Parameters,
  metrics: unknown,
): { readonly own: Parameters; readonly ofMetrics: MetricParameters } {
  const own: Record<string, Parameters[string]> = {};
  const ofMetrics: Record<string, Record<string, Parameters[string]>> = {};
  const names = metricNames(metrics === undefined ? undefined : String(metrics));
  for (const [key, value] of Object.entries(given)) {
    const metric = names.find((name) => key.startsWith(`${name}.`));
    if (metric === undefined) own[key] = value;
    else ofMetrics[metric] = { ...ofMetrics[metric], [key.slice(metric.length + 1)]: value };
  }
  return { own, ofMetrics };
}

/** Requests for the metrics, each with its parameters. */
export const metricRequests = (names: readonly string[], params: MetricParameters): MetricRequest[] =>
  names.map((metric) => ({ metric, ...(params[metric] && { params: params[metric] }) }));
