/** Monotonicity in both meanings: features put in one after the other, and features removed each alone. */
import * as z from 'zod';
import { units } from '../method/units.ts';
import type { Random } from '../tensor/random.ts';
import { type Inputs, rowsOf } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { cumulated, portionCount, portionsOf, sharesOf, stepParameter } from './feature-steps.ts';
import type { Features } from './features.ts';
import { defineMetric, type MetricContext } from './metric.ts';
import {
  answerParameter,
  answersWith,
  answersWithout,
  chosen,
  emptied,
  featuresOf,
  ownAnswer,
  removalBaseline,
  unitParameter,
} from './removal.ts';
import { spearman } from './similarity.ts';

const common = { features_in_step: stepParameter, answer: answerParameter, unit: unitParameter };

export const monotonicity = defineMetric({
  id: 'monotonicity',
  about: {
    title: 'Monotonicity (Arya)',
    summary: '1 if the answer never falls while features are put in, the smallest magnitudes first, else 0.',
    paper: {
      title: 'One explanation does not fit all: A toolkit and taxonomy of AI explainability techniques',
      year: 2019,
      url: 'https://arxiv.org/abs/1909.03012',
    },
    better: 'higher',
  },
  params: z.object({ ...common, baseline: removalBaseline }),
  cost: (params, { info }) => ({ forwards: portionCount(info, params), backwards: 0 }),
  measure: async (ctx) => {
    const { features_in_step, unit, baseline, answer } = ctx.params;
    const features = featuresOf(ctx, unit);
    const sets = cumulated(features.rankedByMagnitude(), features_in_step);
    const y = await answersWith(ctx, features, { sets, from: emptied(ctx, baseline), to: ctx.inputs }, answer);
    const rises = y.every((value, i) => i === 0 || value >= (y[i - 1] as number));
    return { score: rises ? 1 : 0, curve: { x: sharesOf(features.count, features_in_step), y } };
  },
});

/** Answers below this are not divided by. */
const EPS = 1e-5;

export const monotonicityCorrelation = defineMetric({
  id: 'monotonicity_correlation',
  about: {
    title: 'Monotonicity (Nguyen)',
    summary:
      'Rank correlation of the magnitudes of features with the relative squared change of the answer when each portion alone is replaced.',
    paper: {
      title: 'On quantitative aspects of model interpretability',
      year: 2020,
      url: 'https://arxiv.org/abs/2007.07584',
    },
    better: 'higher',
  },
  params: z.object({
    ...common,
    nr_samples: z.int().min(1).max(1000).default(10).describe('Draws for each portion, where they are drawn.'),
    baseline: z
      .union([z.enum(['uniform']), units, z.enum(['black', 'mean', 'blur'])])
      .default('uniform')
      .describe(
        'Value of replaced features: drawn between the least and the greatest element of the input (uniform), or fixed as in the other metrics; then a single row is evaluated for each portion.',
      ),
  }),
  cost: (params, { info }) => ({ forwards: portionCount(info, params) * drawsOf(params) + 1, backwards: 0 }),
  measure: async (ctx) => {
    const features = featuresOf(ctx, ctx.params.unit);
    const portions = portionsOf(features.rankedByMagnitude(), ctx.params.features_in_step);
    const before = await ownAnswer(ctx);
    const scale = Math.abs(before) < EPS ? 1 : 1 / before ** 2;
    const draws = drawsOf(ctx.params);
    const answers = await replacedAnswers(ctx, features, portions);
    const changes = portions.map((_, i) => {
      const own = answers.slice(i * draws, (i + 1) * draws);
      return (scale * own.reduce((sum, after) => sum + (after - before) ** 2, 0)) / draws;
    });
    const magnitudes = portions.map((portion) =>
      portion.reduce((sum, feature) => sum + Math.abs(features.importance[feature] as number), 0),
    );
    return { score: spearman(magnitudes, changes) };
  },
});

interface Drawing {
  readonly baseline: 'uniform' | z.output<typeof removalBaseline>;
  readonly nr_samples: number;
  readonly answer: 'probability' | 'score';
}

const drawsOf = ({ baseline, nr_samples }: Drawing): number => (baseline === 'uniform' ? nr_samples : 1);

/** Answers with each portion alone replaced, all draws of a portion one after the other. */
async function replacedAnswers(
  ctx: MetricContext<Drawing>,
  features: Features,
  portions: readonly Uint32Array[],
): Promise<number[]> {
  const { baseline, answer, nr_samples } = ctx.params;
  if (baseline !== 'uniform') {
    return answersWithout({ ...ctx, params: { baseline, answer } }, features, portions);
  }
  const answers: number[] = [];
  for (const [i, portion] of portions.entries()) {
    const rows = features.copies(ctx.inputs, nr_samples);
    for (let sample = 0; sample < nr_samples; sample++) {
      draw(rows, sample, { features, portion, inputs: ctx.inputs, random: ctx.random.at(i * nr_samples + sample) });
    }
    answers.push(...chosen(await ctx.answers(rows), answer));
  }
  return answers;
}

interface Draw {
  readonly features: Features;
  readonly portion: Uint32Array;
  readonly inputs: Inputs;
  readonly random: Random;
}

/** Draws the elements of some features of one row between the least and the greatest element of their input. */
function draw(rows: Inputs, row: number, { features, portion, inputs, random }: Draw): void {
  const places = [...portion].flatMap((feature) => [...features.elements(feature)]);
  const shares = random.uniform(places.length);
  for (const [i, [input, element]] of places.entries()) {
    const { data } = inputs[input] as Tensor<'float32'>;
    const target = rows[input] as Tensor<'float32'>;
    const [low, high] = rangeOf(data);
    target.data[row * (target.data.length / rowsOf(target)) + element] = low + (shares[i] as number) * (high - low);
  }
}

const ranges = new WeakMap<Float32Array, readonly [number, number]>();

/** Least and greatest element; kept, because every draw asks for them. */
function rangeOf(data: Float32Array): readonly [number, number] {
  const known = ranges.get(data);
  if (known) return known;
  const range = [data.reduce((a, b) => Math.min(a, b)), data.reduce((a, b) => Math.max(a, b))] as const;
  ranges.set(data, range);
  return range;
}
