/** Infidelity (Yeh et al. 2019, definition 2.1): does the attribution foretell what a perturbation does to the score? */

import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { choice } from '../method/choice.ts';
import { imageInput } from '../model/info.ts';
import type { BoundInfo } from '../model/model.ts';
import { baselineOf, baselineParameter } from '../strategy/baseline.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { featureCount } from './feature-steps.ts';
import { Features } from './features.ts';
import { defineMetric, type MetricContext } from './metric.ts';
import { answerParameter, chosen } from './removal.ts';
import { noiseOf, recordedParameter } from './sensitivity.ts';

const params = z.object({
  n_perturb_samples: z.int().min(1).max(10_000).default(10).describe('How many perturbations are tried.'),
  perturbation: choice(
    ['square', 'noise', 'grid'],
    'square',
    'A square of pixels (or a run of elements) at a random place set to the baseline, Gaussian noise on everything, or every square of a grid, each once.',
  ),
  patch_size: z.int().min(1).default(4).describe('Side of the square, in pixels.'),
  noise_scale: z.number().gt(0).default(0.2).describe('Standard deviation of the noise, in units of the input tensor.'),
  perturbations: recordedParameter,
  baseline: baselineParameter,
  answer: answerParameter.default('score'),
  multiply_by_inputs: z
    .boolean()
    .default(true)
    .describe(
      'The attribution is in units of the score (integrated gradients, Shapley values); false for one that is a derivative (saliency).',
    ),
  normalize: z
    .boolean()
    .default(false)
    .describe('Scales the attribution to fit best first: for maps whose units mean nothing, such as CAMs.'),
});

type Params = z.output<typeof params>;

export const infidelity = defineMetric({
  id: 'infidelity',
  about: {
    title: 'Infidelity',
    summary:
      'Mean squared difference between the change of the score under small perturbations and the change that the attribution foretells; 0 is perfect.',
    paper: {
      title: 'On the (in)fidelity and sensitivity of explanations',
      year: 2019,
      url: 'https://arxiv.org/abs/1901.09392',
    },
    better: 'lower',
  },
  params,
  cost: (params, { info }) => ({ forwards: samplesOf(params, extentOf(info)) + 1, backwards: 0 }),
  measure: async (ctx) => {
    const { params, inputs } = ctx;
    const features = new Features(ctx.info, ctx.row, inputs);
    const samples = samplesOf(params, features.grid ?? [1, features.count]);
    const rows = features.copies(inputs, samples);
    const foretold = Float64Array.from({ length: samples }, (_, sample) =>
      params.perturbation === 'noise' ? disturb(ctx, features, rows, sample) : cover(ctx, features, rows, sample),
    );
    const before = chosen(await ctx.answers(inputs), params.answer)[0] as number;
    const happened = chosen(await ctx.answers(rows), params.answer).map((answer) => before - answer);
    return { score: infidelityOf(foretold, happened, params.normalize) };
  },
});

type Extent = readonly [height: number, width: number];

/** Extent of what is covered, known before anything runs. */
function extentOf(info: BoundInfo): Extent {
  const image = imageInput(info);
  if (!image) return [1, featureCount(info, 'pixel')];
  return image.dims.filter((_, axis) => axis !== image.channelAxis).map(Number) as [number, number];
}

/** Number of perturbations: squares of the grid, or as many as are asked for. */
function samplesOf({ perturbation, n_perturb_samples, patch_size }: Params, [height, width]: Extent): number {
  if (perturbation !== 'grid') return n_perturb_samples;
  return Math.ceil(height / patch_size) * Math.ceil(width / patch_size);
}

