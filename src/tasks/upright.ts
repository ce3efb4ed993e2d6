/** Places of the model's input tensor in pixels of the upright image. */
import { WhylightError } from '../core/errors.ts';
import { inOriginalPixels, type Placement, type Size } from '../core/image/placement.ts';
import { readUltralytics } from '../core/model/describe/ultralytics.ts';
import type { TaskContext } from '../core/task/task.ts';
import { imageSize } from './description.ts';

/** Position and orientation of the upright image in the input tensor. */
export interface ImageView {
  /** Rectangle of the upright image that the tensor shows, in the image's pixels. */
  readonly placement: Placement;
  /** Size of the upright image. */
  readonly image: Size;
  /** Size of the input tensor. */
  readonly input: Size;
}

type Box = readonly [number, number, number, number];

/** Maps one point. */
export function toImage({ placement, input }: ImageView, x: number, y: number): [number, number] {
  return [placement.x + (x * placement.width) / input.width, placement.y + (y * placement.height) / input.height];
}

/** Maps a box, and cuts it at the edges of the image if `clip`. */
export function boxToImage(view: ImageView, [x0, y0, x1, y1]: Box, clip: boolean): Box {
  const [left, top] = toImage(view, x0, y0);
  const [right, bottom] = toImage(view, x1, y1);
  if (!clip) return [left, top, right, bottom];
  const { width, height } = view.image;
  return [within(left, width), within(top, height), within(right, width), within(bottom, height)];
}

/** The number at the nearer end of 0 to `max` where it lies outside. */
export const within = (value: number, max: number): number => Math.min(Math.max(value, 0), max);

/** The image of the context; without one, the input tensor is taken for the image. */
export function viewOf(context: TaskContext): ImageView {
  const input = inputSizeOf(context);
  if (context.image) return { input, ...inOriginalPixels(context.image) };
  return { input, image: input, placement: { x: 0, y: 0, ...input } };
}

function inputSizeOf({ inputSize, description, metadata }: TaskContext): Size {
  const declared = inputSize ?? readUltralytics(metadata)?.imageSize;
  if (declared) return { height: declared[0], width: declared[1] };
  const size = description.inputs.map(imageSize).find((found) => found !== undefined);
  if (size) return size;
  throw new WhylightError('invalid_request', 'The size of the image input is open: send an image, or give its size.');
}
