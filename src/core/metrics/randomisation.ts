/** Sanity checks (Adebayo et al. 2018; Sixt et al. 2020): a map that stays when the model or the class changes is none. */

import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { choice } from '../method/choice.ts';
import type { Model } from '../model/model.ts';
import { histogramEntropy } from '../tensor/concentration.ts';
import { compare, comparisonParams, elementsOf, similarityParameter } from './compare-maps.ts';
import { defineMetric, type MetricContext, type MetricSubject } from './metric.ts';
import { type LayerOrder, randomized, weightedLayers } from './randomized-model.ts';
import { noiseOf, recordedParameter, shifted } from './sensitivity.ts';

const layerOrder = choice(
  ['top_down', 'bottom_up', 'independent'],
  'top_down',
  'Layers that are shuffled together: from the scores down, from the input up, or each alone.',
);

const times = (count: number, { explanation: { forwards, backwards } }: MetricSubject) => ({
  forwards: count * forwards,
  backwards: count * backwards,
});

/** Models with shuffled layers: those that the caller gives, or one for each layer. */
async function* models(
  { model, random, randomised }: Pick<MetricContext<unknown>, 'model' | 'random' | 'randomised'>,
  order: LayerOrder,
): AsyncGenerator<Model> {
  if (randomised) return yield* randomised;
  // One seed for every image: the shuffled models are the same, and their sessions are used again.
  for (let layer = 0; layer < weightedLayers(model).length; layer++) {
    yield await randomized(model, layer, order, random.seed);
  }
}

/** Mean of the similarities, and their curve over the shares of the layers. */
function overLayers(y: readonly number[]) {
  const score = y.reduce((sum, value) => sum + value, 0) / y.length;
  return { score, curve: { x: y.map((_, i) => (i + 1) / y.length), y } };
}

export const parameterRandomisation = defineMetric({
  id: 'parameter_randomisation',
  about: {
    title: 'Model parameter randomisation',
    summary:
      'How alike the map remains when the layers of the model are shuffled one after the other, on average over the layers. A map that stays does not show what the model has learnt.',
    paper: { title: 'Sanity checks for saliency maps', year: 2018, url: 'https://arxiv.org/abs/1810.03292' },
    better: 'lower',
  },
  params: z.object({ layer_order: layerOrder, similarity: similarityParameter('spearman'), ...comparisonParams }),
  cost: (_, subject) => times(weightedLayers(subject.model).length, subject),
  measure: async (ctx) => {
    const y: number[] = [];
    for await (const model of models(ctx, ctx.params.layer_order)) {
      y.push(compare(ctx.row, await ctx.explain({ model }), ctx.params));
    }
    return overLayers(y);
  },
});

const hedstrom = {
  title: 'Sanity checks revisited: An exploration to repair the model parameter randomisation test',
  year: 2024,
  url: 'https://arxiv.org/abs/2401.06465',
};

const smoothParams = z.object({
  layer_order: layerOrder,
  nr_samples: z
    .int()
    .min(1)
    .max(1000)
    .default(50)
    .describe('Number of noisy inputs whose attributions are averaged; the last one has no noise.'),
  noise_magnitude: z
    .number()
    .gt(0)
    .default(0.1)
    .describe('Standard deviation of the noise, as a share of the range of the input.'),
  perturbations: recordedParameter,
  similarity: similarityParameter('spearman'),
  ...comparisonParams,
});

export const smoothParameterRandomisation = defineMetric({
  id: 'smooth_parameter_randomisation',
  about: {
    title: 'Smooth parameter randomisation',
    summary:
      'Model parameter randomisation of attributions that are averaged over noisy inputs, so that shattered gradients do not count as a change.',
    paper: hedstrom,
    better: 'lower',
  },
  params: smoothParams,
  cost: ({ nr_samples }, subject) => times(nr_samples * (weightedLayers(subject.model).length + 1), subject),
  measure: async (ctx) => {
    const own = await smoothed(ctx, 0);
    const y: number[] = [];
    for await (const model of models(ctx, ctx.params.layer_order)) {
      y.push(compare(own, await smoothed(ctx, y.length + 1, model), ctx.params));
    }
    return overLayers(y);
  },
});

