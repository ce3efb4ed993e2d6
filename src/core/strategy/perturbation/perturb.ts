/** Scores of changed copies of the input. */
import type { ExplainContext, Inputs } from '../../method/contract.ts';
import { emptyRows, sliceRows } from '../../tensor/rows.ts';
import type { DataOf, DataType, Tensor } from '../../tensor/tensor.ts';

export type Elements = DataOf<DataType>;

/**
 * The target's score of `count` changed copies of the inputs, in portions of the engine's batch.
 * @param changed names of the inputs that change; the others are fed as they are
 * @param change writes into copy number `index`, which holds the input's own values
 * @param fold is told each copy's score, in order; by `true` it says that it has heard enough. When that is does not
 * depend on the portions, and neither does the answer then.
 */
export async function scorePerturbed<P>(
  ctx: ExplainContext<P>,
  count: number,
  changed: readonly string[],
  change: (index: number, copy: Readonly<Record<string, Elements>>) => void,
  fold: (index: number, score: number) => unknown,
): Promise<void> {
  // One array for all portions: new ones of this size cost more than what is written into them.
  const room = copies(ctx.inputs, changed, Math.min(count, ctx.batchSize));
  for (let first = 0; first < count; first += ctx.batchSize) {
    const size = Math.min(ctx.batchSize, count - first);
    const rows = refilled(room, ctx.inputs, changed, size);
    for (let i = 0; i < size; i++) change(first + i, rowViews(rows, changed, i));
    const { scores } = await ctx.evaluate(rows);
    for (const [i, score] of scores.entries()) if (fold(first + i, score) === true) return;
  }
}

function copies(inputs: Inputs, changed: readonly string[], count: number): Inputs {
  const rows: Record<string, Tensor> = { ...inputs };
  for (const name of changed) {
    const { dtype, dims } = inputs[name] as Tensor;
    rows[name] = emptyRows(dtype, count, dims.slice(1));
  }
  return rows;
}

/** The first `count` rows, each the input itself again. */
function refilled(room: Inputs, inputs: Inputs, changed: readonly string[], count: number): Inputs {
  const rows: Record<string, Tensor> = { ...room };
  for (const name of changed) {
    const portion = sliceRows(room[name] as Tensor, 0, count);
    const own = (inputs[name] as Tensor).data as Float32Array;
    for (let i = 0; i < count; i++) (portion.data as Float32Array).set(own, i * own.length);
    rows[name] = portion;
  }
  return rows;
}

function rowViews(rows: Inputs, names: readonly string[], index: number): Record<string, Elements> {
  return Object.fromEntries(
    names.map((name) => {
      const { data, dims } = rows[name] as Tensor;
      const size = data.length / (dims[0] as number);
      return [name, data.subarray(index * size, (index + 1) * size)];
    }),
  );
}

/** Copies elements `from` to `to` (exclusive) of `source` to the same place of `destination`. */
export function copyRange(destination: Elements, source: Elements, from: number, to: number): void {
  (destination as Float32Array).set((source as Float32Array).subarray(from, to), from);
}
