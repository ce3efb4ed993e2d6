/** Sparseness, complexity and effective complexity of a map, as Quantus defines them; no run of the model is needed. */
import * as z from 'zod';
import type { ExplainedRow } from '../explainer/explanation.ts';
import { countAbove, entropy, gini } from '../tensor/concentration.ts';
import { defineMetric } from './metric.ts';

const none = { forwards: 0, backwards: 0 };

export const sparseness = defineMetric({
  id: 'sparseness',
  about: {
    title: 'Sparseness',
    summary:
      'Gini index of the absolute values of the map: 0 when all are equal, near 1 when one pixel holds everything.',
    paper: {
      title: 'Concise explanations of neural networks using adversarial training',
      year: 2020,
      url: 'https://arxiv.org/abs/1810.06583',
    },
    better: 'higher',
  },
  params: z.object({}),
  cost: () => none,
  measure: async ({ row }) => ({ score: gini(magnitudes(row)) }),
});

export const complexity = defineMetric({
  id: 'complexity',
  about: {
    title: 'Complexity',
    summary: 'Entropy in nats of the absolute values as shares of their sum: 0 when one pixel holds everything.',
    paper: {
      title: 'Evaluating and aggregating feature-based model explanations',
      year: 2020,
      url: 'https://arxiv.org/abs/2005.00631',
    },
    better: 'lower',
  },
  params: z.object({}),
  cost: () => none,
  measure: async ({ row }) => ({ score: entropy(magnitudes(row)) }),
});

export const effectiveComplexity = defineMetric({
  id: 'effective_complexity',
  about: {
    title: 'Effective complexity',
    summary: 'How many pixels have an absolute value above a threshold.',
    paper: {
      title: 'On quantitative aspects of model interpretability',
      year: 2020,
      url: 'https://arxiv.org/abs/2007.07584',
    },
    better: 'lower',
  },
  params: z.object({
    eps: z.number().min(0).default(1e-5).describe('The threshold, as a share of the largest absolute value.'),
  }),
  cost: () => none,
  measure: async ({ row, params }) => {
    const values = magnitudes(row);
    return { score: countAbove(values, params.eps * values.reduce((most, value) => Math.max(most, value), 0)) };
  },
});

/** Magnitudes of the map where there is one, else of the values. */
function magnitudes({ map, values }: ExplainedRow): Float64Array {
  const all = map ? [map] : Object.values(values);
  const out = new Float64Array(all.reduce((size, { data }) => size + data.length, 0));
  let next = 0;
  for (const { data } of all) for (const value of data) out[next++] = Math.abs(value);
  return out;
}
