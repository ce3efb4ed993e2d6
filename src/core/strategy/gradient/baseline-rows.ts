/** Several baselines: what methods that average over a distribution of them start from. */
import { WhylightError } from '../../errors.ts';
import type { ExplainContext, Given } from '../../method/contract.ts';
import { cast } from '../../tensor/cast.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import { repeatRow, rowsOf } from '../../tensor/rows.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Baseline, baselineOf } from '../baseline.ts';
import { givenSources, withoutElements } from './sources.ts';

/** Number of baselines: those of the request, or the one that the parameter describes. */
export const baselineCount = ({ baselines }: Given): number => Math.max(1, baselines);

/**
 * The baselines of every source, one row each.
 * @throws WhylightError `invalid_request` when the inputs have different numbers of them
 */
export async function baselineRowsOf<P>(
  ctx: ExplainContext<P>,
  to: Float32Tensors,
  baseline: Baseline,
): Promise<Float32Tensors> {
  const all = await givenSources(ctx);
  const count = Math.max(1, ...Object.values(ctx.baselines).map(rowsOf));
  return Object.fromEntries(
    ctx.model.sources.map((source) => {
      const given = all[source.name];
      const rows = given ? cast(given, 'float32') : baselineOf(to[source.name] as Tensor<'float32'>, source, baseline);
      if (rowsOf(rows) !== 1 && rowsOf(rows) !== count) {
        const message = `The baselines of "${source.name}" have ${rowsOf(rows)} rows, others have ${count}: give as many for each input, or one.`;
        throw new WhylightError('invalid_request', message, { input: source.name, rows: rowsOf(rows), count });
      }
      return [source.name, withoutElements(source, to[source.name] as Tensor<'float32'>, repeatRow(rows, count))];
    }),
  );
}
