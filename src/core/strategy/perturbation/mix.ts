/**
 * The mixing itself: where methods that hide spend most of their time outside the engine. Loops over floats stand by
 * themselves, so that they are compiled for floats alone, and read a place's weight once for all of its channels.
 */
import type { TensorInfo } from '../../model/info.ts';
import type { Inputs } from '../../tensor/rows.ts';
import { float32, sizeOf, type Tensor } from '../../tensor/tensor.ts';
import { knownDims } from './extents.ts';
import { type FeatureMask, type Layout, placesOf } from './feature-mask.ts';
import { type Elements, elementsOf } from './perturb.ts';

/** The weights of an input's elements as a graph that mixes takes them: one for all channels of a place, where that will do. */
export function weightRows(
  input: TensorInfo,
  { ids, first }: FeatureMask,
  count: number,
): { readonly rows: Tensor<'float32'>; readonly write: (row: number, weights: Float32Array) => void } {
  const features = ids[input.name] as Uint32Array;
  const { layout, count: places } = placesOf(input);
  const ofPlaces = layout && weightsOfPlaces(features, layout, places, first?.[input.name]);
  const dims = knownDims(input).map((extent, axis) => (ofPlaces && axis === input.channelAxis ? 1 : extent));
  const rows = float32([count, ...dims]);
  const size = sizeOf(dims);
  const rowOf = (row: number): Float32Array => rows.data.subarray(row * size, (row + 1) * size);
  if (ofPlaces) return { rows, write: (row, weights) => rowOf(row).set(ofPlaces(weights)) };
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
 * How an input is mixed with what stands for absence.
 * @param always what that is in every mixture, if it is the same: zeros take less time
 */
export function mixOf(input: TensorInfo, { ids, first }: FeatureMask, inputs: Inputs, always?: Inputs): Mix {
  const own = elementsOf(inputs, input.name);
  const features = ids[input.name] as Uint32Array;
  if (!(own instanceof Float32Array)) return (out, absent, weights) => choose(out, own, absent, features, weights);
  const { layout, count } = placesOf(input);
  const weightsOf = layout && weightsOfPlaces(features, layout, count, first?.[input.name]);
  if (!weightsOf) {
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
    mixPlaces(out as Float32Array, own, absent as Float32Array, weightsOf(weights), layout);
}

/**
 * The weight of each place from those of the features; undefined where channels of a place belong to different ones.
 * @param begin where every place is a feature: the number of the first
 */
function weightsOfPlaces(
  features: Uint32Array,
  { channels, step, plane }: Layout,
  count: number,
  begin: number | undefined,
): ((weights: Float32Array) => Float32Array) | undefined {
  if (begin !== undefined) return (weights) => weights.subarray(begin, begin + count);
  const ids = Uint32Array.from({ length: count }, (_, place) => features[place * step] as number);
  for (let channel = 1; channel < channels; channel++)
    for (let place = 0; place < count; place++)
      if (features[place * step + channel * plane] !== ids[place]) return undefined;
  // Written anew for each mixture.
  const ofPlaces = new Float32Array(count);
  return (weights) => {
    for (let place = 0; place < count; place++) ofPlaces[place] = weights[ids[place] as number] as number;
    return ofPlaces;
  };
}

/** Integers cannot be mixed: there is the one or the other. */
function choose(out: Elements, own: Elements, absent: Elements, ids: Uint32Array, weights: Float32Array): void {
  for (let i = 0; i < ids.length; i++) {
    out[i] = ((weights[ids[i] as number] as number) < 0.5 ? absent[i] : own[i]) as never;
  }
}

function mixFeatures(
  out: Float32Array,
  own: Float32Array,
  absent: Float32Array,
  ids: Uint32Array,
  weights: Float32Array,
): void {
  for (let i = 0; i < ids.length; i++) {
    const weight = weights[ids[i] as number] as number;
    const here = own[i] as number;
    const gone = absent[i] as number;
    out[i] = weight === 1 ? here : gone + weight * (here - gone);
  }
}

/** @param weights one for each place */
function mixPlaces(
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
    for (let place = 0, i = channel * plane; place < weights.length; place++, i += step) {
      const weight = weights[place] as number;
      const here = own[i] as number;
      const gone = absent[i] as number;
      out[i] = weight === 1 ? here : gone + weight * (here - gone);
    }
  }
}

/** Pictures in colour, a third faster than channel by channel. */
function mixThree(
  out: Float32Array,
  own: Float32Array,
  absent: Float32Array,
  weights: Float32Array,
  step: number,
  plane: number,
): void {
  for (let place = 0, i = 0; place < weights.length; place++, i += step) {
    const j = i + plane;
    const k = j + plane;
    const weight = weights[place] as number;
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
  for (let place = 0, i = 0; place < weights.length; place++, i += step) {
    const weight = weights[place] as number;
    out[i] = weight * (own[i] as number);
    out[i + plane] = weight * (own[i + plane] as number);
    out[i + 2 * plane] = weight * (own[i + 2 * plane] as number);
  }
}

type Planes = readonly [Float32Array, Float32Array, Float32Array];

const planesOf = (picture: Float32Array, plane: number): Planes => [
  picture.subarray(0, plane),
  picture.subarray(plane, 2 * plane),
  picture.subarray(2 * plane, 3 * plane),
];

/** A quarter faster than to reckon where a place lies. */
function dimPlanes([r, g, b]: Planes, [ownR, ownG, ownB]: Planes, weights: Float32Array): void {
  for (let place = 0; place < weights.length; place++) {
    const weight = weights[place] as number;
    r[place] = weight * (ownR[place] as number);
    g[place] = weight * (ownG[place] as number);
    b[place] = weight * (ownB[place] as number);
  }
}
