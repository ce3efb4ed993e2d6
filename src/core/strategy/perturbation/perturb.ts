/** Scores of changed copies of the input. */
import type { ExplainContext } from '../../method/contract.ts';
import type { Inputs } from '../../tensor/rows.ts';
import { copiesOf, sliceRows } from '../../tensor/rows.ts';
import type { DataOf, DataType, Tensor } from '../../tensor/tensor.ts';
import { inPortions, type Portion, slotsOf } from '../inner-method/progress.ts';

export type Elements = DataOf<DataType>;

/** The elements of one copy, by input name. */
export type Copy = Readonly<Record<string, Elements>>;

/**
 * Scores `count` changed copies of the inputs against the target, in portions of the engine's batch.
 * @param changed names of the inputs that change; the others are fed as they are
 * @param change writes into copy number `index`, which holds the input's own values
 * @param fold receives each copy's score, in order; true ends the run early. The copy at which it ends
 * must not depend on the portions, so that the result does not either
 * @param restore undoes what `change` wrote into copy number `index`; the whole input when left out. Nothing needs to
 * be undone where `change` writes every element
 * @throws WhylightError as {@link ExplainContext.evaluate} does
 *
 * @example
 * import { scorePerturbed } from 'whylight/plugin';
 * const drops = new Float32Array(5);
 * await scorePerturbed(
 *   ctx, drops.length, ['x'], (index, { x }) => { (x as Float32Array)[index] = 0; },
 *   (index, score) => { drops[index] = ctx.score - score; },
 * );
 */
export async function scorePerturbed<P>(
  ctx: ExplainContext<P>,
  count: number,
  changed: readonly string[],
  change: (index: number, copy: Copy) => void,
  fold: (index: number, score: number) => unknown,
  restore: (index: number, copy: Copy) => void = (_, copy) => {
    for (const name of changed) copyRange(copy[name] as Elements, elementsOf(ctx.inputs, name), 0);
  },
): Promise<void> {
  // The same arrays for all portions: new ones of this size cost more than what is written into them.
  const most = Math.min(count, ctx.batchSize);
  const rooms = Array.from({ length: slotsOf(ctx) }, () => {
    const rows = copies(ctx.inputs, changed, most);
    return { rows, views: Array.from({ length: most }, (_, row) => rowViews(rows, changed, row)) };
  });
  const roomOf = ({ slot }: Portion) => rooms[slot] as (typeof rooms)[number];
  await inPortions(
    ctx,
    count,
    (portion) => {
      const { rows, views } = roomOf(portion);
      for (let i = 0; i < portion.count; i++) change(portion.first + i, views[i] as Copy);
      return firstRows(rows, changed, portion.count);
    },
    ({ scores }, portion) => {
      const { first } = portion;
      for (const [i, score] of scores.entries()) if (fold(first + i, score) === true) return true;
      for (const [i, copy] of roomOf(portion).views.slice(0, portion.count).entries()) restore(first + i, copy);
      return false;
    },
  );
}

function copies(inputs: Inputs, changed: readonly string[], count: number): Inputs {
  const rows: Record<string, Tensor> = { ...inputs };
  for (const name of changed) rows[name] = copiesOf(inputs[name] as Tensor, count);
  return rows;
}

function firstRows(room: Inputs, changed: readonly string[], count: number): Inputs {
  const rows: Record<string, Tensor> = { ...room };
  for (const name of changed) rows[name] = sliceRows(room[name] as Tensor, 0, count);
  return rows;
}

function rowViews(rows: Inputs, names: readonly string[], index: number): Copy {
  return Object.fromEntries(
    names.map((name) => {
      const { data, dims } = rows[name] as Tensor;
      const size = data.length / (dims[0] as number);
      return [name, data.subarray(index * size, (index + 1) * size)];
    }),
  );
}

/** Copies elements `from` to `to` (exclusive) of `source` to the same place of `destination`. */
export function copyRange(destination: Elements, source: Elements, from: number, to: number = source.length): void {
  (destination as Float32Array).set((source as Float32Array).subarray(from, to), from);
}

export const elementsOf = (inputs: Inputs, name: string): Elements => (inputs[name] as Tensor).data;
