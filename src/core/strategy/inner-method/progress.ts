/** Many rows, a batch at a time; where the engine runs beside this thread, the next batch is made meanwhile. */
import type { EvaluateOptions, Evaluation, ExplainContext } from '../../method/contract.ts';
import type { Inputs } from '../../tensor/rows.ts';

/** Range of the rows that a method evaluates: `count` rows from `first` on, at most one batch of the engine. */
export interface Portion {
  readonly first: number;
  readonly count: number;
  /**
   * Number of the buffer that the rows may be written to: 0, or 0 and 1 in turn where portions are made ahead. The rows
   * of the last portion with the same number are no longer read.
   */
  readonly slot: 0 | 1;
  /** True if a partial map is due after it: about ten times per run, but not at the end. */
  readonly milestone: boolean;
}

/** Number of partial maps of a run with many rows. */
const MILESTONES = 10;

/** {@link Portion.milestone} for portions that are made in another way. */
export function isMilestone(first: number, end: number, count: number): boolean {
  const passed = (rows: number) => Math.floor((MILESTONES * rows) / count);
  return end < count && passed(end) > passed(first);
}

/** Number of different values of {@link Portion.slot}. */
export const slotsOf = ({ prefetch }: Pick<ExplainContext<unknown>, 'prefetch'>): 1 | 2 => (prefetch ? 2 : 1);

/**
 * Evaluates rows 0 to `count - 1` in portions of the engine's batch. Where the engine runs in the background, the next
 * portion is made while one runs.
 * @param make returns the rows of a portion
 * @param use receives the evaluations in order; true ends the run early; a portion that the engine
 * already has is evaluated in vain
 * @throws WhylightError as {@link ExplainContext.evaluate} does
 *
 * @example
 * import { inPortions, sliceRows } from 'whylight/plugin';
 * const all = new Float32Array(200);
 * await inPortions(
 *   ctx, 200, ({ first, count }) => ({ image: sliceRows(copies, first, first + count) }),
 *   ({ scores }, { first }) => { all.set(scores, first); },
 * );
 */
export async function inPortions<P>(
  ctx: Pick<ExplainContext<P>, 'prefetch' | 'batchSize' | 'evaluate'>,
  count: number,
  make: (portion: Portion) => Inputs,
  use: (evaluation: Evaluation, portion: Portion) => unknown,
  options?: EvaluateOptions,
): Promise<void> {
  const size = Math.max(1, ctx.batchSize);
  let before: { readonly portion: Portion; readonly evaluation: Promise<Evaluation> } | undefined;
  for (let first = 0; first < count; first += size) {
    const slot = ctx.prefetch && (first / size) % 2 === 1 ? 1 : 0;
    const end = Math.min(count, first + size);
    const portion: Portion = { first, count: end - first, slot, milestone: isMilestone(first, end, count) };
    const evaluation = ctx.evaluate(make(portion), options);
    // It may fail while the one before is waited for; whoever waits for this one hears of it.
    evaluation.catch(() => {});
    if (before && use(await before.evaluation, before.portion) === true) return;
    before = { portion, evaluation };
    if (ctx.prefetch) continue;
    if (use(await evaluation, portion) === true) return;
    before = undefined;
  }
  if (before) use(await before.evaluation, before.portion);
}
