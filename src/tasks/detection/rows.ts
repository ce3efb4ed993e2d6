/** Access to one row of an output as float32 numbers. */
import { WhylightError } from '../../core/errors.ts';
import type { TaskOutputs } from '../../core/task/task.ts';
import { sizeOf } from '../../core/tensor/tensor.ts';

import type { Prototypes } from './head.ts';

export interface Row {
  /** Extents without the batch. */
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * One row of an output, a view of its numbers.
 * @throws WhylightError `internal` when the run did not give that output.
 */
export function rowOf(outputs: TaskOutputs, name: string, row: number): Row {
  const tensor = outputs[name];
  if (!tensor) throw new WhylightError('internal', `The run gave no output "${name}".`, { name });
  const dims = tensor.dims.slice(1);
  const size = sizeOf(dims);
  return { dims, data: tensor.data.subarray(row * size, (row + 1) * size) };
}

/** Mask prototypes `[N, channels, height, width]` of one row. */
export function prototypesOf(outputs: TaskOutputs, name: string, row: number): Prototypes {
  const { dims, data } = rowOf(outputs, name, row);
  const [channels = 0, height = 0, width = 0] = dims;
  return { data, channels, height, width };
}

export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** Softmax of `count` numbers that begin at `start`, written to `out[at..]`. */
export function softmax(data: ArrayLike<number>, start: number, count: number, out: Float32Array, at: number): void {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) max = Math.max(max, data[start + i] as number);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += out[at + i] = Math.exp((data[start + i] as number) - max);
  for (let i = 0; i < count; i++) out[at + i] = (out[at + i] as number) / sum;
}
