/** Share of a map, or of its largest values, that lies on the object. All need a box or a mask of it. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { defineMetric, type Metric, type MetricContext, type MetricDefinition } from './metric.ts';
import { regionFor } from './region.ts';

/** Defines a metric of a map beside a region of the image: it evaluates nothing. */
const defineLocalisation = <S extends z.ZodObject>(
  definition: Omit<MetricDefinition<S>, 'needsRegion' | 'cost'>,
): Metric<S> => defineMetric({ ...definition, needsRegion: true, cost: () => ({ forwards: 0, backwards: 0 }) });

const absoluteParameter = z.boolean().default(false).describe('Takes absolute values of the map.');

interface OnObject {
  readonly values: Float64Array;
  readonly inside: Uint8Array;
  /** Pixels of the object. */
  readonly size: number;
}

function onObject(
  { row, region }: Pick<MetricContext<unknown>, 'row' | 'region'>,
  metric: string,
  absolute: boolean,
): OnObject {
  const { inside } = regionFor(metric, region, row.map?.dims ?? []);
  const values = Float64Array.from(row.map?.data ?? [], (value) => (absolute ? Math.abs(value) : value));
  return { values, inside, size: inside.reduce((sum, one) => sum + one, 0) };
}

/** Number of the `count` largest values that lie on the object; of equal values the first. */
function hitsOf({ values, inside }: OnObject, count: number): number {
  const order = [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
  return order.slice(0, count).reduce((sum, pixel) => sum + (inside[pixel] as number), 0);
}

/** Sum of the values on the object, and of all. */
function masses({ values, inside }: OnObject, positive: boolean): readonly [on: number, all: number] {
  let [on, all] = [0, 0];
  for (const [i, value] of values.entries()) {
    if (positive && value < 0) continue;
    all += value;
    if (inside[i] === 1) on += value;
  }
  return [on, all];
}

/** @throws WhylightError `unprocessable_method` for values that add up to zero */
function shareOf(metric: string, [on, all]: readonly [number, number]): number {
  if (all !== 0) return on / all;
  throw new WhylightError('unprocessable_method', `${metric}: the values of the map add up to zero.`, { metric });
}

const rankAndMass = {
  title: 'CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network explanations',
  year: 2022,
  url: 'https://arxiv.org/abs/2003.07258',
};

export const relevanceRankAccuracy = defineLocalisation({
  id: 'relevance_rank_accuracy',
  about: {
    title: 'Relevance rank accuracy',
    summary: 'Share of the object among the largest values of the map, as many as the object has pixels.',
    paper: rankAndMass,
    better: 'higher',
  },
  params: z.object({ absolute: absoluteParameter }),
  measure: async (ctx) => {
    const found = onObject(ctx, 'relevance_rank_accuracy', ctx.params.absolute);
    return { score: hitsOf(found, found.size) / found.size };
  },
});

export const relevanceMassAccuracy = defineLocalisation({
  id: 'relevance_mass_accuracy',
  about: {
    title: 'Relevance mass accuracy',
    summary: 'Sum of the map on the object as a share of its whole sum, signs included.',
    paper: rankAndMass,
    better: 'higher',
  },
  params: z.object({ absolute: absoluteParameter }),
  measure: async (ctx) => ({
    score: shareOf(
      'relevance_mass_accuracy',
      masses(onObject(ctx, 'relevance_mass_accuracy', ctx.params.absolute), false),
    ),
  }),
});

export const attributionLocalisation = defineLocalisation({
  id: 'attribution_localisation',
  about: {
    title: 'Attribution localisation',
    summary: 'Sum of the positive values of the map on the object as a share of all of them.',
    paper: {
      title: 'Towards best practice in explaining neural network decisions with LRP',
      year: 2020,
      url: 'https://arxiv.org/abs/1910.09840',
    },
    better: 'higher',
  },
  params: z.object({
    absolute: absoluteParameter.default(true),
    positive_attributions: z.boolean().default(true).describe('Leaves out values below zero.'),
    weighted: z
      .boolean()
      .default(false)
      .describe('Multiplies with the number of pixels of the image over those of the object.'),
    max_size: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe('Largest share of the image that the object may have; larger ones are left out.'),
  }),
  measure: async (ctx) => {
    const { absolute, positive_attributions, weighted, max_size } = ctx.params;
    const found = onObject(ctx, 'attribution_localisation', absolute);
    const ratio = found.size / found.values.length;
    if (ratio > max_size) {
      throw new WhylightError('unprocessable_method', 'attribution_localisation: the object is larger than max_size.');
    }
    const share = shareOf('attribution_localisation', masses(found, positive_attributions));
    return { score: weighted ? share / ratio : share };
  },
});

export const topKIntersection = defineLocalisation({
  id: 'top_k_intersection',
  about: {
    title: 'Top-k intersection',
    summary: 'Share of the k largest values of the map that lie on the object.',
    paper: {
      title: 'Explaining in style: Training a GAN to explain a classifier in StyleSpace',
      year: 2021,
      url: 'https://arxiv.org/abs/2104.13369',
    },
    better: 'higher',
  },
  params: z.object({
    k: z.int().min(1).default(1000).describe('Number of values; all of a smaller map.'),
    concept_influence: z
      .boolean()
      .default(false)
      .describe('Multiplies with the number of pixels of the image over those of the object.'),
    absolute: absoluteParameter,
  }),
  measure: async (ctx) => {
    const found = onObject(ctx, 'top_k_intersection', ctx.params.absolute);
    const k = Math.min(ctx.params.k, found.values.length);
    const share = hitsOf(found, k) / k;
    return { score: ctx.params.concept_influence ? (share * found.values.length) / found.size : share };
  },
});

export const localisationAuc = defineLocalisation({
  id: 'localisation_auc',
  about: {
    title: 'Localisation AUC',
    summary: 'Area under the ROC curve of the map as a classifier of the pixels of the object; 0.5 is chance.',
    paper: {
      title: 'An introduction to ROC analysis',
      year: 2006,
      url: 'https://doi.org/10.1016/j.patrec.2005.10.010',
    },
    better: 'higher',
  },
  params: z.object({ absolute: absoluteParameter }),
  measure: async (ctx) => {
    const { values, inside, size } = onObject(ctx, 'localisation_auc', ctx.params.absolute);
    const outside = values.length - size;
    if (outside === 0) throw new WhylightError('unprocessable_method', 'localisation_auc: the object fills the image.');
    return { score: rocArea(values, inside, size, outside) };
  },
});

/** Share of pairs of a pixel inside and one outside in which the one inside is larger; ties count half. */
function rocArea(values: Float64Array, inside: Uint8Array, size: number, outside: number): number {
  const order = [...values.keys()].sort((a, b) => (values[a] as number) - (values[b] as number));
  let [below, area] = [0, 0];
  for (let from = 0; from < order.length; ) {
    let to = from;
    let [on, off] = [0, 0];
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) {
      if (inside[order[to++] as number] === 1) on++;
      else off++;
    }
    area += on * (below + off / 2);
    below += off;
    from = to;
  }
  return area / (size * outside);
}
