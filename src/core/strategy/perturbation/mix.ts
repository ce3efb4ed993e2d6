/**
 * The mixing itself: where methods that hide spend most of their time outside the engine. Loops over floats stand by
 * themselves, so that they are compiled for floats alone, and read a position's weight once for all of its channels.
 */
import type { TensorInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';
import type { Inputs } from '../../tensor/rows.ts';
import { float32, sizeOf, type Tensor } from '../../tensor/tensor.ts';
import type { FeatureMask } from './modality-mask.ts';
import { type Elements, elementsOf } from './perturb.ts';
import { type Layout, positionsOf } from './positions.ts';

/** The weights of an input's elements as a graph that mixes takes them: one for all channels of a position, where that will do. */
export function weightRows(
  input: TensorInfo,
  { ids, first }: FeatureMask,
  count: number,
): { readonly rows: Tensor<'float32'>; readonly write: (row: number, weights: Float32Array) => void } {
  const features = ids[input.name] as Uint32Array;
  const { layout, count: positions } = positionsOf(input);
  const ofPositions = layout && weightsOfPositions(features, layout, positions, first?.[input.name]);
  const dims = knownDims(input).map((dim, axis) => (ofPositions && axis === input.channelAxis ? 1 : dim));
  const rows = float32([count, ...dims]);
  const size = sizeOf(dims);
  const rowOf = (row: number): Float32Array => rows.data.subarray(row * size, (row + 1) * size);
  if (ofPositions) return { rows, write: (row, weights) => rowOf(row).set(ofPositions(weights)) };
  return {
    rows,
    write(row, weights) {
      const own = rowOf(row);
      for (let i = 0; i < own.length; i++) own[i] = weights[features[i] as number] as number;
    },
  };
}

/** Writes every element of `out`: the input's own by its weight, `absent` for the rest. */
export type Mix = (out: Elements, absent: Elements, weights: Float32Array) => void;

/**
 * Makes a function that blends an input with a baseline.
 * @param always the baseline, if it is the same in every blend: zeros take less time
 */
export function mixOf(input: TensorInfo, { ids, first }: FeatureMask, inputs: Inputs, always?: Inputs): Mix {
  const own = elementsOf(inputs, input.name);
  const features = ids[input.name] as Uint32Array;
  if (!(own instanceof Float32Array)) return (out, absent, weights) => choose(out, own, absent, features, weights);
  const { layout, count } = positionsOf(input);
  const weightsOf = layout && weightsOfPositions(features, layout, count, first?.[input.name]);
  if (!weightsOf || hasGaps(own)) {
    return (out, absent, weights) => mixFeatures(out as Float32Array, own, absent as Float32Array, features, weights);
  }
  if (
    layout.channels === 3 &&
    always &&
    (elementsOf(always, input.name) as Float32Array).every((value) => value === 0)
  ) {
    return (out, _, weights) => dimThree(out as Float32Array, own, weightsOf(weights), layout);
  }
  return (out, absent, weights) =>
    mixPositions(out as Float32Array, own, absent as Float32Array, weightsOf(weights), layout);
}

/**
 * The weight of each position from those of the features; undefined where channels of a position belong to different ones.
 * @param begin where every position is a feature: the number of the first
 */
function weightsOfPositions(
  features: Uint32Array,
  { channels, step, plane }: Layout,
  count: number,
  begin: number | undefined,
): ((weights: Float32Array) => Float32Array) | undefined {
  if (begin !== undefined) return (weights) => weights.subarray(begin, begin + count);
  const ids = Uint32Array.from({ length: count }, (_, position) => features[position * step] as number);
  for (let channel = 1; channel < channels; channel++)
    for (let position = 0; position < count; position++)
      if (features[position * step + channel * plane] !== ids[position]) return undefined;
  // Written anew for each mixture.
  const ofPositions = new Float32Array(count);
  return (weights) => {
    for (let position = 0; position < count; position++)
      ofPositions[position] = weights[ids[position] as number] as number;
    return ofPositions;
  };
}

/** Integers cannot be mixed: there is the one or the other. */
function choose(out: Elements, own: Elements, absent: Elements, ids: Uint32Array, weights: Float32Array): void {
  for (let i = 0; i < ids.length; i++) {
    out[i] = ((weights[ids[i] as number] as number) < 0.5 ? absent[i] : own[i]) as never;
  }
}

/** Exactly `here` at weight 1 and `gone` at weight 0, also where the other one is NaN. */
const mixed = (here: number, gone: number, weight: number): number =>
  weight === 1 ? here : weight === 0 ? gone : gone + weight * (here - gone);

/** True if a value is missing (NaN): a product with 0 would not make it go away. */
export const hasGaps = (values: Elements): boolean => values instanceof Float32Array && values.some(Number.isNaN);

function mixFeatures(
  out: Float32Array,
  own: Float32Array,
  absent: Float32Array,
  ids: Uint32Array,
  weights: Float32Array,
): void {
  for (let i = 0; i < ids.length; i++) {
    out[i] = mixed(own[i] as number, absent[i] as number, weights[ids[i] as number] as number);
  }
}

/** @param weights one for each position */
function mixPositions(
  out: Float32Array,
  own: Float32Array,
  absent: Float32Array,
  weights: Float32Array,
  { channels, step, plane }: Layout,
): void {
  if (channels === 3) {
    mixThree(out, own, absent, weights, step, plane);
    return;
  }
  for (let channel = 0; channel < channels; channel++) {
    for (let position = 0, i = channel * plane; position < weights.length; position++, i += step) {
      out[i] = mixed(own[i] as number, absent[i] as number, weights[position] as number);
    }
  }
}

/** Images in colour, a third faster than channel by channel. */
function mixThree(
  out: Float32Array,
  own: Float32Array,
  absent: Float32Array,
  weights: Float32Array,
  step: number,
  plane: number,
): void {
  for (let position = 0, i = 0; position < weights.length; position++, i += step) {
    const j = i + plane;
    const k = j + plane;
    const weight = weights[position] as number;
    if (weight === 1) {
      out[i] = own[i] as number;
      out[j] = own[j] as number;
      out[k] = own[k] as number;
      continue;
    }
    let gone = absent[i] as number;
    out[i] = gone + weight * ((own[i] as number) - gone);
    gone = absent[j] as number;
    out[j] = gone + weight * ((own[j] as number) - gone);
    gone = absent[k] as number;
    out[k] = gone + weight * ((own[k] as number) - gone);
  }
}

/** {@link mixThree} with zeros. */
function dimThree(out: Float32Array, own: Float32Array, weights: Float32Array, { step, plane }: Layout): void {
  if (step === 1) {
    dimPlanes(planesOf(out, plane), planesOf(own, plane), weights);
    return;
  }
  for (let position = 0, i = 0; position < weights.length; position++, i += step) {
    const weight = weights[position] as number;
    out[i] = weight * (own[i] as number);
    out[i + plane] = weight * (own[i + plane] as number);
    out[i + 2 * plane] = weight * (own[i + 2 * plane] as number);
  }
}

type Planes = readonly [Float32Array, Float32Array, Float32Array];

const planesOf = (image: Float32Array, plane: number): Planes => [
  image.subarray(0, plane),
  image.subarray(plane, 2 * plane),
  image.subarray(2 * plane, 3 * plane),
];

/** A quarter faster than to reckon where a position lies. */
function dimPlanes([r, g, b]: Planes, [ownR, ownG, ownB]: Planes, weights: Float32Array): void {
  for (let position = 0; position < weights.length; position++) {
    const weight = weights[position] as number;
    r[position] = weight * (ownR[position] as number);
    g[position] = weight * (ownG[position] as number);
    b[position] = weight * (ownB[position] as number);
  }
}