/** Mean attribution over noisy inputs. @param turn number of the mean, for draws of its own */
async function smoothed(ctx: MetricContext<z.output<typeof smoothParams>>, turn: number, model?: Model) {
  const { nr_samples, noise_magnitude } = ctx.params;
  let sum: Float64Array | undefined;
  for (let sample = 0; sample < nr_samples; sample++) {
    const number = turn * (nr_samples - 1) + sample;
    const noisy = sample < nr_samples - 1;
    const inputs = noisy ? shifted(ctx.inputs, noiseOf(ctx, number, normal(ctx, number, noise_magnitude))) : ctx.inputs;
    const values = elementsOf(await ctx.explain({ inputs, ...(model && { model }) }));
    sum = sum ? sum.map((value, i) => value + (values[i] as number)) : Float64Array.from(values);
  }
  const mean = (sum ?? new Float64Array()).map((value) => value / nr_samples);
  return { values: { mean: { data: mean } } };
}

/** Normal draws in shares of the range of each input. */
function normal({ inputs, random }: MetricContext<unknown>, number: number, magnitude: number) {
  const floats = Object.values(inputs).filter(({ dtype }) => dtype === 'float32');
  const numbers = floats.flatMap(({ data }) => [...(data as Float32Array)]);
  const range = numbers.reduce((a, b) => Math.max(a, b)) - numbers.reduce((a, b) => Math.min(a, b));
  return (count: number, offset: number) =>
    random
      .at(number)
      .normal(count, offset)
      .map((value) => value * magnitude * range);
}

export const efficientParameterRandomisation = defineMetric({
  id: 'efficient_parameter_randomisation',
  about: {
    title: 'Efficient parameter randomisation',
    summary:
      'Relative rise of the entropy of the histogram of the attribution when every layer of the model is shuffled. A map of a trained model should be simpler.',
    paper: hedstrom,
    better: 'higher',
  },
  params: z.object({
    n_bins: z.int().min(2).max(10_000).default(100).describe('Bins of the histogram, of equal width.'),
  }),
  cost: (_, subject) => times(1, subject),
  measure: async (ctx) => {
    const { model, random, randomised, row, params } = ctx;
    const last = weightedLayers(model).length - 1;
    const other = randomised?.at(-1) ?? (await randomized(model, last, 'top_down', random.seed));
    const own = histogramEntropy(elementsOf(row), params.n_bins);
    const after = histogramEntropy(elementsOf(await ctx.explain({ model: other })), params.n_bins);
    if (own > 0) return { score: (after - own) / own };
    throw new WhylightError(
      'unprocessable_method',
      'efficient_parameter_randomisation: the attribution is the same everywhere, its entropy is zero.',
    );
  },
});

export const randomLogit = defineMetric({
  id: 'random_logit',
  about: {
    title: 'Random logit',
    summary:
      'How alike the maps of the class and of another class, drawn at random, are. The same map for every class explains none.',
    paper: {
      title: 'When explanations lie: Why many modified BP attributions fail',
      year: 2020,
      url: 'https://arxiv.org/abs/1912.09818',
    },
    better: 'lower',
  },
  params: z.object({
    other_class: z.int().min(-1).default(-1).describe('Index of the other class; -1 draws it.'),
    similarity: similarityParameter('ssim'),
    ...comparisonParams,
  }),
  cost: (_, { explanation }) => explanation,
  measure: async (ctx) => {
    const weights = [{ index: otherClass(ctx), weight: 1 }];
    const answer = await ctx.explain({ target: { weights } });
    return { score: compare(ctx.row, answer, ctx.params) };
  },
});

/** @throws WhylightError `unprocessable_method` without another class, `invalid_request` for one that is not there */
function otherClass({ info, row, params, random }: MetricContext<{ readonly other_class: number }>): number {
  const [own, ...more] = row.target.weights;
  if (!own || more.length > 0 || info.scoreSize < 2) {
    throw new WhylightError('unprocessable_method', 'random_logit needs a single class as target, and another class.');
  }
  const { other_class } = params;
  if (other_class < 0) {
    const [draw = 0] = random.uniform(1);
    return (own.index + 1 + Math.floor(draw * (info.scoreSize - 1))) % info.scoreSize;
  }
  if (other_class < info.scoreSize && other_class !== own.index) return other_class;
  const message = `Parameter "other_class" of random_logit must be a class from 0 to ${info.scoreSize - 1} other than ${own.index}, but ${other_class} was given.`;
  throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'other_class', message }] });
}
