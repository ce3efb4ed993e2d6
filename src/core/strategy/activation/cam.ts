/** Class activation maps: a layer's feature maps, weighted and added up. Each method of the family is one formula. */
import * as z from 'zod';
import { WhylightError } from '../../errors.ts';
import type { About, AboutDefinition, Attribution, Evaluation, ExplainContext, Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { type FamilyDefinition, familyParams, membersOf } from '../../method/family.ts';
import { layoutOf } from '../../method/layout.ts';
import { saliencyMap } from '../../method/saliency-map.ts';
import type { ModelInfo } from '../../model/info.ts';
import type { Random } from '../../tensor/random.ts';
import { rowsOf } from '../../tensor/rows.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { targetLayer, targetLayerParameter } from '../layer.ts';
import { AUGMENTATIONS, augmented, imageOf, isMirrored, mirrored } from './augment.ts';
import { type FeatureMaps, featureMaps, positionMap } from './feature-maps.ts';
import { joinedMap, LAYER_MAPS_RETURNED, layersByResolution, moreLayersParameter, scaledToUnit } from './layer-maps.ts';
import { BOX_RETURNED, boxAround, boxThresholdParameter } from './localise.ts';
import type { principalProjection } from './principal-component.ts';

export type { FeatureMaps } from './feature-maps.ts';
export { scaledToUnit } from './layer-maps.ts';

export const reluParameter = z.boolean().default(true).describe('Keeps only what speaks for the target.');

export const eigenSmoothParameter = z
  .boolean()
  .default(false)
  .describe('Takes the first principal component of the weighted feature maps in place of their sum: less noise.');

/** Parameters of a CAM of one layer. */
export const layerParameters = {
  target_layer: targetLayerParameter,
  relu: reluParameter,
  eigen_smooth: eigenSmoothParameter,
};

const camParameters = {
  target_layer: targetLayerParameter,
  more_layers: moreLayersParameter,
  box_threshold: boxThresholdParameter,
  relu: reluParameter,
  aug_smooth: z
    .boolean()
    .default(false)
    .describe(
      'The mean over six copies of the image: 0.9, 1 and 1.1 times its values, each also mirrored. Each map is scaled to [0, 1] before.',
    ),
};

/** Description of a CAM: values below zero are cut, and the class matters to methods that look at gradients. */
export type CamAbout = Omit<AboutDefinition, 'properties'> & { readonly properties?: Partial<About['properties']> };

interface Definition<E extends z.ZodRawShape> extends Omit<FamilyDefinition<E>, 'about'> {
  readonly about: CamAbout;
  /** False for methods that look at the features alone. */
  readonly gradients?: false;
  /** True for the product of the maps of several layers in place of their mean. */
  readonly product?: true;
}

type Formula<E extends z.ZodRawShape> = (
  maps: FeatureMaps,
  params: z.output<z.ZodObject<E>>,
  ctx: { readonly model: ModelInfo; readonly target: ExplainContext<unknown>['target']; readonly random: Random },
) => ArrayLike<number>;

/**
 * Definition of a CAM method: its description, and one of three formulas. `weights` returns a number per channel,
 * `contributions` one per element of the layer, `map` one per position.
 */
export type CamDefinition<E extends z.ZodRawShape> = Definition<E> &
  (
    | {
        /** One number per channel. */
        readonly weights: Formula<E>;
      }
    | {
        /** One number per element of the layer, in the layout of the feature maps. */
        readonly contributions: Formula<E>;
      }
    | {
        /** One number per position. */
        readonly map: Formula<E>;
      }
  );

/** Parameters that every method of the family has. */
interface CamParams {
  readonly [parameter: string]: unknown;
  readonly target_layer: string;
  readonly more_layers: readonly string[];
  readonly relu: boolean;
  readonly aug_smooth: boolean;
  readonly box_threshold: number;
  readonly eigen_smooth?: unknown;
  /** False gives each channel's contribution: only for a method that takes it as a parameter of its own. */
  readonly attr_dim_summation?: unknown;
}

/**
 * Defines a method of the CAM family with one run of the layer (and its gradient). Its values are a map of one channel at the
 * size of the layer, or of all of its channels with `attr_dim_summation=false`.
 *
 * @example
 * import { defineCam, meanOf, perChannel } from 'whylight/plugin';
 * export default defineCam({
 *   id: 'mean_gradient_cam', revision: 1, about,
 *   weights: (maps) => perChannel(maps, (_, gradients) => meanOf(gradients)),
 * });
 * @see https://arxiv.org/abs/1610.02391
 */
export function defineCam<E extends z.ZodRawShape = Record<never, never>>(definition: CamDefinition<E>): Method;
export function defineCam(definition: CamDefinition<z.ZodRawShape>): Method {
  const { params: extra, gradients = true, product = false } = definition;
  const smooths: z.ZodRawShape = 'map' in definition ? {} : { eigen_smooth: eigenSmoothParameter };
  const rows = ({ aug_smooth }: CamParams): number => (aug_smooth ? AUGMENTATIONS : 1);
  return defineMethod({
    ...membersOf({
      ...definition,
      about: camAbout(definition.about, gradients),
      returns: { maps: LAYER_MAPS_RETURNED, boxes: BOX_RETURNED },
    }),
    strategy: 'activation',
    params: familyParams(extra, (own) => ({ ...camParameters, ...smooths, ...own })),
    needs: (params, model) => {
      checkSummation(params);
      if (params.aug_smooth) imageOf(model, 'aug_smooth');
      if (product) imageOf(model, 'more_layers');
      if (params.box_threshold > 0) imageOf(model, 'box_threshold');
      const names = layersOf(params, model, product).map((layer) => targetLayer(layer, model).name);
      return { activations: names, ...(gradients && { gradients: names }) };
    },
    cost: (params) => {
      const count = rows(params);
      return gradients ? { forwards: 0, backwards: count } : { forwards: count, backwards: 0 };
    },
    explain: async (ctx) => {
      const params: CamParams = ctx.params;
      const inputs = params.aug_smooth ? augmented(ctx.inputs, imageOf(ctx.model, 'aug_smooth')) : ctx.inputs;
      const evaluation = await ctx.evaluate(inputs);
      const project = params.eigen_smooth ? (await import('./principal-component.ts')).principalProjection : undefined;
      const layers = layersOf(params, ctx.model, product);
      const several = layers.length > 1;
      const attributions = layers.map((target_layer) =>
        finishCam(ctx, { ...params, target_layer, scaled: several }, evaluation, (maps) =>
          mapOf(definition, maps, ctx, project),
        ),
      );
      const found = several ? joinedMap(ctx, attributions, product) : (attributions[0] as Attribution);
      return { ...found, ...localised(ctx, found, params.box_threshold) };
    },
  }) as Method;
}

/** The box of a map over the image, where one is asked for. */
function localised(
  { model, inputs }: Pick<ExplainContext<unknown>, 'model' | 'inputs'>,
  attribution: Attribution,
  threshold: number,
): Pick<Attribution, 'boxes'> {
  if (threshold === 0) return {};
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims.slice(1)]));
  const map = saliencyMap(attribution, model, shapes);
  return { boxes: map ? boxAround(map, threshold) : [] };
}

