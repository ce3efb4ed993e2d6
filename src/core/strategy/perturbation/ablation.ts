/** A layer's values with one part after the other taken away: what the score is without it. */
import type { ExplainContext, NamedNeeds } from '../../method/contract.ts';
import type { ModelInfo } from '../../model/info.ts';
import { copiesOf } from '../../tensor/rows.ts';
import type { Tensor } from '../../tensor/tensor.ts';

export interface Ablation {
  /** The layer, which the graph takes as rows. */
  readonly layer: string;
  /** One row of it. */
  readonly values: Tensor<'float32'>;
  /** Values of the layer without any part, one row; that of one part is asked for before the next. */
  readonly absent: (part: number) => Float32Array;
  readonly parts: number;
  /** Name of the method's graph that starts at the layer. */
  readonly graph: string;
  /** Copies the elements of a part from one row to another. */
  copy(part: number, from: Float32Array, to: Float32Array): void;
}

/**
 * Graphs of a method that ablates a layer: `layer` gives its values, `ablated` takes it as an input in their place, unless
 * it is an input already.
 */
export function ablationGraphs(name: string, model: ModelInfo): NamedNeeds {
  const isInput = model.inputs.some((input) => input.name === name);
  return { graphs: { layer: { activations: [name] }, ablated: isInput ? {} : { feeds: [name] } } };
}

/** The score without each part. One batch of rows serves all: what was taken away is put back, nothing else is written. */
export async function scoresWithout<P>(
  ctx: Pick<ExplainContext<P>, 'batchSize' | 'evaluate' | 'inputs'>,
  { layer, values, absent, parts, graph, copy }: Ablation,
): Promise<Float32Array> {
  const scores = new Float32Array(parts);
  const size = values.data.length;
  const rows = copiesOf(values, Math.min(ctx.batchSize, parts));
  for (let first = 0; first < parts; first += ctx.batchSize) {
    const count = Math.min(ctx.batchSize, parts - first);
    const data = rows.data.subarray(0, count * size);
    const each = (from: (part: number) => Float32Array): void => {
      for (let row = 0; row < count; row++) {
        copy(first + row, from(first + row), data.subarray(row * size, (row + 1) * size));
      }
    };
    each(absent);
    const ablated = { ...values, dims: [count, ...values.dims.slice(1)], data };
    scores.set((await ctx.evaluate({ ...ctx.inputs, [layer]: ablated }, { graph })).scores, first);
    each(() => values.data);
  }
  return scores;
}
