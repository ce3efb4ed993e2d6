/** Max-sensitivity (Yeh et al. 2019, definition 3.1), with the defaults of Captum's `sensitivity_max`. */
import * as z from 'zod';
import type { ExplainedRow } from '../explainer/explanation.ts';
import { float32 } from '../tensor/tensor.ts';
import { defineMetric } from './metric.ts';

export const maxSensitivity = defineMetric({
  id: 'max_sensitivity',
  about: {
    title: 'Max-sensitivity',
    summary:
      'How far the attribution moves, in shares of its own length, when the input moves a little; the worst of several tries.',
    paper: {
      title: 'On the (in)fidelity and sensitivity of explanations',
      year: 2019,
      url: 'https://arxiv.org/abs/1901.09392',
    },
    better: 'lower',
  },
  params: z.object({
    perturb_radius: z
      .number()
      .gt(0)
      .default(0.02)
      .describe('The most that an element of the input is moved, in units of the input tensor. Quantus takes 0.2.'),
    n_perturb_samples: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe('How many neighbours are tried. Quantus takes 200.'),
  }),
  cost: ({ n_perturb_samples }, { explanation }) => ({
    forwards: n_perturb_samples * explanation.forwards,
    backwards: n_perturb_samples * explanation.backwards,
  }),
  measure: async ({ params, inputs, row, random, explain }) => {
    const own = flat(row);
    const length = norm(own);
    let score = 0;
    for (let sample = 0; sample < params.n_perturb_samples; sample++) {
      let offset = 0;
      const moved = Object.fromEntries(
        Object.entries(inputs).map(([name, input]) => {
          if (input.dtype !== 'float32') return [name, input];
          const steps = random.at(sample).uniform(input.data.length, offset);
          offset += input.data.length;
          const data = (input.data as Float32Array).map(
            (x, i) => x + params.perturb_radius * (2 * (steps[i] as number) - 1),
          );
          return [name, float32(input.dims, data)];
        }),
      );
      const other = flat(await explain({ inputs: moved }));
      const distance = norm(other.map((value, i) => value - (own[i] as number)));
      score = Math.max(score, length > 0 ? distance / length : distance > 0 ? Infinity : 0);
    }
    return { score };
  },
});

const flat = ({ values }: ExplainedRow): Float64Array =>
  Float64Array.from(Object.values(values).flatMap(({ data }) => [...data]));

const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