/** The description with the properties that hold for the family where the definition names no others. */
export const camAbout = (about: CamAbout, classDiscriminative = true): AboutDefinition => ({
  ...about,
  properties: { signed: false, complete: false, deterministic: true, classDiscriminative, ...about.properties },
});

/** Names of the layers; for a product of maps, one for each resolution where none are given. */
const layersOf = ({ target_layer, more_layers }: CamParams, model: ModelInfo, product: boolean): readonly string[] =>
  product && target_layer === 'auto' && more_layers.length === 0 && model.camLayer
    ? layersByResolution(model)
    : [target_layer, ...more_layers];

/** Channels by themselves go with nothing that is made of a single map. */
function checkSummation({ attr_dim_summation, more_layers, aug_smooth, eigen_smooth }: CamParams): void {
  if (attr_dim_summation !== false || !(more_layers.length > 0 || aug_smooth || eigen_smooth)) return;
  throw new WhylightError(
    'unprocessable_method',
    'attr_dim_summation=false gives a map for each channel: leave out more_layers, aug_smooth and eigen_smooth.',
    { parameter: 'attr_dim_summation' },
  );
}

const NOTHING_POSITIVE =
  'no position of the layer speaks for the target, and relu=true sets what speaks against it to zero. Explain another class, or set relu=false.';

/**
 * The attribution out of an evaluation of the layer: a map for each row, negative values cut, and the mean over the rows
 * where there are several.
 */
export function finishCam<P>(
  { model }: Pick<ExplainContext<P>, 'model'>,
  params: { readonly target_layer: string; readonly relu: boolean; readonly scaled?: boolean },
  evaluation: Pick<Evaluation, 'activations' | 'gradients'>,
  map: (maps: FeatureMaps) => Float64Array,
): Attribution {
  const layer = targetLayer(params.target_layer, model);
  const layout = layoutOf(layer, model);
  const activations = evaluation.activations[layer.name] as Tensor<'float32'>;
  const count = rowsOf(activations);
  const dims = activations.dims.slice(1);
  let mean: Float64Array | undefined;
  for (let row = 0; row < count; row++) {
    const maps = featureMaps(layout, activations, evaluation.gradients[layer.name], row);
    const whole = model.isLocal ? reached(map(maps), maps) : map(maps);
    const kept = params.relu ? whole.map((value) => Math.max(0, value)) : whole;
    const scaled = count > 1 || params.scaled ? scaledToUnit(kept) : kept;
    if (count === 1) {
      const cut = params.relu && whole.some((value) => value < 0);
      return { values: positionMap(layout, layer.name, dims, scaled), ...(cut && { zeros: NOTHING_POSITIVE }) };
    }
    const placed = isMirrored(row) ? mirrored(scaled, maps.space.at(-1) ?? 1) : scaled;
    mean = placed.map((value, p) => (mean?.[p] ?? 0) + value / count);
  }
  return { values: positionMap(layout, layer.name, dims, mean as Float64Array) };
}

