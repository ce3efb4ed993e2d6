/** Answers while whole regions of an image are removed: region perturbation, selectivity and IROF. */

import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { superpixels } from '../image/superpixels.ts';
import { choice } from '../method/choice.ts';
import { imageInput } from '../model/info.ts';
import type { BoundInfo } from '../model/model.ts';
import { imageOf } from '../strategy/perturbation/feature-mask.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { distanceOneArea } from './curve.ts';
import { featureCount } from './feature-steps.ts';
import type { Features } from './features.ts';
import { defineMetric, type MetricContext } from './metric.ts';
import {
  answerParameter,
  answersWithout,
  featuresOf,
  importanceOf,
  ownAnswer,
  type RemovalParams,
  removalBaseline,
} from './removal.ts';

const patchParams = {
  patch_size: z.int().min(1).default(8).describe('Side of a square region, in pixels.'),
  regions_evaluation: z.int().min(1).max(10_000).default(100).describe('Maximum number of regions that are removed.'),
  baseline: removalBaseline,
  answer: answerParameter,
};

export const regionPerturbation = defineMetric({
  id: 'region_perturbation',
  about: {
    title: 'Region perturbation',
    summary: 'Mean fall of the answer while square regions are removed one after the other, most relevant first.',
    paper: {
      title: 'Evaluating the visualization of what a deep neural network has learned',
      year: 2015,
      url: 'https://arxiv.org/abs/1509.06321',
    },
    better: 'higher',
  },
  params: z.object({
    order: choice(
      ['morf', 'lerf'],
      'morf',
      'Most relevant regions first, where a larger fall is better, or least relevant first.',
    ),
    ...patchParams,
  }),
  cost: (params, { info }) => ({ forwards: patchCount(info, params) + 1, backwards: 0 }),
  measure: async (ctx) => {
    const features = pixelsOf(ctx, 'region_perturbation');
    const ordered = bySum(features, patches(features, ctx.params.patch_size));
    const before = await ownAnswer(ctx);
    const answers = await removed(ctx, features, ctx.params.order === 'morf' ? ordered : ordered.reverse());
    const y = answers.map((after) => before - after);
    // The mean of the paper counts the untouched input, which has not fallen.
    return { score: y.reduce((sum, fall) => sum + fall, 0) / (y.length + 1), curve: { x: steps(y), y } };
  },
});

export const selectivity = defineMetric({
  id: 'selectivity',
  about: {
    title: 'Selectivity',
    summary: 'Area under the answers while square regions are removed, most relevant first; their distance is 1.',
    paper: {
      title: 'Methods for interpreting and understanding deep neural networks',
      year: 2018,
      url: 'https://arxiv.org/abs/1706.07979',
    },
    better: 'lower',
  },
  params: z.object(patchParams),
  cost: (params, { info }) => ({ forwards: patchCount(info, params), backwards: 0 }),
  measure: async (ctx) => {
    const features = pixelsOf(ctx, 'selectivity');
    const y = await removed(ctx, features, bySum(features, patches(features, ctx.params.patch_size)));
    return { score: distanceOneArea(y), curve: { x: steps(y), y } };
  },
});

export const irof = defineMetric({
  id: 'irof',
  about: {
    title: 'IROF',
    summary:
      'Iterative removal of features: number of superpixels minus the area under the relative answer while they are removed, most relevant first.',
    paper: {
      title: 'IROF: a low resource evaluation metric for explanation methods',
      year: 2020,
      url: 'https://arxiv.org/abs/2003.08747',
    },
    better: 'higher',
  },
  params: z.object({
    segments: z.int().min(2).max(4096).default(100).describe('Number of superpixels that are asked for.'),
    segment_mask: z
      .array(z.int().min(0))
      .max(2 ** 22)
      .default([])
      .describe('Segments of your own in place of superpixels: a number for each pixel, row by row.'),
    baseline: removalBaseline.default('mean'),
    answer: answerParameter,
  }),
  // Superpixels that the image lacks are not removed.
  cost: ({ segments, segment_mask }, { info }) => ({
    forwards:
      (segment_mask.length > 0 ? new Set(segment_mask).size : Math.min(segments, featureCount(info, 'pixel'))) + 1,
    backwards: 0,
  }),
  measure: async (ctx) => {
    const features = pixelsOf(ctx, 'irof');
    const segments = segmentsOf(ctx, features);
    const means = segments.map((segment) => importanceOf(features, segment) / segment.length);
    const ordered = sorted(segments, means);
    const before = await ownAnswer(ctx);
    if (before === 0) throw new WhylightError('unprocessable_method', 'irof: the answer to the input itself is zero.');
    const y = (await answersWithout(ctx, features, growing(ordered))).map((after) => after / before);
    return { score: segments.length - distanceOneArea(y), curve: { x: steps(y), y } };
  },
});

