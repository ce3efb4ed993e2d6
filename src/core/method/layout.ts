/** Memory layout of a layer: order of channels and positions. */

import { isNormalisation } from '../model/attention.ts';
import type { ModelInfo, TensorInfo } from '../model/info.ts';
import { imageInput } from '../model/info.ts';
import { producers } from '../onnx/edit.ts';

export interface Layout {
  readonly channels: 'first' | 'last';
  /** Leading tokens that stand for no place: class, distillation and register tokens. */
  readonly prefix: number;
  /** [height, width] of the positions that tokens in a row stand for; absent where they are no image. */
  readonly grid?: readonly [number, number];
  /** Place of each position in the grid, counted row by row; absent where positions are in that order. */
  readonly order?: readonly number[];
}

const FIRST: Layout = { channels: 'first', prefix: 0 };
const LAST: Layout = { channels: 'last', prefix: 0 };
/** One class token, one of distillation, and four registers: more than that is no prefix. */
const MAX_PREFIX = 6;

/** Feature maps have channels first, tokens have them last. A plain vector counts as channels without space. */
export function layoutOf({ name, dims, channelAxis }: TensorInfo, model: ModelInfo): Layout {
  const tracked = model.layout?.(name);
  if (tracked && (dims.length < 3 || tracked.order)) return tracked;
  if (channelAxis !== undefined) return channelAxis === 0 ? FIRST : LAST;
  if (dims.length === 2) {
    const grid = typeof dims[0] === 'number' ? tokenGrid(dims[0], model) : undefined;
    return grid ? { channels: 'last', ...grid } : LAST;
  }
  if (tracked) return { channels: tracked.channels, prefix: 0 };
  const makers = producers(model.graph);
  const maker = makers.get(name);
  return dims.length === 3 && maker && isNormalisation(model.graph, maker, makers) ? LAST : FIRST;
}

/**
 * Grid of the tokens of an image: that of the patch embedding if the numbers agree, else a square. Undefined when the
 * model has no image input.
 */
export function tokenGrid(tokens: number, model: ModelInfo): Required<Pick<Layout, 'prefix' | 'grid'>> | undefined {
  if (!imageInput(model)) return undefined;
  const fits = (positions: number): boolean => positions > 0 && tokens >= positions && tokens - positions <= MAX_PREFIX;
  for (const { dims } of model.spatialLayers) {
    const [, height, width] = dims.map(Number);
    if (height && width && fits(height * width)) return { prefix: tokens - height * width, grid: [height, width] };
  }
  const side = Math.floor(Math.sqrt(tokens));
  return fits(side * side) && side > 1 ? { prefix: tokens - side * side, grid: [side, side] } : undefined;
}
