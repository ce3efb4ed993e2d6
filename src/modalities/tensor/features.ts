/** Features of plain tensors: elements where there are few, blocks along the longest axis where there are many. */
import type { Feature, Features } from '../../core/modality/modality.ts';
import { sizeOf } from '../../core/tensor/tensor.ts';

/** Elements of a row up to which each is a feature. */
const MAX_ELEMENTS = 256;
const BLOCKS = 64;

/** One row of an input. */
export interface Row {
  readonly name: string;
  /** With the batch axis of length 1. */
  readonly dims: readonly number[];
  readonly batchAxis: number | null;
}

/**
 * Features of one row of several inputs: `x[0, 3]`, or `x[:, 16:24]` for a block.
 * @example
 * tensorFeatures([{ name: 'x', dims: [1, 3], batchAxis: 0 }]).list[2]; // { name: 'x[2]' }
 */
export function tensorFeatures(rows: readonly Row[]): Features {
  const list: Feature[] = [];
  const mask: Record<string, Int32Array> = {};
  for (const { name, dims, batchAxis } of rows) {
    const axes = dims.map((_, axis) => axis).filter((axis) => axis !== batchAxis);
    const size = sizeOf(dims);
    const first = list.length;
    const longest = axes.reduce(
      (best, axis) => ((dims[axis] as number) > (dims[best] as number) ? axis : best),
      axes[0] ?? 0,
    );
    const length = dims[longest] ?? 1;
    const each = size <= MAX_ELEMENTS;
    const blocks = Math.min(BLOCKS, length);
    const edge = (block: number) => Math.round((block * length) / blocks);
    const stride = sizeOf(dims.slice(longest + 1));
    mask[name] = Int32Array.from({ length: size }, (_, i) =>
      each ? first + i : first + blockOf(Math.floor(i / stride) % length, edge, blocks, length),
    );
    if (each) {
      for (let i = 0; i < size; i++) list.push({ name: elementName(name, i, dims, axes) });
    } else {
      for (let block = 0; block < blocks; block++) {
        const range = `${edge(block)}:${edge(block + 1)}`;
        list.push({ name: `${name}[${axes.map((axis) => (axis === longest ? range : ':')).join(', ')}]` });
      }
    }
  }
  return { list, mask, namesOnly: true };
}

function elementName(name: string, index: number, dims: readonly number[], axes: readonly number[]): string {
  if (axes.length === 0) return name;
  const at = axes.map((axis) => Math.floor(index / sizeOf(dims.slice(axis + 1))) % (dims[axis] as number));
  return `${name}[${at.join(', ')}]`;
}

function blockOf(position: number, edge: (block: number) => number, blocks: number, length: number): number {
  let block = Math.min(blocks - 1, Math.floor((position * blocks) / length));
  while (position < edge(block)) block--;
  while (position >= edge(block + 1)) block++;
  return block;
}
