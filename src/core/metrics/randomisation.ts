/** Sanity checks (Adebayo et al. 2018; Sixt et al. 2020): a map that stays when the model or the class changes is none. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import type { ExplainedRow } from '../explainer/explanation.ts';
import { defineMetric } from './metric.ts';
import { randomized, weightedLayers } from './randomized-model.ts';
import { pearson, spearman, ssim } from './similarity.ts';

const similarityParameter = (usual: 'spearman' | 'ssim') =>
  z
    .enum(['spearman', 'pearson', 'ssim'])
    .default(usual)
    .describe('How two maps are compared: rank correlation, correlation, or structural similarity.');

type Similarity = z.output<ReturnType<typeof similarityParameter>>;

export const parameterRandomisation = defineMetric({
  id: 'parameter_randomisation',
  about: {
    title: 'Model parameter randomisation',
    summary:
      'How alike the map remains when the layers of the model are shuffled one after the other, on average over the layers. A map that stays does not show what the model has learnt.',
    paper: { title: 'Sanity checks for saliency maps', year: 2018, url: 'https://arxiv.org/abs/1810.03292' },
    better: 'lower',
  },
  params: z.object({
    layer_order: z
      .enum(['top_down', 'bottom_up', 'independent'])
      .default('top_down')
      .describe('Layers that are shuffled together: from the scores down, from the input up, or each alone.'),
    similarity: similarityParameter('spearman'),
    absolute: z.boolean().default(false).describe('Compares absolute values.'),
  }),
  cost: (_, { model, explanation: { forwards, backwards } }) => {
    const layers = weightedLayers(model).length;
    return { forwards: layers * forwards, backwards: layers * backwards };
  },
  measure: async ({ model, row, params, random, explain }) => {
    const layers = weightedLayers(model).length;
    const y: number[] = [];
    for (let layer = 0; layer < layers; layer++) {
      // One seed for every image: the shuffled models are the same, and their sessions are used again.
      const other = await explain({ model: await randomized(model, layer, params.layer_order, random.seed) });
      y.push(compare(row, other, params.similarity, params.absolute));
    }
    return {
      score: y.reduce((sum, value) => sum + value, 0) / layers,
      curve: { x: y.map((_, i) => (i + 1) / layers), y },
    };
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
    similarity: similarityParameter('ssim'),
    absolute: z.boolean().default(false).describe('Compares absolute values.'),
  }),
  cost: (_, { explanation }) => explanation,
  measure: async ({ info, row, params, random, explain }) => {
    const [own, ...more] = row.target.weights;
    if (!own || more.length > 0 || info.scoreSize < 2) {
      throw new WhylightError(
        'unprocessable_method',
        'random_logit needs a single class as target, and another class.',
      );
    }
    const [draw = 0] = random.uniform(1);
    const other = (own.index + 1 + Math.floor(draw * (info.scoreSize - 1))) % info.scoreSize;
    const answer = await explain({ target: { weights: [{ index: other, weight: 1 }] } });
    return { score: compare(row, answer, params.similarity, params.absolute) };
  },
});

function compare(a: ExplainedRow, b: ExplainedRow, similarity: Similarity, absolute: boolean): number {
  const [x, y] = [scaled(a, absolute), scaled(b, absolute)];
  if (similarity === 'spearman') return spearman(x.values, y.values);
  if (similarity === 'pearson') return pearson(x.values, y.values);
  return ssim(x.values, y.values, x.dims);
}

/** The map, or the values in a row, as shares of the largest absolute value. */
function scaled({ map, values }: ExplainedRow, absolute: boolean) {
  const data = map?.data ?? Float32Array.from(Object.values(values).flatMap((each) => [...each.data]));
  const most = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const dims = (map?.dims ?? [1, data.length]) as readonly [number, number];
  return { dims, values: data.map((value) => (absolute ? Math.abs(value) : value) / (most || 1)) };
}