type PatchContext = MetricContext<RemovalParams & { readonly regions_evaluation: number }>;

/** Answers after each region, up to the maximum number of regions. */
const removed = (ctx: PatchContext, features: Features, ordered: readonly (readonly number[])[]): Promise<number[]> =>
  answersWithout(ctx, features, growing(ordered.slice(0, ctx.params.regions_evaluation)));

/** @throws WhylightError `unprocessable_method` for a model without an image */
function pixelsOf(ctx: MetricContext<RemovalParams>, metric: string): Features & { readonly grid: Dims } {
  const features = featuresOf(ctx, 'pixel');
  if (features.grid) return features as Features & { readonly grid: Dims };
  throw new WhylightError('unprocessable_method', `${metric} removes regions, but the model sees no image.`, {
    metric,
  });
}

type Dims = readonly [height: number, width: number];

/** Pixels of each cell of a grid of squares, row by row; cells at the far edges may be smaller. */
function patches({ grid: [height, width] }: { readonly grid: Dims }, side: number): number[][] {
  const across = Math.ceil(width / side);
  const cells: number[][] = Array.from({ length: Math.ceil(height / side) * across }, () => []);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const cell = Math.floor(Math.floor(pixel / width) / side) * across + Math.floor((pixel % width) / side);
    cells[cell]?.push(pixel);
  }
  return cells;
}

function patchCount(info: BoundInfo, params: { readonly patch_size: number; readonly regions_evaluation: number }) {
  const image = imageInput(info);
  const dims = image?.dims.filter((_, axis) => axis !== image.channelAxis).map(Number) ?? [];
  const count = dims.reduce((product, dim) => product * Math.ceil(dim / params.patch_size), 1);
  return Math.min(count, params.regions_evaluation);
}

const bySum = (features: Features, regions: readonly (readonly number[])[]): (readonly number[])[] =>
  sorted(
    regions,
    regions.map((region) => importanceOf(features, region)),
  );

/** Regions with the greatest value first; equal ones in their order. */
const sorted = (regions: readonly (readonly number[])[], values: readonly number[]): (readonly number[])[] =>
  [...regions.keys()]
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .map((i) => regions[i] as readonly number[]);

/** The first region, the first two, and so on. */
function growing(regions: readonly (readonly number[])[]): number[][] {
  const all: number[] = [];
  return regions.map((region) => {
    all.push(...region);
    return [...all];
  });
}

const steps = (y: readonly number[]): number[] => y.map((_, i) => (i + 1) / y.length);

/** Pixels of each segment; @throws WhylightError `invalid_request` for a mask of another size */
function segmentsOf(
  { info, inputs, params }: MetricContext<{ readonly segments: number; readonly segment_mask: readonly number[] }>,
  { grid: [height, width] }: { readonly grid: Dims },
): number[][] {
  const { segments, segment_mask } = params;
  const image = imageInput(info);
  const given = segment_mask.length > 0;
  if (given && segment_mask.length !== height * width) {
    const message = `Parameter "segment_mask" of irof must have ${height * width} numbers for ${height}x${width} pixels, but has ${segment_mask.length}.`;
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'segment_mask', message }] });
  }
  const ids = given || !image ? segment_mask : superpixels(imageOf(inputs[image.name] as Tensor, image), segments);
  const found = new Map<number, number[]>();
  for (let pixel = 0; pixel < height * width; pixel++) {
    const id = ids[pixel] as number;
    const own = found.get(id);
    if (own) own.push(pixel);
    else found.set(id, [pixel]);
  }
  return [...found.values()];
}
