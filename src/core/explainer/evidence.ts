/** Distribution of an attribution over the parts of an input: by cell of an image, by element of a vector, by position of a sequence. */

import { foldSums } from '../modality/fold.ts';
import type { Features } from '../modality/modality.ts';
import { valuesByInput } from '../model/embeddings/values-by-input.ts';
import { imageInput } from '../model/info.ts';
import type { BoundInfo } from '../model/model.ts';
import { baselineOf } from '../strategy/baseline.ts';
import type { Float32Tensors, Inputs } from '../tensor/rows.ts';
import { isFloat, sizeOf, type Tensor, tensor } from '../tensor/tensor.ts';
import { attributionByInput, withoutFeature } from './features.ts';

/** Kinds of parts: cells of a 3x3 grid over an image, numbers, positions of a series, tokens, features with names. */
export type PartKind = 'region' | 'feature' | 'step' | 'token' | 'named';

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
  /** Smallest share of the positions (pixels, numbers, steps or tokens) that holds half of the positive mass; 0 without any. */
  readonly halfIn: number;
  /** Index of the part with the most positive mass; undefined when no value is above zero. */
  readonly strongest?: number;
}

/** One number per position of an input, and the part that each position belongs to. */
interface Field {
  readonly kind: PartKind;
  readonly names: readonly string[];
  /** Summed over channels. */
  readonly values: ArrayLike<number>;
  partOf(position: number): number;
}

/** A field that lies in one input. */
interface InputField extends Field {
  readonly input: string;
  /** Position of an element of the input's row. */
  positionOf(element: number): number;
}

const ROWS = ['top', '', 'bottom'] as const;
const COLUMNS = ['left', '', 'right'] as const;
/** From top left to bottom right. */
export const CELLS: readonly string[] = ROWS.flatMap((row) =>
  COLUMNS.map((column) => [row, column].filter(Boolean).join(' ') || 'centre'),
);

/** Index of the band, out of three, that holds the centre of a pixel. */
const band = (at: number, dim: number): number => Math.floor(((at + 0.5) * 3) / dim);

/** Attribution of one row. */
export interface Attributed {
  readonly values: Float32Tensors;
  readonly map?: Tensor<'float32'>;
}

/**
 * The evidence of one row; undefined when the attribution has no place in an input, as that of a dense inner layer.
 * @param features of the row, where a modality prepared it
 */
export function evidenceOf(
  info: BoundInfo,
  row: Attributed,
  inputs: Inputs,
  features?: Features,
): Evidence | undefined {
  const field = features ? namedField(info, row, features) : fieldOf(info, row, inputs);
  if (!field) return undefined;
  const { kind, names, values } = field;
  const positive = new Float64Array(names.length);
  const negative = new Float64Array(names.length);
  for (let position = 0; position < values.length; position++) {
    const value = values[position] as number;
    const part = field.partOf(position);
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

/** Replacement of a hidden part. */
export type Stand = 'baseline' | 'mean' | 'zero' | 'absent';

/**
 * The inputs without one part: there they hold the baseline that the request gives, else the mean of each channel of a
 * image or a series, else 0.
 * @param baselines one row by input name
 */
export function withoutPart(
  info: BoundInfo,
  row: Attributed,
  inputs: Inputs,
  part: number,
  baselines: Inputs,
  features?: Features,
): { readonly inputs: Inputs; readonly by: Stand } | undefined {
  if (features) return withoutFeature(info, features, part, inputs, baselines);
  const field = fieldOf(info, row, inputs);
  const described = info.inputs.find(({ name }) => name === field?.input);
  if (!field || !described) return undefined;
  const own = inputs[field.input] as Tensor;
  const by = baselines[field.input] ? 'baseline' : field.kind === 'region' || field.kind === 'step' ? 'mean' : 'zero';
  const absent = baselineOf(own, described, by === 'mean' ? 'mean' : 0, baselines);
  const hidden = tensor(own.dtype, own.dims);
  for (let i = 0; i < own.data.length; i++) {
    const from = field.partOf(field.positionOf(i)) === part ? absent : own;
    hidden.data[i] = from.data[i] as never;
  }
  return { inputs: { ...inputs, [field.input]: hidden }, by };
}

/** Features with names, each a position. */
function namedField(info: BoundInfo, { values }: Attributed, features: Features): Field | undefined {
  const byInput = attributionByInput(info, values, features);
  return (
    byInput && {
      kind: 'named',
      names: features.list.map(({ name }) => name),
      values: foldSums(byInput, features),
      partOf: (position) => position,
    }
  );
}

function fieldOf(info: BoundInfo, { values, map }: Attributed, inputs: Inputs): InputField | undefined {
  const image = imageInput(info);
  if (image && map) {
    const [height, width] = map.dims as [number, number];
    const channels = image.channelAxis === 2 ? ((inputs[image.name] as Tensor).dims[3] as number) : 1;
    return {
      kind: 'region',
      names: CELLS,
      values: map.data,
      partOf: (position) => 3 * band(Math.floor(position / width), height) + band(position % width, width),
      input: image.name,
      positionOf: (element) => Math.floor(element / channels) % (height * width),
    };
  }
  for (const { name, dtype, channelAxis } of info.inputs) {
    const rowDims = (inputs[name] as Tensor).dims.slice(1);
    const own = values[name] ?? (isFloat(dtype) ? undefined : embedded(values, info, name, rowDims));
    if (!own) continue;
    const series = rowDims.length === 2 && channelAxis !== undefined;
    const channels = series ? (rowDims[channelAxis] as number) : 1;
    const positions = sizeOf(rowDims) / channels;
    const positionOf = (element: number): number =>
      series && channelAxis === 1 ? Math.floor(element / channels) : element % positions;
    return {
      kind: series ? 'step' : isFloat(dtype) ? 'feature' : 'token',
      names: Array.from({ length: positions }, (_, position) => `${name}[${position}]`),
      values: values[name] ? gather(own.data, positions, positionOf) : gatherLast(own.data, positions),
      partOf: (position) => position,
      input: name,
      positionOf,
    };
  }
  return undefined;
}

/** The attribution of the embeddings that ids are looked up for, where only one input can be meant. */
function embedded(
  values: Float32Tensors,
  { sources }: BoundInfo,
  input: string,
  rowDims: readonly number[],
): Tensor<'float32'> | undefined {
  const looked = sources.filter(({ name }) => values[name]);
  if (looked.length === 0 || looked.some((source) => source.shared || source.input !== input)) return undefined;
  const own = valuesByInput(sources, values, () => sizeOf(rowDims))[input];
  return own && own.data.length % sizeOf(rowDims) === 0 ? own : undefined;
}

function gather(data: Float32Array, positions: number, positionOf: (element: number) => number): Float64Array {
  const sums = new Float64Array(positions);
  for (let i = 0; i < data.length; i++) sums[positionOf(i)] = (sums[positionOf(i)] as number) + (data[i] as number);
  return sums;
}

const gatherLast = (data: Float32Array, positions: number): Float64Array =>
  gather(data, positions, (element) => Math.floor((element * positions) / data.length));

/** Number of the largest values that make up half of the positive mass. */
function halfOf(values: ArrayLike<number>, above: number): number {
  const sorted = Float64Array.from(values).sort();
  let [count, mass] = [0, 0];
  while (mass < above / 2 && count < sorted.length) mass += sorted[sorted.length - ++count] as number;
  return count;
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
