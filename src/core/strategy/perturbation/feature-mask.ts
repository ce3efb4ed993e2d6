/** Feature masks: the feature that each element of an input belongs to. */
import * as z from 'zod';
import { superpixels } from '../../image/superpixels.ts';
import type { ModelInfo, TensorInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';
import type { Float32Tensors, Inputs } from '../../tensor/rows.ts';
import { float32, sizeOf, type Tensor } from '../../tensor/tensor.ts';
import { channelsOf } from '../baseline.ts';
import { givenMask, type MasksByInput } from './given-mask.ts';
import { type FeatureMask, modalityMask } from './modality-mask.ts';
import { positionsOf } from './positions.ts';

/** An image's own mask of 224 x 224 positions fits. */
const MAX_MASK_ELEMENTS = 2 ** 16;

export interface FeatureMaskDefaults {
  readonly mask: 'none' | 'grid' | 'superpixels';
  readonly grid: number;
  readonly segments: number;
}

export const featureMaskParameters = (defaults: FeatureMaskDefaults) => ({
  feature_mask: z
    .union([
      z.enum(['auto', 'none', 'grid', 'superpixels']),
      z.array(z.int().min(0)).min(1).max(MAX_MASK_ELEMENTS),
      z.record(z.string(), z.union([z.int().min(0), z.array(z.unknown()).max(MAX_MASK_ELEMENTS)])),
    ])
    .default('auto')
    .describe(
      `What is one feature: "auto" takes the words of a text, the columns of a table and the windows of a series or sound, and "${defaults.mask}" for everything else; "none" takes each element, "grid" a cell of a grid over the spatial axes, "superpixels" a SLIC segment of an image, all channels together. Or a mask of your own: a number for each position (or element) of the inputs, one input after the other, or an object with nested lists for each input, spread over it as NumPy broadcasts; equal numbers are one feature, across inputs as well. Vectors and tokens have no places to group: there each element is a feature.`,
    ),
  grid: z
    .array(z.int().min(1).max(64))
    .min(1)
    .max(3)
    .default([defaults.grid])
    .describe('Cells of the grid along each spatial axis; one number holds for all.'),
  segments: z.int().min(1).max(4096).default(defaults.segments).describe('Superpixels that an image is cut into.'),
});

export interface FeatureMaskParams {
  readonly feature_mask: 'auto' | 'none' | 'grid' | 'superpixels' | readonly number[] | MasksByInput;
  readonly grid: readonly number[];
  readonly segments: number;
}

/**
 * Number of features, known without the input: superpixels that an input lacks are empty features.
 * @param usual what is one feature where no modality says so
 */
export function featureCount(model: ModelInfo, params: FeatureMaskParams, usual: FeatureMaskDefaults['mask']): number {
  const { feature_mask } = params;
  if (typeof feature_mask !== 'string') return givenMask(model, feature_mask).features;
  const ofModality = feature_mask === 'auto' ? modalityMask(model) : undefined;
  if (ofModality) return ofModality.features;
  return model.inputs.reduce((sum, input) => sum + maker(input, settled(params, usual)).features, 0);
}

/**
 * @param inputs one row: superpixels depend on it
 * @param usual what is one feature where no modality says so
 * @throws WhylightError `invalid_request` for a mask that does not fit the inputs
 */
export function featureMask(
  model: ModelInfo,
  params: FeatureMaskParams,
  inputs: Inputs,
  usual: FeatureMaskDefaults['mask'],
): FeatureMask {
  const { feature_mask } = params;
  if (typeof feature_mask !== 'string') return givenMask(model, feature_mask);
  const ofModality = feature_mask === 'auto' ? modalityMask(model) : undefined;
  if (ofModality) return ofModality;
  const ids: Record<string, Uint32Array> = {};
  let features = 0;
  for (const input of model.inputs) {
    const { make, features: own } = maker(input, settled(params, usual));
    const first = features;
    ids[input.name] = make(inputs[input.name] as Tensor).map((id) => first + id);
    features += own;
  }
  return { features, ids };
}

/** Every position by itself, all its channels together. */
export function positionMask({ inputs }: ModelInfo): FeatureMask {
  const ids: Record<string, Uint32Array> = {};
  const first: Record<string, number> = {};
  let features = 0;
  for (const input of inputs) {
    const begin = features;
    const positions = positionsOf(input);
    ids[input.name] = begin === 0 ? positions.ids : positions.ids.map((id) => begin + id);
    first[input.name] = begin;
    features += positions.count;
  }
  return { features, ids, first };
}

/** One number per feature, written to each of its elements, or shared out among them; 0 for elements of none. */
export function spreadFeatures(
  mask: FeatureMask,
  perFeature: ArrayLike<number>,
  { inputs }: ModelInfo,
): Float32Tensors {
  const { ids } = mask;
  const shares = mask.shared ? sharesOf(mask) : undefined;
  return Object.fromEntries(
    inputs.map((input) => {
      const own = ids[input.name] as Uint32Array;
      const values = new Float32Array(own.length);
      for (let i = 0; i < own.length; i++) {
        const feature = own[i] as number;
        if (feature < perFeature.length) values[i] = (perFeature[feature] as number) * (shares?.[feature] ?? 1);
      }
      return [input.name, float32([1, ...knownDims(input)], values)];
    }),
  );
}

/** Share of each element in the value of its feature. */
function sharesOf({ features, ids }: FeatureMask): Float64Array {
  const counts = new Float64Array(features);
  for (const own of Object.values(ids))
    for (const id of own) if (id < features) counts[id] = (counts[id] as number) + 1;
  return counts.map((count) => 1 / Math.max(1, count));
}

/** The elements of an input that each feature has. */
export function elementsOf({ features, ids }: FeatureMask, input: string): Uint32Array[] {
  const own = ids[input] as Uint32Array;
  const counts = new Uint32Array(features);
  for (let i = 0; i < own.length; i++) counts[own[i] as number] = (counts[own[i] as number] as number) + 1;
  const elements = Array.from(counts, (count) => new Uint32Array(count));
  for (let i = own.length - 1; i >= 0; i--) {
    const feature = own[i] as number;
    if (feature >= features) continue;
    const position = (counts[feature] as number) - 1;
    counts[feature] = position;
    (elements[feature] as Uint32Array)[position] = i;
  }
  return elements;
}

/** Mean position of each feature along the spatial axes, one input after the other; empty for a feature of no element. */
export function featureCentres({ features, ids }: FeatureMask, { inputs }: ModelInfo): readonly (readonly number[])[] {
  const sums = Array.from({ length: features }, () => ({ count: 0, sum: [] as number[] }));
  for (const input of inputs) {
    const own = ids[input.name] as Uint32Array;
    const { ids: position } = positionsOf(input);
    const spatial = knownDims(input).filter((_, axis) => axis !== input.channelAxis);
    for (let i = 0; i < own.length; i++) {
      const entry = sums[own[i] as number];
      if (!entry) continue;
      entry.count += 1;
      let rest = position[i] as number;
      for (let axis = spatial.length - 1; axis >= 0; axis--) {
        const dim = spatial[axis] as number;
        entry.sum[axis] = (entry.sum[axis] ?? 0) + (rest % dim);
        rest = Math.floor(rest / dim);
      }
    }
  }
  return sums.map(({ count, sum }) => sum.map((all) => all / count));
}

interface Maker {
  readonly features: number;
  make(row: Tensor): Uint32Array;
}

/** Parameters without a mask of numbers. */
type SettledParams = Omit<FeatureMaskParams, 'feature_mask'> & { readonly feature_mask: string };

const settled = (params: FeatureMaskParams, usual: FeatureMaskDefaults['mask']): SettledParams => ({
  ...params,
  feature_mask: params.feature_mask === 'auto' ? usual : String(params.feature_mask),
});

function maker(input: TensorInfo, { feature_mask, grid, segments }: SettledParams): Maker {
  const dims = knownDims(input);
  const size = sizeOf(dims);
  if (feature_mask === 'none' || input.channelAxis === undefined) {
    return { features: size, make: () => Uint32Array.from({ length: size }, (_, i) => i) };
  }
  const spatial = dims.filter((_, axis) => axis !== input.channelAxis);
  const { ids, count } = positionsOf(input);
  if (feature_mask === 'superpixels' && spatial.length === 2) {
    return {
      features: Math.min(segments, count),
      make: (row) => {
        const segmentOf = superpixels(imageOf(row, input), segments);
        return ids.map((position) => segmentOf[position] as number);
      },
    };
  }
  // A series has no superpixels: equal pieces, as many as were asked for.
  const wanted = feature_mask === 'superpixels' ? spatial.map(() => Math.ceil(segments ** (1 / spatial.length))) : grid;
  const cells = spatial.map((dim, axis) => Math.min(dim, wanted[wanted.length === 1 ? 0 : axis] ?? 1));
  let cellOf: Uint32Array | undefined;
  const make = (): Uint32Array => {
    const cellAt = cellOf ?? cellsOf(spatial, cells);
    cellOf = cellAt;
    return ids.map((position) => cellAt[position] as number);
  };
  return { features: sizeOf(cells), make };
}

/** Cell of each position of a grid with so many cells along each axis. */
function cellsOf(spatial: readonly number[], cells: readonly number[]): Uint32Array {
  return Uint32Array.from({ length: sizeOf(spatial) }, (_, position) => {
    let [rest, id, unit] = [position, 0, 1];
    for (let axis = spatial.length - 1; axis >= 0; axis--) {
      const [dim, along] = [spatial[axis] as number, cells[axis] as number];
      id += Math.floor(((rest % dim) * along) / dim) * unit;
      unit *= along;
      rest = Math.floor(rest / dim);
    }
    return id;
  });
}

/** The row as an image: what a model is fed has been normalised, so its range is stretched to that of sRGB. */
export function imageOf({ data }: Tensor, input: TensorInfo) {
  const dims = knownDims(input);
  const [height = 1, width = 1] = dims.filter((_, axis) => axis !== input.channelAxis);
  const { count, ids } = positionsOf(input);
  const { channels, channelOf } = channelsOf(dims, input.channelAxis);
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) [low, high] = [Math.min(low, Number(value)), Math.max(high, Number(value))];
  const planes = Array.from({ length: channels }, () => new Float32Array(count));
  for (const [i, position] of ids.entries()) {
    const plane = planes[channelOf(i)] as Float32Array;
    plane[position] = (Number(data[i]) - low) / (high - low || 1);
  }
  return { width, height, planes: channels < 3 ? planes.slice(0, 1) : planes.slice(0, 3) };
}
