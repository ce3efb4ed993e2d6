/** Single entries of a preprocessing, completed by the shape of the model's input. */
import type * as z from 'zod';
import { pixelScale } from '../core/image/pixel-type.ts';
import {
  type OpenPreprocessing,
  type Preprocessing,
  parsePreprocessing,
  type preprocessingSchema,
} from '../core/image/preprocess.ts';
import type { Model } from '../core/model/model.ts';

/** Entries of a preprocessing, any of them. */
export type PreprocessingEntries = { readonly [K in keyof z.input<typeof preprocessingSchema>]?: unknown };

/**
 * Makes a preprocessing of single entries.
 * @param base entries for what `given` leaves out; what both leave out is read off the input of the model
 * @throws WhylightError `invalid_config`
 */
export function completePreprocessing(
  given: PreprocessingEntries,
  model: Model,
  base: OpenPreprocessing | undefined,
): Preprocessing {
  const entries: Record<string, unknown> = { ...formOf(model), ...base, ...given };
  for (const name of ['mean', 'std']) {
    const value = entries[name];
    if (Array.isArray(value) && value.length === 1) entries[name] = value[0];
  }
  return parsePreprocessing(entries);
}

/** Size, axes, colour and scale as far as the shape and the type of the first input tell them. */
function formOf(model: Model): PreprocessingEntries {
  // The graph alone: sizes that are open here are what the preprocessing is to settle.
  const dims = model.graph.inputs[0]?.dims?.slice(1) ?? [];
  if (dims.length !== 3) return {};
  const isChannels = (dim: unknown) => dim === 1 || dim === 3 || dim === 4;
  const last = !isChannels(dims[0]) && isChannels(dims[2]);
  const channels = dims[last ? 2 : 0];
  const [height, width] = last ? dims : dims.slice(1);
  return {
    ...pixelScale(model.file.inputs[0]?.dtype ?? 'float32'),
    ...(typeof height === 'number' && typeof width === 'number' && { size: [height, width] }),
    ...(channels === 1 && { color: 'gray' }),
    layout: last ? 'NHWC' : 'NCHW',
  };
}
