/** An image as the input tensor of a model. */
import type { Image } from '../image/image.ts';
import { asInputType } from '../image/pixel-type.ts';
import type { Placement } from '../image/placement.ts';
import { type Preprocessing, preprocess } from '../image/preprocess.ts';
import type { Inputs } from '../tensor/rows.ts';
import type { Model } from './model.ts';
import { rowsAsInFile } from './row-places.ts';

/** The first input by name, in its type and with the axes of the file, and the part of the image that it shows. */
export function imageInputs(
  { file, places }: Pick<Model, 'file' | 'places'>,
  image: Image,
  preprocessing: Preprocessing,
): { readonly inputs: Inputs; readonly placement: Placement } {
  const { tensor, placement } = preprocess(image, preprocessing);
  const { name = '', dtype = 'float32' } = file.inputs[0] ?? {};
  return { inputs: { [name]: rowsAsInFile(asInputType(tensor, dtype), places[name] ?? 0) }, placement };
}
