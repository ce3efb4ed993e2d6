/** Tensors whose first dim counts rows. */
import { type DataOf, type DataType, sizeOf, type Tensor, tensor } from './tensor.ts';

/**
 * Rows by tensor name: the first dim of each tensor counts them. Floating point inputs of a model are float32 here,
 * whatever the model computes in.
 */
export type Inputs = Readonly<Record<string, Tensor>>;

/** Tensors of float32 by name. */
export type Float32Tensors = Readonly<Record<string, Tensor<'float32'>>>;

/**
 * Returns the number of rows of a tensor: its first dim, or 1 for a scalar.
 *
 * @example
 * import { rowsOf, tensor } from 'whylight/plugin';
 * rowsOf(tensor('float32', [4, 3, 8, 8])); // 4
 */
export const rowsOf = ({ dims }: Tensor): number => dims[0] ?? 1;

/**
 * Returns rows `from` to `to` (exclusive), [to - from, ...], as a view without copying.
 *
 * @example
 * import { sliceRows, tensor } from 'whylight/plugin';
 * sliceRows(tensor('float32', [4, 5]), 1, 3).dims; // [2, 5]
 */
export function sliceRows<D extends DataType>({ dtype, dims, data }: Tensor<D>, from: number, to: number): Tensor<D> {
  const size = sizeOf(dims.slice(1));
  return { dtype, dims: [to - from, ...dims.slice(1)], data: data.subarray(from * size, to * size) as DataOf<D> };
}

/** Row number `row` of each tensor, [1, ...]; a tensor with a single row gives that one. */
export const rowOf = (rows: Inputs, row: number): Inputs =>
  Object.fromEntries(
    Object.entries(rows).map(([name, all]) => [name, rowsOf(all) === 1 ? all : sliceRows(all, row, row + 1)]),
  );

/**
 * Repeats a single row [1, ...] to [count, ...]; a tensor that already has `count` rows is returned itself.
 *
 * @example
 * import { repeatRow, tensor } from 'whylight/plugin';
 * repeatRow(tensor('float32', [1, 5]), 3).dims; // [3, 5]
 */
export function repeatRow<D extends DataType>(row: Tensor<D>, count: number): Tensor<D> {
  return rowsOf(row) === count ? row : copiesOf(row, count);
}

/** The same, to be written to: always copies. */
export function copiesOf<D extends DataType>(row: Tensor<D>, count: number): Tensor<D> {
  const repeated = tensor(row.dtype, [count, ...row.dims.slice(1)]);
  for (let i = 0; i < count; i++) (repeated.data as Float32Array).set(row.data as Float32Array, i * row.data.length);
  return repeated;
}

/**
 * Makes a tensor [count, ...row] of zeros, for rows that arrive in portions.
 * @param row shape of one row
 *
 * @example
 * import { emptyRows } from 'whylight/plugin';
 * emptyRows('float32', 10, [3, 8, 8]).dims; // [10, 3, 8, 8]
 */
export function emptyRows<D extends DataType>(dtype: D, count: number, row: readonly number[]): Tensor<D> {
  return tensor(dtype, [count, ...row]);
}

/**
 * Joins one or more tensors of equal dtype and row shape along the first dim; a single one is returned itself.
 *
 * @example
 * import { joinRows, tensor } from 'whylight/plugin';
 * joinRows([tensor('float32', [2, 5]), tensor('float32', [3, 5])]).dims; // [5, 5]
 */
export function joinRows(parts: readonly Tensor[]): Tensor {
  const [first] = parts as readonly [Tensor];
  if (parts.length === 1) return first;
  const rows = parts.reduce((sum, { dims }) => sum + (dims[0] as number), 0);
  const whole = tensor(first.dtype, [rows, ...first.dims.slice(1)]);
  let at = 0;
  for (const { data } of parts) {
    (whole.data as Float32Array).set(data as Float32Array, at);
    at += data.length;
  }
  return whole;
}

/** The same of each tensor. */
export const mapRows = <D extends DataType>(
  tensors: Readonly<Record<string, Tensor<D>>>,
  map: (tensor: Tensor<D>) => Tensor<D>,
): Record<string, Tensor<D>> => Object.fromEntries(Object.entries(tensors).map(([name, one]) => [name, map(one)]));

/** The elements in the order of permuted axes: axis i of the result is axis `perm[i]` of the tensor. */
export function transpose<D extends DataType>({ dtype, dims, data }: Tensor<D>, perm: readonly number[]): Tensor<D> {
  const result = tensor(
    dtype,
    perm.map((axis) => dims[axis] as number),
  );
  const steps = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  const moves = perm.map((axis) => steps[axis] as number);
  const position = new Array<number>(perm.length).fill(0);
  let from = 0;
  for (let i = 0; i < result.data.length; i++) {
    result.data[i] = data[from] as never;
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      from += moves[axis] as number;
      position[axis] = (position[axis] as number) + 1;
      if ((position[axis] as number) < (result.dims[axis] as number)) break;
      from -= (moves[axis] as number) * (position[axis] as number);
      position[axis] = 0;
    }
  }
  return result;
}

/** So many rows at most, spread evenly over all of them; inputs of one row stay as they are. */
export function spreadRows(rows: Inputs, most: number): Inputs {
  return Object.fromEntries(
    Object.entries(rows).map(([name, all]) => {
      const count = rowsOf(all);
      if (count <= most) return [name, all];
      const places = Array.from({ length: most }, (_, i) => Math.floor((i * count) / most));
      return [name, joinRows(places.map((row) => sliceRows(all, row, row + 1)))];
    }),
  );
}
