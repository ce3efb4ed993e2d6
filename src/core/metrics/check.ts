/** Check of a metric against its contract. */
import { type Contract, contractProblems, membersOf, refuseProblems } from '../contract-problems.ts';
import { WhylightError } from '../errors.ts';
import { parameterSchemas } from '../method/schema.ts';
import { METRIC_API_VERSION, type Metric } from './metric.ts';

const CONTRACT: Contract = {
  kind: 'metric',
  apiVersion: METRIC_API_VERSION,
  functions: ['cost', 'measure'],
  example: 'deletion',
};

const DIRECTIONS: readonly unknown[] = ['higher', 'lower', 'neither'];

/**
 * Holds anything (the default export of a package) against the contract.
 * @throws WhylightError `invalid_config` that lists everything that is wrong
 */
export function checkMetric(value: unknown): asserts value is Metric {
  const metric = membersOf(value) as Partial<Metric>;
  const problems = [...contractProblems(metric, CONTRACT)];
  if (!DIRECTIONS.includes(metric.about?.better)) problems.push('about.better must be higher, lower or neither');
  if (typeof metric.params?.safeParse !== 'function') problems.push('params must be a zod object');
  else {
    for (const [name, { description, default: value }] of Object.entries(parameterSchemas(metric.params))) {
      if (!description) problems.push(`parameter ${name} needs a description: .describe('...')`);
      if (value === undefined) problems.push(`parameter ${name} needs a default: .default(...)`);
    }
  }
  refuseProblems(CONTRACT, metric, problems);
}

/**
 * Joins metrics to those that come with whylight.
 * @throws WhylightError `invalid_config` for one that breaks the contract, and for an id that is taken
 */
export function withMetrics(known: ReadonlyMap<string, Metric>, added: readonly Metric[]): ReadonlyMap<string, Metric> {
  const all = new Map(known);
  for (const metric of added) {
    checkMetric(metric);
    if (all.has(metric.id)) {
      throw new WhylightError('invalid_config', `There is a metric "${metric.id}" already: an id names one metric.`, {
        metric: metric.id,
      });
    }
    all.set(metric.id, metric);
  }
  return all;
}
