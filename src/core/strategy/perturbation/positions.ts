/** Places of an input: its positions without the channel axis. */
import type { TensorInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';
import { sizeOf } from '../../tensor/tensor.ts';

export interface Positions {
  readonly count: number;
  readonly ids: Uint32Array;
  /** Undefined where channels lie between two axes of space. */
  readonly layout?: Layout;
}

/** Channel `c` of position `p` is element `p * step + c * plane`. */
export interface Layout {
  readonly channels: number;
  readonly step: number;
  readonly plane: number;
}

/** Asked for with every mask that is made. */
const known = new WeakMap<TensorInfo, Positions>();

/** The place of each element of a row: its position without the channel. Without channels every element is a position. */
export function positionsOf(input: TensorInfo): Positions {
  const found = known.get(input);
  if (found) return found;
  const dims = knownDims(input);
  const ids = new Uint32Array(sizeOf(dims));
  const channels = input.channelAxis === undefined ? 1 : (dims[input.channelAxis] as number);
  const inner = input.channelAxis === undefined ? ids.length : sizeOf(dims.slice(input.channelAxis + 1));
  for (let i = 0; i < ids.length; i++) ids[i] = Math.floor(i / (channels * inner)) * inner + (i % inner);
  const count = ids.length / channels;
  const layout =
    inner === count
      ? { channels, step: 1, plane: count }
      : inner === 1
        ? { channels, step: channels, plane: 1 }
        : undefined;
  const positions = { count, ids, ...(layout && { layout }) };
  known.set(input, positions);
  return positions;
}
