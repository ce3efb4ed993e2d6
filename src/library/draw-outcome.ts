/** Drawings of an outcome, and its values as a file of numbers. */
import { WhylightError } from '../core/errors.ts';
import { drawRow } from '../core/explainer/draw-row.ts';
import type { Image } from '../core/image/image.ts';
import { renderOverlay } from '../core/image/overlay.ts';
import { float32, tensor } from '../core/tensor/tensor.ts';
import { writeNpy } from '../modalities/tensor/npy.ts';
import type { Outcome } from './outcome.ts';

/** Options of a drawing over an image. */
export type DrawingOptions = NonNullable<Parameters<typeof renderOverlay>[2]>;

/**
 * The drawing of what was explained; undefined for an image, and for a row without values of features.
 * @param signed true where negative values are evidence against the target
 */
export const drawAs = (
  format: 'svg' | 'html' | 'ansi',
  { subject: { prepared }, row }: Outcome,
  signed: boolean,
): string | undefined => prepared && drawRow({ modality: prepared.use.modality, ...prepared }, row, signed, format);

/**
 * The map over the image; undefined for other inputs.
 * @throws WhylightError `unprocessable_method` where the method gives no map, `invalid_request` for wrong options
 */
export function overlayOf({ subject, explanation, row }: Outcome, options: DrawingOptions): Image | undefined {
  if (!subject.image) return undefined;
  const { map } = row;
  if (!map) {
    throw new WhylightError(
      'unprocessable_method',
      `${explanation.method} gives no map of the image that could be drawn.`,
    );
  }
  const [height = 0, width = 0] = map.dims;
  const { image, placement } = subject.image;
  return renderOverlay({ width, height, values: map.data }, image, options, placement);
}

/** The map of an image, else the values of the features, as an .npy file. */
export function numbersOf({ row: { features, map, values } }: Outcome): Uint8Array {
  if (features) {
    const numbers = features.map(({ value }) => value);
    return writeNpy(tensor('float64', [numbers.length], numbers));
  }
  return writeNpy(map ?? Object.values(values)[0] ?? float32([0]));
}
