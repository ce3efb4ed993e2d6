/** Shapes of the positions that masks are made of. */
import type { ModelInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';
import { sizeOf } from '../../tensor/tensor.ts';

/** Positions of one input among the weights of a mask, row by row. */
export interface PositionGrid {
  /** Name of the input; absent where the weights belong to words or columns, which may span inputs. */
  readonly input?: string;
  /** Number of the first weight. */
  readonly first: number;
  /** Dims of an input's row without its channels: [height, width] of an image, [steps] of a series. */
  readonly shape: readonly number[];
  /** Index of the channels among the dims of an input's row, which all have the weight of their position. */
  readonly channelAxis?: number;
}

/** The grid of each input, in the order of the weights. */
export function gridsOf({ inputs }: Pick<ModelInfo, 'inputs'>): PositionGrid[] {
  let next = 0;
  return inputs.map((input) => {
    const { name, channelAxis } = input;
    const shape = knownDims(input).filter((_, axis) => axis !== channelAxis);
    const first = next;
    next += sizeOf(shape);
    return { input: name, first, shape, ...(channelAxis !== undefined && { channelAxis }) };
  });
}
