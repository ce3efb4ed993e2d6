/** CAM methods whose weights are scores: the model is shown what each channel would let through. */
import type { z } from 'zod';
import { WhylightError } from '../../errors.ts';
import { sampleGrid } from '../../image/resize.ts';
import type { ExplainContext, Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { type FamilyDefinition, familyParams, membersOf } from '../../method/family.ts';
import { layoutOf } from '../../method/layout.ts';
import type { ModelInfo, TensorInfo } from '../../model/info.ts';
import { emptyRows, sliceRows } from '../../tensor/rows.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { inPortions, slotsOf } from '../inner-method/progress.ts';
import { targetLayer } from '../layer.ts';
import { imageOf } from './augment.ts';
import { type CamAbout, camAbout, type FeatureMaps, layerParameters } from './cam.ts';
import { featureMaps } from './feature-maps.ts';
import { finishWeighted } from './finish-weighted.ts';
import { overLayers } from './several-layers.ts';

/** Keeps a flat mask from dividing by zero. */
const EPSILON = 1e-8;

/**
 * Normally distributed numbers for each pixel of sample number `index`. Every channel meets the same noise: their scores
 * then differ by the channels alone.
 */
export type Noise = (index: number) => Float32Array;

export interface MaskedScoresDefinition<E extends z.ZodRawShape> extends Omit<FamilyDefinition<E>, 'about'> {
  /** Description; the modality is the image. */
  readonly about: Omit<CamAbout, 'modalities'>;
  /** Number of channels that get a weight; all of them when left out. */
  channels?(count: number, params: z.output<z.ZodObject<E>>): number;
  /** The channels that get a weight, `count` of them. */
  choose?(maps: FeatureMaps, count: number): readonly number[];
  /** Scores per channel, whose mean counts; 1 when left out. */
  samples?(params: z.output<z.ZodObject<E>>): number;
  /** The factor of each pixel in sample number `sample`; the mask itself when left out. */
  factors?(
    mask: Float32Array,
    sample: { readonly index: number; readonly of: number },
    params: z.output<z.ZodObject<E>>,
    noise: Noise,
  ): Float32Array;
}

/**
 * Defines a method that weights channels with the scores of the image masked with them: Score-CAM and its variants.
 * @see https://arxiv.org/abs/1910.01279
 */
export function defineMaskedScores<E extends z.ZodRawShape = Record<never, never>>(
  definition: MaskedScoresDefinition<E>,
): Method;
export function defineMaskedScores(definition: MaskedScoresDefinition<z.ZodRawShape>): Method {
  const { id, about, params: extra } = definition;
  type Params = z.output<z.ZodObject<z.ZodRawShape>>;
  const samplesOf = (params: Params): number => definition.samples?.(params) ?? 1;
  const chosenOf = (params: Params, all: number): number => Math.min(all, definition.channels?.(all, params) ?? all);
  return overLayers(
    defineMethod({
      ...membersOf({ ...definition, about: { ...camAbout(about), modalities: ['image'] } }),
      strategy: 'activation',
      params: familyParams(extra, (own) => ({ ...layerParameters, ...own })),
      needs: ({ target_layer }, model) => {
        imageOf(model, id);
        const layer = targetLayer(target_layer, model);
        channelCount(layer, model);
        return { graphs: { layer: { activations: [layer.name] }, scores: {} } };
      },
      cost: (params, model) => {
        const channels = channelCount(targetLayer(params.target_layer, model), model);
        return { forwards: 1 + chosenOf(params, channels) * samplesOf(params), backwards: 0 };
      },
      explain: async (ctx) => {
        const { params } = ctx;
        const evaluation = await ctx.evaluate(ctx.inputs);
        const layer = targetLayer(params.target_layer, ctx.model);
        const maps = featureMaps(layoutOf(layer, ctx.model), evaluation.activations[layer.name] as Tensor<'float32'>);
        const image = imageOf(ctx.model, id);
        const size = sizeOfImage(image, ctx.inputs[image.name] as Tensor);
        const masks = remembered((channel) => maskOf(maps, channel, size), 1);
        const samples = samplesOf(params);
        const noise = remembered((index) => ctx.random.at(index).normal(size[0] * size[1]), samples);
        const count = chosenOf(params, maps.channels);
        const chosen = definition.choose?.(maps, count) ?? Array.from({ length: count }, (_, c) => c);
        const scores = await scoresOf(ctx, image, chosen.length, samples, (i, index) => {
          const mask = masks(chosen[i] as number);
          return definition.factors?.(mask, { index, of: samples }, params, noise) ?? mask;
        });
        const weights = new Float64Array(maps.channels);
        for (const [i, weight] of softmax(scores).entries()) weights[chosen[i] as number] = weight;
        return finishWeighted(ctx, params, evaluation, () => weights);
      },
    }) as Method,
  );
}

/** The last `most` results are kept. */
function remembered(make: (key: number) => Float32Array, most: number): (key: number) => Float32Array {
  const known = new Map<number, Float32Array>();
  return (key) => {
    const found = known.get(key) ?? make(key);
    known.set(key, found);
    if (known.size > most) known.delete(known.keys().next().value as number);
    return found;
  };
}

/** @throws WhylightError `unprocessable_method` when the number is not known before the run. */
export function channelCount(layer: TensorInfo, model: ModelInfo): number {
  const count = layoutOf(layer, model).channels === 'first' ? layer.dims[0] : layer.dims.at(-1);
  if (typeof count === 'number') return count;
  throw new WhylightError('unprocessable_method', `The number of channels of "${layer.name}" is not known.`, {
    parameter: 'target_layer',
  });
}

/** The mean score of each of `count` masks over its samples. */
async function scoresOf<P>(
  ctx: ExplainContext<P>,
  image: TensorInfo,
  count: number,
  samples: number,
  factors: (index: number, sample: number) => Float32Array,
): Promise<Float64Array> {
  const { dims, data } = ctx.inputs[image.name] as Tensor<'float32'>;
  const means = new Float64Array(count);
  const total = count * samples;
  const buffers = Array.from({ length: slotsOf(ctx) }, () =>
    emptyRows('float32', Math.min(total, ctx.batchSize), dims.slice(1)),
  );
  await inPortions(
    ctx,
    total,
    ({ first, count, slot }) => {
      const rows = sliceRows(buffers[slot] as Tensor<'float32'>, 0, count);
      for (let row = 0; row < count; row++) {
        const unit = first + row;
        const factor = factors(Math.floor(unit / samples), unit % samples);
        const masked = rows.data.subarray(row * data.length, (row + 1) * data.length);
        if (image.channelAxis === 0) maskPlanes(data, factor, masked);
        else maskPixels(data, factor, dims[3] as number, masked);
      }
      return { ...ctx.inputs, [image.name]: rows };
    },
    ({ scores }, { first }) => {
      for (const [row, score] of scores.entries()) {
        const at = Math.floor((first + row) / samples);
        means[at] = (means[at] as number) + score / samples;
      }
    },
    { graph: 'scores' },
  );
  return means;
}

const sizeOfImage = ({ channelAxis }: TensorInfo, { dims }: Tensor): [number, number] =>
  (channelAxis === 0 ? [dims[2], dims[3]] : [dims[1], dims[2]]) as [number, number];

/** A channel at the size of the image, corner on corner (torch's `align_corners`), scaled to [0, 1]. */
function maskOf(
  { positions, space, activations }: FeatureMaps,
  channel: number,
  [height, width]: [number, number],
): Float32Array {
  const [h = 1, w = 1] = space;
  const mask = new Float32Array(height * width);
  const corners = (from: number, to: number): Float64Array =>
    Float64Array.from({ length: to }, (_, i) => (to > 1 ? (i * (from - 1)) / (to - 1) : 0));
  const values = activations.subarray(channel * positions, (channel + 1) * positions);
  sampleGrid(values, w, h, corners(w, width), corners(h, height), mask);
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < mask.length; i++) {
    const value = mask[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const range = high - low + EPSILON;
  for (let i = 0; i < mask.length; i++) mask[i] = ((mask[i] as number) - low) / range;
  return mask;
}

/** `out = data * factor`, where the data is one plane of pixels after the other. */
function maskPlanes(data: Float32Array, factor: Float32Array, out: Float32Array): void {
  for (let plane = 0; plane < data.length; plane += factor.length) {
    for (let i = 0; i < factor.length; i++) out[plane + i] = (data[plane + i] as number) * (factor[i] as number);
  }
}

/** `out = data * factor`, where each pixel has its `channels` values side by side. */
function maskPixels(data: Float32Array, factor: Float32Array, channels: number, out: Float32Array): void {
  for (let pixel = 0, i = 0; pixel < factor.length; pixel++) {
    for (const end = i + channels; i < end; i++) out[i] = (data[i] as number) * (factor[pixel] as number);
  }
}

function softmax(scores: Float64Array): Float64Array {
  const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