/** Features of the square of one sample. */
function squareOf({ params, random }: MetricContext<Params>, [height, width]: Extent, sample: number): number[] {
  const { patch_size, perturbation } = params;
  const [down, across] = [Math.min(patch_size, height), Math.min(patch_size, width)];
  const [u = 0, v = 0] = random.at(sample).uniform(2);
  const columns = Math.ceil(width / patch_size);
  const [top, left] =
    perturbation === 'grid'
      ? [Math.floor(sample / columns) * patch_size, (sample % columns) * patch_size]
      : [Math.floor(u * (height - down + 1)), Math.floor(v * (width - across + 1))];
  return Array.from({ length: down * across }, (_, i) => [top + Math.floor(i / across), left + (i % across)] as const)
    .filter(([y, x]) => y < height && x < width)
    .map(([y, x]) => y * width + x);
}

/** Sets a square of one row to the baseline. @returns the fall of the answer that the attribution foretells */
function cover(ctx: MetricContext<Params>, features: Features, rows: MetricContext<Params>['inputs'], sample: number) {
  const { params, inputs, info } = ctx;
  const square = squareOf(ctx, features.grid ?? [1, features.count], sample);
  const empty = Object.fromEntries(
    info.inputs.map((one) => {
      const row = inputs[one.name] as Tensor;
      return [one.name, row.dtype === 'float32' ? baselineOf(row, one, params.baseline) : row];
    }),
  );
  features.replace(rows, sample, empty, square);
  if (params.multiply_by_inputs)
    return square.reduce((sum, feature) => sum + (features.importance[feature] as number), 0);
  let sum = 0;
  for (const feature of square) {
    for (const [input, at] of features.elements(feature)) {
      const change = Number(inputs[input]?.data[at]) - Number(empty[input]?.data[at]);
      sum += (derivative(ctx, input)[at] as number) * change;
    }
  }
  return sum;
}

/** Adds noise to one row. @returns the drop of the score that the attribution foretells */
function disturb(
  ctx: MetricContext<Params>,
  features: Features,
  rows: MetricContext<Params>['inputs'],
  sample: number,
) {
  const { params, inputs, random } = ctx;
  const added = noiseOf(ctx, sample, (count, offset) =>
    random
      .at(sample)
      .normal(count, offset)
      .map((noise) => -params.noise_scale * noise),
  );
  let sum = 0;
  for (const input of features.inputs) {
    const values = derivative(ctx, input);
    const noise = added[input] ?? new Float32Array(values.length);
    const target = rows[input]?.data as Float32Array;
    for (let i = 0; i < values.length; i++) {
      const step = -(noise[i] as number);
      const at = sample * values.length + i;
      target[at] = (target[at] as number) - step;
      const x = Number(inputs[input]?.data[i]);
      const value = values[i] as number;
      sum += params.multiply_by_inputs ? (x === 0 ? 0 : (value / x) * step) : value * step;
    }
  }
  return sum;
}

/** The attribution of an input, element by element. */
function derivative({ row, inputs }: MetricContext<Params>, input: string): Float32Array {
  const values = row.values[input]?.data;
  if (values?.length === inputs[input]?.data.length) return values as Float32Array;
  throw new WhylightError(
    'unprocessable_method',
    'infidelity needs a value for each element of the input here, but this attribution is of a layer: leave perturbation at square and multiply_by_inputs at true.',
  );
}

/**
 * Mean squared difference of what an attribution foretells of some perturbations, and what they do to the score.
 * @param normalize scales what is foretold to fit best first
 */
export function infidelityOf(foretold: Float64Array, happened: Float64Array, normalize = false): number {
  const scale = normalize ? bestScale(foretold, happened) : 1;
  let sum = 0;
  for (const [i, change] of happened.entries()) sum += (scale * (foretold[i] as number) - change) ** 2;
  return sum / happened.length;
}

/** The factor on `foretold` that brings it nearest to `happened`, as Captum's `normalize` chooses it. */
function bestScale(foretold: Float64Array, happened: Float64Array): number {
  let [product, square] = [0, 0];
  for (const [i, value] of foretold.entries()) {
    product += value * (happened[i] as number);
    square += value * value;
  }
  return square > 0 ? product / square : 0;
}
