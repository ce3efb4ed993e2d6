/** Robustness: how far the attribution moves when the input moves a little. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import type { ExplainedRow } from '../explainer/explanation.ts';
import type { Inputs } from '../tensor/rows.ts';
import { float32 } from '../tensor/tensor.ts';
import { defineMetric, type MetricContext, type MetricSubject } from './metric.ts';

const yeh = {
  title: 'On the (in)fidelity and sensitivity of explanations',
  year: 2019,
  url: 'https://arxiv.org/abs/1901.09392',
};

/** Parameter for recorded draws. */
export const recordedParameter = z
  .array(z.number())
  .max(2 ** 22)
  .default([])
  .describe(
    'Recorded perturbations in place of random ones, added to the input: for each sample a number for each element of the floating point inputs, one input after the other.',
  );

const ballParams = z.object({
  perturb_radius: z
    .number()
    .gt(0)
    .default(0.02)
    .describe('Maximum distance that an element of the input moves, in its units. Quantus takes 0.2.'),
  n_perturb_samples: z.int().min(1).max(1000).default(10).describe('Number of neighbours. Quantus takes 200.'),
  perturbations: recordedParameter,
});

type BallContext = MetricContext<z.output<typeof ballParams>>;

const repeated = (times: number, { explanation: { forwards, backwards } }: MetricSubject) => ({
  forwards: times * forwards,
  backwards: times * backwards,
});

export const maxSensitivity = defineMetric({
  id: 'max_sensitivity',
  about: {
    title: 'Max-sensitivity',
    summary:
      'How far the attribution moves, in shares of its own length, when the input moves a little; the worst of several tries.',
    paper: yeh,
    better: 'lower',
  },
  params: ballParams,
  cost: ({ n_perturb_samples }, subject) => repeated(n_perturb_samples, subject),
  measure: async (ctx) => ({ score: Math.max(...(await relativeChanges(ctx))) }),
});

export const avgSensitivity = defineMetric({
  id: 'avg_sensitivity',
  about: {
    title: 'Avg-sensitivity',
    summary:
      'How far the attribution moves, in shares of its own length, when the input moves a little; the mean of several tries.',
    paper: yeh,
    better: 'lower',
  },
  params: ballParams,
  cost: ({ n_perturb_samples }, subject) => repeated(n_perturb_samples, subject),
  measure: async (ctx) => {
    const changes = await relativeChanges(ctx);
    return { score: changes.reduce((sum, change) => sum + change, 0) / changes.length };
  },
});

export const localLipschitz = defineMetric({
  id: 'local_lipschitz_estimate',
  about: {
    title: 'Local Lipschitz estimate',
    summary:
      'Largest change of the attribution over the change of the input that caused it, both as Euclidean lengths.',
    paper: {
      title: 'On the robustness of interpretability methods',
      year: 2018,
      url: 'https://arxiv.org/abs/1806.08049',
    },
    better: 'lower',
  },
  params: z.object({
    n_perturb_samples: z.int().min(1).max(1000).default(200).describe('Number of neighbours.'),
    perturb_std: z
      .number()
      .gt(0)
      .default(0.1)
      .describe('Standard deviation of the normal noise on the input, in its units.'),
    perturbations: recordedParameter,
  }),
  cost: ({ n_perturb_samples }, subject) => repeated(n_perturb_samples, subject),
  measure: async (ctx) => {
    const { n_perturb_samples, perturb_std } = ctx.params;
    const own = flat(ctx.row);
    let score = 0;
    for (let sample = 0; sample < n_perturb_samples; sample++) {
      const noise = noiseOf(ctx, sample, (count, offset) =>
        ctx.random
          .at(sample)
          .normal(count, offset)
          .map((z) => perturb_std * z),
      );
      const other = flat(await ctx.explain({ inputs: shifted(ctx.inputs, noise) }));
      score = Math.max(score, distance(own, other) / lengthOf(Object.values(noise)));
    }
    return { score };
  },
});

/** Change of the attribution in each neighbour, as a share of its length. */
async function relativeChanges(ctx: BallContext): Promise<number[]> {
  const { params, random } = ctx;
  const own = flat(ctx.row);
  const length = lengthOf([own]);
  const changes: number[] = [];
  for (let sample = 0; sample < params.n_perturb_samples; sample++) {
    const noise = noiseOf(ctx, sample, (count, offset) =>
      random
        .at(sample)
        .uniform(count, offset)
        .map((share) => params.perturb_radius * (2 * share - 1)),
    );
    const moved = distance(own, flat(await ctx.explain({ inputs: shifted(ctx.inputs, noise) })));
    changes.push(length > 0 ? moved / length : moved > 0 ? Infinity : 0);
  }
  return changes;
}

type Noise = Readonly<Record<string, Float32Array>>;

/**
 * Noise of one sample for each floating point input: recorded, or drawn.
 * @throws WhylightError `invalid_request` for recorded perturbations that do not fit the inputs
 */
export function noiseOf(
  { inputs, params }: Pick<MetricContext<{ readonly perturbations: readonly number[] }>, 'inputs' | 'params'>,
  sample: number,
  draw: (count: number, offset: number) => Float32Array,
): Noise {
  const { perturbations } = params;
  const floats = Object.entries(inputs).filter(([, { dtype }]) => dtype === 'float32');
  const size = floats.reduce((sum, [, { data }]) => sum + data.length, 0);
  if (perturbations.length > 0 && perturbations.length < (sample + 1) * size) {
    const message = `Parameter "perturbations" must have ${size} numbers for each sample, but ends after ${perturbations.length}.`;
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'perturbations', message }] });
  }
  let offset = 0;
  return Object.fromEntries(
    floats.map(([name, { data }]) => {
      const start = sample * size + offset;
      const own =
        perturbations.length > 0
          ? Float32Array.from(perturbations.slice(start, start + data.length))
          : draw(data.length, offset);
      offset += data.length;
      return [name, own];
    }),
  );
}

/** Inputs plus noise. */
export const shifted = (inputs: Inputs, noise: Noise): Inputs =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      const own = noise[name];
      if (!own) return [name, input];
      return [
        name,
        float32(
          input.dims,
          (input.data as Float32Array).map((x, i) => x + (own[i] as number)),
        ),
      ];
    }),
  );

const flat = ({ values }: ExplainedRow): Float64Array =>
  Float64Array.from(Object.values(values).flatMap(({ data }) => [...data]));

const distance = (a: Float64Array, b: Float64Array): number =>
  lengthOf([b.map((value, i) => value - (a[i] as number))]);

const lengthOf = (parts: readonly ArrayLike<number>[]): number => {
  let sum = 0;
  for (const part of parts) for (let i = 0; i < part.length; i++) sum += (part[i] as number) ** 2;
  return Math.sqrt(sum);
};
