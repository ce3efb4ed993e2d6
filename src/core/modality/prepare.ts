/** Rows that a modality prepared, with what the explainer takes of them. */
import type { Model } from '../model/model.ts';
import { rowsAsInFile, rowsInFront } from '../model/row-places.ts';
import { type Inputs, joinRows, sliceRows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Features, Prepared } from './modality.ts';
import type { ModalityInUse } from './registry.ts';

/** Rows of one modality, ready to be explained. */
export interface PreparedRows {
  readonly use: ModalityInUse;
  /** All rows, in the file's own axes. */
  readonly inputs: Inputs;
  /** One for each row. */
  readonly features: readonly Features[];
  /** One for each row, for {@link Modality.draw}. */
  readonly views: readonly unknown[];
  /** Sentences for the user: that a text was cut. */
  readonly notices: readonly string[];
  /** True for tensors whose features the modality of the model named. */
  readonly named?: true;
  /** The explained inputs of every row with every feature absent. */
  baselines(): Promise<Inputs>;
  /** Typical rows of the model; undefined where it has none. */
  background(): Promise<Inputs | undefined>;
}

/**
 * Prepares decoded rows for a model.
 * @param raw rows as {@link Modality.decode} gives them
 * @throws WhylightError as {@link Modality.prepare} does
 */
export async function prepareRows(model: Model, use: ModalityInUse, raw: unknown): Promise<PreparedRows> {
  const { modality, context } = use;
  const prepared = await modality.prepare(raw, context);
  const { inputs, features, views, notices } = prepared;
  return {
    ...{ use, inputs, features, views, notices },
    baselines: () => baselinesOf(model, use, prepared),
    background: async () => modality.background?.(context),
  };
}

async function baselinesOf(model: Model, { modality, context }: ModalityInUse, prepared: Prepared): Promise<Inputs> {
  const rows = await Promise.all(prepared.features.map((_, row) => modality.absent(prepared, row, context)));
  const explained = model.description.inputs.filter(({ role, name }) => role.value === 'explained' && rows[0]?.[name]);
  return Object.fromEntries(
    explained.map(({ name }) => {
      const place = model.places[name] ?? 0;
      const own = rows.map((row) => rowsInFront(row[name] as Tensor, place));
      return [name, rowsAsInFile(joinRows(own), place)];
    }),
  );
}

/** Some of the rows, in this order. */
export const selectPrepared = (model: Model, prepared: PreparedRows, rows: readonly number[]): PreparedRows => ({
  ...prepared,
  inputs: rowsInFile(model, prepared.inputs, rows),
  features: rows.map((row) => prepared.features[row] as Features),
  views: rows.map((row) => prepared.views[row]),
  baselines: async () => rowsInFile(model, await prepared.baselines(), rows),
});

/** One row of inputs in the file's own axes; inputs that all rows share stay whole. */
export const rowInFile = (model: Pick<Model, 'places'>, inputs: Inputs, row: number): Inputs =>
  rowsInFile(model, inputs, [row]);

/** Rows of inputs in the file's own axes, in this order; inputs that all rows share stay whole. */
export function rowsInFile({ places }: Pick<Model, 'places'>, inputs: Inputs, rows: readonly number[]): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      const place = places[name] ?? 0;
      if (typeof place !== 'number') return [name, value];
      const inFront = rowsInFront(value, place);
      return [name, rowsAsInFile(joinRows(rows.map((row) => sliceRows(inFront, row, row + 1))), place)];
    }),
  );
}
