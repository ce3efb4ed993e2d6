/** One row that a command explains: its tensors, and what its modality knows of it. */

import type { PlacedImage } from '../core/image/placement.ts';
import type { Features, Prepared } from '../core/modality/modality.ts';
import { checkInputs } from '../core/model/inputs.ts';
import type { Model } from '../core/model/model.ts';
import { rowsAsInFile, rowsInFront } from '../core/model/row-axes.ts';
import type { Float32Tensors, Inputs } from '../core/tensor/rows.ts';
import { sliceRows } from '../core/tensor/rows.ts';
import type { ModalityInUse } from './modalities.ts';

export interface Subject {
  /** File that it comes from, with the row where there are several. */
  readonly name: string;
  /** One row of each input, in the file's own axes. */
  readonly inputs: Inputs;
  /** The image, where it is one. */
  readonly image?: PlacedImage;
  /** Row that any other modality prepared from it. */
  readonly prepared?: PreparedRow;
}

export interface PreparedRow {
  readonly use: ModalityInUse;
  readonly features: Features;
  readonly view: unknown;
  /** Sentences for the user: that a text was cut. */
  readonly notices: readonly string[];
  /** The explained inputs with every feature absent. */
  baselines(): Promise<Inputs>;
}

/** A subject for each row of what a modality prepared. */
export function subjectsOf(model: Model, use: ModalityInUse, prepared: Prepared, name: string): Subject[] {
  const { modality, context } = use;
  const count = prepared.features.length;
  const explained = new Set(
    model.description.inputs.filter(({ role }) => role.value === 'explained').map((input) => input.name),
  );
  return prepared.features.map((features, row) => ({
    name: count > 1 ? `${name}, row ${row + 1}` : name,
    inputs: count > 1 ? rowOf(model, prepared.inputs, row) : prepared.inputs,
    prepared: {
      use,
      features,
      view: prepared.views[row],
      notices: row === 0 ? prepared.notices : [],
      async baselines() {
        const absent = await modality.absent(prepared, row, context);
        return Object.fromEntries(Object.entries(absent).filter(([input]) => explained.has(input)));
      },
    },
  }));
}

function rowOf({ places }: Model, inputs: Inputs, row: number): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      const place = places[name] ?? 0;
      if (typeof place !== 'number') return [name, value];
      return [name, rowsAsInFile(sliceRows(rowsInFront(value, place), row, row + 1), place)];
    }),
  );
}

/**
 * The attribution of one row as values of features; embeddings count for the input that they are looked up for.
 * Undefined for the attribution of an inner layer, which has no place in the input.
 */
export function foldFeatures(
  model: Model,
  inputs: Inputs,
  { use, features }: PreparedRow,
  values: Float32Tensors,
): Float64Array | undefined {
  const { shapes } = checkInputs(model, inputs);
  const inputOf = new Map(model.info({ shapes }).sources.map(({ name, input }) => [name, input]));
  const byInput = Object.fromEntries(Object.entries(values).map(([name, own]) => [inputOf.get(name) ?? name, own]));
  if (!Object.keys(features.mask).some((name) => byInput[name])) return undefined;
  return use.modality.fold(byInput, features);
}

export interface FeatureValue {
  readonly name: string;
  readonly value: number;
  readonly start?: number;
  readonly end?: number;
}

/** Features of the answer in JSON. */
export const listFeatures = ({ list }: Features, values: ArrayLike<number>): FeatureValue[] =>
  list.map(({ name, start, end }, i) => ({
    name,
    value: values[i] as number,
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
  }));
