/** Start and end of methods that compare the input with a baseline. */
import type { ExplainContext } from '../../method/contract.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';
import { type Baseline, baselineOf } from '../baseline.ts';
import { givenSources, withoutElements } from './sources.ts';

/** The baseline of every source; of an embedding, that of the baseline's token ids where the request gives some. */
export async function baselinesOf<P>(
  ctx: ExplainContext<P>,
  to: Float32Tensors,
  baseline: Baseline,
): Promise<Float32Tensors> {
  const given = await givenSources(ctx);
  return Object.fromEntries(
    ctx.model.sources.map((source) => [
      source.name,
      withoutElements(
        source,
        to[source.name] as Tensor<'float32'>,
        baselineOf(to[source.name] as Tensor<'float32'>, source, baseline, given),
      ),
    ]),
  );
}

/** The way from the baseline to the input, element by element. */
export const differenceOf =
  (from: Float32Tensors, to: Float32Tensors) =>
  (name: string): ((element: number) => number) => {
    const [start, end] = [from[name]?.data as Float32Array, to[name]?.data as Float32Array];
    return (i) => (end[i] as number) - (start[i] as number);
  };

/** Slopes times the way from the baseline to the input, and the sum of that over all elements. */
export function timesDifference(
  slopes: Float32Tensors,
  from: Float32Tensors,
  to: Float32Tensors,
): { readonly values: Float32Tensors; readonly sum: number } {
  let sum = 0;
  const values = Object.entries(slopes).map(([name, { dims, data }]) => {
    const [start, end] = [from[name]?.data as Float32Array, to[name]?.data as Float32Array];
    const products = new Float32Array(data.length);
    for (let i = 0; i < products.length; i++) {
      products[i] = (data[i] as number) * ((end[i] as number) - (start[i] as number));
      sum += products[i] as number;
    }
    return [name, float32(dims, products)];
  });
  return { values: Object.fromEntries(values), sum };
}
