/** Columns of a table that a model reads, and the columns of inner matrices that stem from them. */

/** A column of the model's inputs. */
export interface SourceColumn {
  readonly input: string;
  /** Element of one row of the input. */
  readonly element: number;
}

/** Facts that the graph gives about an input column. */
export interface ColumnFacts extends SourceColumn {
  /** Categories that an encoder knows, in its order. */
  categories?: readonly (string | number)[];
  /** An encoder has an answer to categories that it does not know. */
  unknownAllowed?: boolean;
  /** Missing values are filled in before anything else is done with them. */
  imputed?: boolean;
}

/** One row of a tensor as columns: for each element the source columns that it depends on, in ascending order. */
export interface Columns {
  /** Shape of one row, without the batch. */
  readonly dims: readonly number[];
  readonly origins: readonly Origin[];
}

export interface Origin {
  /** Indices into {@link Trace.sources}; none for a constant. */
  readonly sources: readonly number[];
  /** The first operator, from the inputs on, that mixed several columns: `MatMul`. */
  readonly mixedBy?: string;
  /** Nothing but the type and the place of the values was changed so far. */
  readonly untouched: boolean;
}

export const sizeOfRow = ({ dims }: Columns): number => dims.reduce((a, b) => a * b, 1);

/** An element that depends on several others. @param op operator that puts them together */
export function mixed(origins: readonly Origin[], op: string): Origin {
  const sources = [...new Set(origins.flatMap((origin) => origin.sources))].sort((a, b) => a - b);
  const mixedBy = origins.find((origin) => origin.mixedBy)?.mixedBy ?? (sources.length > 1 ? op : undefined);
  return { sources, untouched: false, ...(mixedBy !== undefined && { mixedBy }) };
}
