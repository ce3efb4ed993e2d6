/** A saliency map drawn over the image, at the image's own resolution. */
import type * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { safeParse } from '../safe-parse.ts';
import { drawOverlay } from './draw-overlay.ts';
import type { Image } from './image.ts';
import { overlaySchema } from './overlay-options.ts';
import { type Placement, resizePlaced, type SaliencyMap } from './placement.ts';

/**
 * The map drawn over the image, which is made smaller where it is larger than `max_size`.
 * @param map at any size, usually that of the model's input; values that are not finite count as 0
 * @param image the upright original; a transparent one is laid over white
 * @param options left-out ones get their defaults
 * @param placement the part of the image that the map covers; all of it when left out
 * @throws WhylightError `invalid_request` for options that do not fit `overlaySchema`.
 */
export function renderOverlay(
  map: SaliencyMap,
  image: Image,
  options: z.input<typeof overlaySchema> = {},
  placement: Placement = { x: 0, y: 0, width: image.width, height: image.height },
): Image {
  const parsed = safeParse(overlaySchema, options);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ parameter: path.join('.'), message }));
    const text = issues.map(({ parameter, message }) => `"${parameter}": ${message}`).join('; ');
    throw new WhylightError('invalid_request', `The overlay options are wrong: ${text}.`, { issues });
  }
  const { max_size: side } = parsed.data;
  const below =
    Math.max(image.width, image.height) > side ? resizePlaced({ image, placement }, side) : { image, placement };
  return drawOverlay(map, below.image, parsed.data, below.placement);
}
