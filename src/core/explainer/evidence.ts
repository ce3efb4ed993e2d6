/** Where an attribution puts its evidence: by cell of a picture, by element of a vector, by position of a sequence. */

import type { BoundInfo } from '../model/model.ts';
import { baselineOf } from '../strategy/baseline.ts';
import type { Float32Tensors, Inputs } from '../tensor/rows.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';

/** What the parts are: cells of a 3x3 grid over a picture, numbers, positions of a series, tokens. */
export type PartKind = 'region' | 'feature' | 'step' | 'token';

export interface Part {
  readonly name: string;
  /** Sum of the values above zero, as a share of all of them; 0 where there are none. */
  readonly positive: number;
  /** The same of the values below zero. */
  readonly negative: number;
}

export interface Evidence {
  readonly kind: PartKind;
  /** In the order of the input. */
  readonly parts: readonly Part[];
  /** Sum of the values below zero, as a share of the sum of all absolute values. */
  readonly negativeShare: number;
  /** The smallest share of the places (pixels, numbers, positions) that holds half of the positive mass; 0 without any. */
  readonly halfIn: number;
  /** Index of the part with the most positive mass; undefined when no value is above zero. */
  readonly strongest?: number;
}

/** One number per place of an input, and what takes a part of the places away. */
interface Field {
  readonly kind: PartKind;
  readonly names: readonly string[];
  /** Summed over channels. */
  readonly values: ArrayLike<number>;
  partOf(place: number): number;
  readonly input: string;
  /** The place of an element of the input's row. */
  placeOf(element: number): number;
}

const ROWS = ['top', '', 'bottom'] as const;
const COLUMNS = ['left', '', 'right'] as const;
/** From top left to bottom right. */
export const CELLS: readonly string[] = ROWS.flatMap((row) =>
  COLUMNS.map((column) => [row, column].filter(Boolean).join(' ') || 'centre'),
);

/** Which of three bands a pixel is in: the one that holds its centre. */
const band = (at: number, extent: number): number => Math.floor(((at + 0.5) * 3) / extent);

/** What is explained of one row. */
export interface Attributed {
  readonly values: Float32Tensors;
  readonly map?: Tensor<'float32'>;
}

/** The evidence of one row; undefined when the attribution has no place in an input, as that of a dense inner layer. */
export function evidenceOf(info: BoundInfo, row: Attributed, inputs: Inputs): Evidence | undefined {
  const field = fieldOf(info, row, inputs);
  if (!field) return undefined;
  const { kind, names, values } = field;
  const positive = new Float64Array(names.length);
  const negative = new Float64Array(names.length);
  for (let place = 0; place < values.length; place++) {
    const value = values[place] as number;
    const part = field.partOf(place);
    if (value > 0) positive[part] = (positive[part] as number) + value;
    else negative[part] = (negative[part] as number) - value;
  }
  const [above, below] = [sum(positive), sum(negative)];
  const share = (mass: number, all: number): number => (all > 0 ? mass / all : 0);
  return {
    kind,
    parts: names.map((name, i) => ({
      name,
      positive: share(positive[i] as number, above),
      negative: share(negative[i] as number, below),
    })),
    negativeShare: share(below, above + below),
    halfIn: halfOf(values, above) / values.length,
    ...(above > 0 && { strongest: positive.indexOf(Math.max(...positive)) }),
  };
}

/** What stands in for a part that is hidden. */
export type Stand = 'baseline' | 'mean' | 'zero';

/**
 * The inputs without one part: there they hold the baseline that the request gives, else the mean of each channel of a
 * picture or a series, else 0.
 * @param baselines one row by input name
 */
export function withoutPart(
  info: BoundInfo,
  row: Attributed,
  inputs: Inputs,
  part: number,
  baselines: Inputs,
): { readonly inputs: Inputs; readonly by: Stand } | undefined {
  const field = fieldOf(info, row, inputs);
  const described = info.inputs.find(({ name }) => name === field?.input);
  if (!field || !described) return undefined;
  const own = inputs[field.input] as Tensor;
  const by = baselines[field.input] ? 'baseline' : field.kind === 'region' || field.kind === 'step' ? 'mean' : 'zero';
  const absent = baselineOf(own, described, by === 'mean' ? 'mean' : 0, baselines);
  const hidden = tensor(own.dtype, own.dims);
  for (let i = 0; i < own.data.length; i++) {
    const from = field.partOf(field.placeOf(i)) === part ? absent : own;
    hidden.data[i] = from.data[i] as never;
  }
  return { inputs: { ...inputs, [field.input]: hidden }, by };
}

function fieldOf(info: BoundInfo, { values, map }: Attributed, inputs: Inputs): Field | undefined {
  const picture = info.inputs.find(({ dims, channelAxis }) => dims.length === 3 && channelAxis !== undefined);
  if (picture && map) {
    const [height, width] = map.dims as [number, number];
    const channels = picture.channelAxis === 2 ? ((inputs[picture.name] as Tensor).dims[3] as number) : 1;
    return {
      kind: 'region',
      names: CELLS,
      values: map.data,
      partOf: (place) => 3 * band(Math.floor(place / width), height) + band(place % width, width),
      input: picture.name,
      placeOf: (element) => Math.floor(element / channels) % (height * width),
    };
  }
  for (const { name, dtype, channelAxis } of info.inputs) {
    const extents = (inputs[name] as Tensor).dims.slice(1);
    const own = values[name] ?? (dtype.startsWith('float') ? undefined : embedded(values, info, extents));
    if (!own) continue;
    const series = extents.length === 2 && channelAxis !== undefined;
    const channels = series ? (extents[channelAxis] as number) : 1;
    const places = extents.reduce((size, extent) => size * extent, 1) / channels;
    const placeOf = (element: number): number =>
      series && channelAxis === 1 ? Math.floor(element / channels) : element % places;
    return {
      kind: series ? 'step' : dtype.startsWith('float') ? 'feature' : 'token',
      names: Array.from({ length: places }, (_, place) => `${name}[${place}]`),
      values: values[name] ? gather(own.data, places, placeOf) : gatherLast(own.data, places),
      partOf: (place) => place,
      input: name,
      placeOf,
    };
  }
  return undefined;
}

/** The attribution of the embeddings that are looked up for token ids, where only one input can be meant. */
function embedded(values: Float32Tensors, info: BoundInfo, extents: readonly number[]): Tensor<'float32'> | undefined {
  const looked = Object.keys(values).filter((name) => info.sources.some((source) => source.name === name));
  const [name] = looked;
  if (name === undefined || looked.length > 1) return undefined;
  const { dims } = values[name] as Tensor<'float32'>;
  return dims.length === extents.length + 2 && extents.every((extent, i) => dims[i + 1] === extent)
    ? values[name]
    : undefined;
}

function gather(data: Float32Array, places: number, placeOf: (element: number) => number): Float64Array {
  const sums = new Float64Array(places);
  for (let i = 0; i < data.length; i++) sums[placeOf(i)] = (sums[placeOf(i)] as number) + (data[i] as number);
  return sums;
}

const gatherLast = (data: Float32Array, places: number): Float64Array =>
  gather(data, places, (element) => Math.floor((element * places) / data.length));

/** How many of the largest values make up half of the positive mass. */
function halfOf(values: ArrayLike<number>, above: number): number {
  const sorted = Float64Array.from(values).sort();
  let [count, mass] = [0, 0];
  while (mass < above / 2 && count < sorted.length) mass += sorted[sorted.length - ++count] as number;
  return count;
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
