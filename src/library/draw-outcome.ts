/** Drawings of an outcome, and its values as a file of numbers. */
import { drawRow } from '../core/explainer/draw-row.ts';
import type { Image } from '../core/image/image.ts';
import { float32, tensor } from '../core/tensor/tensor.ts';
import { writeNpy } from '../modalities/arrays/npy.ts';
import { drawShown, type ImageDrawingOptions } from '../protocol/explanation-image.ts';
import type { Outcome } from './outcome.ts';

/**
 * The drawing of what was explained; undefined for an image, and for a row without values of features.
 * @param signed true where negative values are evidence against the target
 */
export const drawAs = (
  format: 'svg' | 'html' | 'ansi',
  { subject: { prepared }, row }: Outcome,
  signed: boolean,
  { show }: ImageDrawingOptions = {},
): string | undefined =>
  prepared && drawRow({ modality: prepared.use.modality, ...prepared }, row, signed, format, show);

/**
 * Drawing over the image of what `show` names, the map by default; undefined for other inputs.
 * @param boxes false where boxes are drawn as markup over it
 * @throws WhylightError `unprocessable_method` where the method returned nothing of the kind, `invalid_request` for wrong
 * options
 */
export const overlayOf = (
  { subject, explanation, row }: Outcome,
  options: ImageDrawingOptions,
  boxes = true,
): Image | undefined => subject.image && drawShown(explanation.method, row, subject.image, options, boxes);

/** The map where the model sees an image, else the values of the features, as an .npy file. */
export function numbersOf({ row: { features, map, values } }: Outcome): Uint8Array {
  if (features && !map) {
    const numbers = features.map(({ value }) => value);
    return writeNpy(tensor('float64', [numbers.length], numbers));
  }
  return writeNpy(map ?? Object.values(values)[0] ?? float32([0]));
}
