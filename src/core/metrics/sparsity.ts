/** Sparseness, complexity and effective complexity of a map, as Quantus defines them; no run of the model is needed. */
import * as z from 'zod';
import type { ExplainedRow } from '../explainer/explanation.ts';
import { arxiv } from '../method/papers.ts';
import { countAbove, entropy, gini } from '../tensor/concentration.ts';
import { defineMetric, type Metric, type MetricAbout } from './metric.ts';

interface MapMetric<E extends z.ZodRawShape> {
  readonly id: string;
  readonly about: MetricAbout;
  readonly params: z.ZodObject<E>;
  /** @param values magnitudes of the map */
  readonly score: (values: Float64Array, params: z.output<z.ZodObject<E>>) => number;
}

/** Metric of the map alone: it evaluates nothing. */
const defineMapMetric = <E extends z.ZodRawShape>({ score, ...rest }: MapMetric<E>): Metric<z.ZodObject<E>> =>
  defineMetric({
    ...rest,
    cost: () => ({ forwards: 0, backwards: 0 }),
    measure: async ({ row, params }) => ({ score: score(magnitudes(row), params) }),
  });

export const sparseness = defineMapMetric({
  id: 'sparseness',
  about: {
    title: 'Sparseness',
    summary:
      'Gini index of the absolute values of the map: 0 when all are equal, near 1 when one pixel holds everything.',
    paper: arxiv('1810.06583', 2020, 'Concise explanations of neural networks using adversarial training'),
    better: 'higher',
  },
  params: z.object({}),
  score: gini,
});

export const complexity = defineMapMetric({
  id: 'complexity',
  about: {
    title: 'Complexity',
    summary: 'Entropy in nats of the absolute values as shares of their sum: 0 when one pixel holds everything.',
    paper: arxiv('2005.00631', 2020, 'Evaluating and aggregating feature-based model explanations'),
    better: 'lower',
  },
  params: z.object({}),
  score: entropy,
});

export const effectiveComplexity = defineMapMetric({
  id: 'effective_complexity',
  about: {
    title: 'Effective complexity',
    summary: 'How many pixels have an absolute value above a threshold.',
    paper: arxiv('2007.07584', 2020, 'On quantitative aspects of model interpretability'),
    better: 'lower',
  },
  params: z.object({
    eps: z.number().min(0).default(1e-5).describe('The threshold, as a share of the largest absolute value.'),
  }),
  score: (values, { eps }) => countAbove(values, eps * values.reduce((most, value) => Math.max(most, value), 0)),
});

/** Magnitudes of the map where there is one, else of the values. */
function magnitudes({ map, values }: ExplainedRow): Float64Array {
  const all = map ? [map] : Object.values(values);
  const out = new Float64Array(all.reduce((size, { data }) => size + data.length, 0));
  let next = 0;
  for (const { data } of all) for (const value of data) out[next++] = Math.abs(value);
  return out;
}
