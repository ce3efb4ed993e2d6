/** Scores of a target that is found again in each run, since elements of the outputs do not keep their meaning. */
import { type Float32Tensors, rowsOf, sliceRows } from '../tensor/rows.ts';

export interface Follow {
  /** Outputs that are read beside the scores. */
  readonly outputs: readonly string[];
  /** The number in the outputs of one row. */
  number(outputs: Float32Tensors): number;
}

/**
 * The number of each row.
 * @param outputs of a run by name, [rows, ...], all of the same number of rows
 */
export function followedScores({ number }: Follow, outputs: Float32Tensors): Float32Array {
  const [first] = Object.values(outputs);
  return Float32Array.from({ length: first ? rowsOf(first) : 0 }, (_, row) =>
    number(Object.fromEntries(Object.entries(outputs).map(([name, one]) => [name, sliceRows(one, row, row + 1)]))),
  );
}