/** The map with zero at positions that have no part in the score: their gradient is zero in every channel. */
function reached(map: Float64Array, { channels, positions, gradients }: FeatureMaps): Float64Array {
  if (gradients.length === 0) return map;
  const isReached = Array.from({ length: positions }, (_, p) => {
    for (let c = 0; c < channels; c++) if (gradients[c * positions + p] !== 0) return true;
    return false;
  });
  return map.map((value, i) => (isReached[i % positions] ? value : 0));
}

function mapOf(
  definition: CamDefinition<z.ZodRawShape>,
  maps: FeatureMaps,
  ctx: Parameters<Formula<z.ZodRawShape>>[2] & { readonly params: CamParams },
  project: Projection | undefined,
): Float64Array {
  const { params } = ctx;
  if ('map' in definition) return float64(definition.map(maps, params, ctx));
  const channelByChannel = params.attr_dim_summation === false;
  if ('weights' in definition && !channelByChannel) {
    return weightedSum(maps, definition.weights(maps, params, ctx), project);
  }
  const contributions =
    'weights' in definition
      ? weighted(maps, definition.weights(maps, params, ctx))
      : definition.contributions(maps, params, ctx);
  return channelByChannel ? float64(contributions) : collapse(contributions, maps, project);
}

/** Typed arrays are copied without an iterator. */
const float64 = (values: ArrayLike<number>): Float64Array =>
  values instanceof Float64Array ? values : new Float64Array(values);

/** Reduction of the channels to what they have most in common. */
type Projection = typeof principalProjection;

/**
 * One number per position: the channels added up, or what they have most in common.
 * @param project for the latter
 */
function collapse(
  contributions: ArrayLike<number>,
  { channels, positions }: FeatureMaps,
  project?: Projection,
): Float64Array {
  if (project) return project(contributions, channels);
  const map = new Float64Array(positions);
  for (let i = 0; i < contributions.length; ) {
    for (let p = 0; p < positions; p++, i++) map[p] = (map[p] as number) + (contributions[i] as number);
  }
  return map;
}

/**
 * One number per position: the feature maps, each times its weight, added up, or what these products have most in common.
 * @param project for the latter
 */
export function weightedSum(maps: FeatureMaps, weights: ArrayLike<number>, project?: Projection): Float64Array {
  if (project) return collapse(weighted(maps, weights), maps, project);
  const { positions, activations } = maps;
  // Without an array of all products, which takes longer to allocate than they take to compute.
  const map = new Float64Array(positions);
  for (let c = 0, i = 0; i < activations.length; c++) {
    const weight = weights[c] as number;
    for (let p = 0; p < positions; p++, i++) map[p] = (map[p] as number) + (activations[i] as number) * weight;
  }
  return map;
}

/** The feature maps, each times its weight. */
function weighted({ positions, activations }: FeatureMaps, weights: ArrayLike<number>): Float64Array {
  const products = new Float64Array(activations.length);
  for (let c = 0, i = 0; i < products.length; c++) {
    const weight = weights[c] as number;
    for (let p = 0; p < positions; p++, i++) products[i] = (activations[i] as number) * weight;
  }
  return products;
}

/**
 * Computes gradient times activation, element by element: `channels * positions` numbers in the order of the maps.
 *
 * @example
 * import { defineCam, products } from 'whylight/plugin';
 * export default defineCam({ id: 'elementwise_cam', revision: 1, about, contributions: (maps) => products(maps) });
 * @see https://arxiv.org/abs/2011.08891
 */
export function products({ activations, gradients }: FeatureMaps): Float64Array {
  const all = new Float64Array(activations.length);
  for (let i = 0; i < all.length; i++) all[i] = (activations[i] as number) * (gradients[i] as number);
  return all;
}

/** Weights of Grad-CAM: the mean gradient of each channel. */
export function meanGradients({ channels, positions, gradients }: FeatureMaps): Float64Array {
  const means = new Float64Array(channels);
  for (let c = 0, i = 0; c < channels; c++) {
    let sum = 0;
    for (const end = i + positions; i < end; i++) sum += gradients[i] as number;
    means[c] = sum / positions;
  }
  return means;
}

/**
 * Reduces the activations and gradients of each channel (`positions` numbers each) to one number: `channels` numbers.
 *
 * @example
 * import { defineCam, meanOf, perChannel } from 'whylight/plugin';
 * export default defineCam({
 *   id: 'mean_gradient_cam', revision: 1, about,
 *   weights: (maps) => perChannel(maps, (_, gradients) => meanOf(gradients)),
 * });
 */
export function perChannel(
  { channels, positions, activations, gradients }: FeatureMaps,
  reduce: (activations: Float32Array, gradients: Float32Array) => number,
): Float64Array {
  return Float64Array.from({ length: channels }, (_, c) => {
    const [from, to] = [c * positions, (c + 1) * positions];
    return reduce(activations.subarray(from, to), gradients.subarray(from, to));
  });
}
