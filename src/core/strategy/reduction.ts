/** From one number per element to one per position: what becomes of the channels of an image or a series. */

import * as z from 'zod';
import { choice } from '../method/choice.ts';
import type { ModelInfo } from '../model/info.ts';
import type { Float32Tensors } from '../tensor/rows.ts';
import { float32, sizeOf, type Tensor } from '../tensor/tensor.ts';

/**
 * Makes the schema of the parameter `absolute`: a boolean, `value` by default.
 *
 * @example
 * import { absoluteParameter, z } from 'whylight/plugin';
 * const params = z.object({ absolute: absoluteParameter(false) });
 */
export const absoluteParameter = (value: boolean) =>
  z.boolean().default(value).describe('Gives absolute values: how much, not whether for or against.');

/**
 * Schema of the parameter `reduction`: `none` (the default), `sum`, `mean`, `max_abs` or `l2` over the channels.
 *
 * @example
 * import { reductionParameter, z } from 'whylight/plugin';
 * const params = z.object({ reduction: reductionParameter });
 */
export const reductionParameter = choice(
  ['none', 'sum', 'mean', 'max_abs', 'l2'],
  'none',
  'What becomes of the channels at each position: kept, added up, averaged, the largest absolute value, or the Euclidean length.',
);

/** Makes the schemas of `absolute` and `reduction`, the last parameters of most methods. */
export const valueParameters = (absolute = false) => ({
  absolute: absoluteParameter(absolute),
  reduction: reductionParameter,
});

export type Reduction = z.output<typeof reductionParameter>;

/** The parameters that most methods with signed values share. */
export interface ValueParameters {
  readonly absolute: boolean;
  readonly reduction: Reduction;
}

/**
 * Applies `absolute` and `reduction` to values by tensor name. The channel axis of [1, ...tensor] becomes 1; a tensor
 * without channels keeps its shape.
 * @throws WhylightError `layer_not_found` for a name that the model does not have
 *
 * @example
 * import { finishValues } from 'whylight/plugin';
 * return { values: finishValues(gradients, { absolute: true, reduction: 'max_abs' }, ctx.model) };
 */
export function finishValues(
  values: Float32Tensors,
  { absolute, reduction }: ValueParameters,
  model: ModelInfo,
): Float32Tensors {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const axis = (model.inputs.find((input) => input.name === name) ?? model.tensor(name)).channelAxis;
      const signed = absolute ? magnitudes(value) : value;
      return [name, axis === undefined || reduction === 'none' ? signed : reduce(signed, axis + 1, reduction)];
    }),
  );
}

function magnitudes({ dims, data }: Tensor<'float32'>): Tensor<'float32'> {
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) values[i] = Math.abs(data[i] as number);
  return float32(dims, values);
}

const STEPS: Readonly<Record<Exclude<Reduction, 'none'>, (sum: number, x: number) => number>> = {
  sum: (sum, x) => sum + x,
  mean: (sum, x) => sum + x,
  max_abs: (most, x) => Math.max(most, Math.abs(x)),
  l2: (sum, x) => sum + x * x,
};

/** Reduces `axis` to dim 1. */
function reduce({ dims, data }: Tensor<'float32'>, axis: number, how: Exclude<Reduction, 'none'>): Tensor<'float32'> {
  const channels = dims[axis] as number;
  const inner = sizeOf(dims.slice(axis + 1));
  const reduced = new Float64Array(data.length / channels);
  const step = STEPS[how];
  for (let i = 0; i < data.length; i++) {
    const at = Math.floor(i / (channels * inner)) * inner + (i % inner);
    reduced[at] = step(reduced[at] as number, data[i] as number);
  }
  if (how === 'mean') for (let i = 0; i < reduced.length; i++) reduced[i] = (reduced[i] as number) / channels;
  if (how === 'l2') for (let i = 0; i < reduced.length; i++) reduced[i] = Math.sqrt(reduced[i] as number);
  return float32(dims.with(axis, 1), reduced);
}
