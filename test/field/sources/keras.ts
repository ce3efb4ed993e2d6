/** Exports of Keras by tf2onnx: inputs by the names that the models give them, Keras' own answers beside. */
import { join } from 'node:path';
import type { Expectation, ExpectedInput } from '../expectation.ts';
import { readJson } from '../read-json.ts';
import type { ExportReader } from './exports.ts';

interface KerasModel {
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
}

interface Flat {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const MODALITIES: readonly (readonly [name: RegExp, modality: string, layout?: string])[] = [
  [/^series/, 'series', 'NTC'],
  [/^tokens/, 'text'],
  [/^numbers/, 'tabular'],
  [/./, 'image', 'NHWC'],
];

export const kerasModel: ExportReader = async (name, entry, folder) => {
  if (!('largest_difference' in entry)) return undefined;
  const { inputs, outputs } = entry as unknown as KerasModel;
  const example = (await readJson(join(folder, `${name}.json`))) as {
    readonly inputs?: Readonly<Record<string, Flat>>;
    readonly outputs?: Readonly<Record<string, Flat>>;
  };
  const [[output = '', dims = []] = []] = Object.entries(outputs);
  const answer = example.outputs?.[output];
  const width = Number(dims.at(-1));
  const softmax = answer && sumsToOne(answer);
  const isSegmentation = dims.length === 5;
  const expected: Expectation = {
    open: 'yes',
    explain: 'yes',
    inputs: Object.entries(inputs).map(([input, shape]) => expectedInput(input, shape, example.inputs?.[input])),
    output,
    ...(!isSegmentation && { class_axis: width === 1 && !/bidirectional/.test(name) ? null : 1 }),
    ...(isSegmentation && { class_axis: 3, tasks: ['segmentation'] as const }),
    ...(answer && { activation: softmax ? 'softmax' : width === 1 && isShare(answer) ? 'sigmoid' : 'none' }),
    ...(example.outputs && {
      arrays: Object.entries(example.outputs).map(([output, { data }]) => ({ output, values: data })),
    }),
  };
  return { family: ['keras', name], expected };
};

function expectedInput(
  name: string,
  [dtype, ...shape]: readonly (number | string)[],
  given: Flat | undefined,
): ExpectedInput {
  const [, modality, layout] = MODALITIES.find(([pattern]) => pattern.test(name)) ?? MODALITIES[3] ?? [/./, 'image'];
  return {
    name,
    dtype: dtype === 'INT32' ? 'int32' : 'float32',
    modality,
    ...(layout !== undefined && { layout }),
    role: 'explained',
    batch_axis: 0,
    ...(given
      ? { fill: { kind: 'values', values: given.data }, fill_shape: given.shape }
      : { fill: { kind: 'blobs' }, fill_shape: shape.map((dim, axis) => (axis === 0 ? 1 : Number(dim))) }),
  };
}

/** Rows along the last axis add up to 1. */
function sumsToOne({ shape, data }: Flat): boolean {
  const width = shape.at(-1) ?? 1;
  if (width < 2) return false;
  for (let at = 0; at < data.length; at += width) {
    const sum = data.slice(at, at + width).reduce((total, value) => total + value, 0);
    if (Math.abs(sum - 1) > 1e-4) return false;
  }
  return true;
}

const isShare = ({ data }: Flat): boolean => data.every((value) => value > 0 && value < 1);
