/** Other inputs made out of a given one. */
import type { Inputs } from '../core/tensor/rows.ts';
import { joinRows } from '../core/tensor/rows.ts';
import { type Tensor, tensor } from '../core/tensor/tensor.ts';

export const zeros = (inputs: Inputs): Inputs => mapped(inputs, ({ dtype, dims }) => tensor(dtype, dims));

/** The elements in reverse. */
export const changed = (inputs: Inputs): Inputs =>
  mapped(inputs, ({ dtype, dims, data }) => tensor(dtype, dims, data.slice().reverse()));

/** The rows of the first and those of the second below one another. */
export const stacked = (first: Inputs, second: Inputs): Inputs =>
  Object.fromEntries(Object.entries(first).map(([name, rows]) => [name, joinRows([rows, second[name] as Tensor])]));

const mapped = (inputs: Inputs, change: (tensor: Tensor) => Tensor): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, change(value)]));
