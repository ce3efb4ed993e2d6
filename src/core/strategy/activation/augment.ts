/** Copies of an image that a good map should not care about, as pytorch-grad-cam's `aug_smooth` makes them. */

import { WhylightError } from '../../errors.ts';
import type { ModelInfo, TensorInfo } from '../../model/info.ts';
import { imageInput } from '../../model/info.ts';
import type { Inputs } from '../../tensor/rows.ts';
import { emptyRows } from '../../tensor/rows.ts';
import type { Tensor } from '../../tensor/tensor.ts';

const FACTORS = [0.9, 1, 1.1];
/** Number of copies: each factor, as it is and mirrored. */
export const AUGMENTATIONS = 2 * FACTORS.length;
/** True when copy `row` is mirrored. */
export const isMirrored = (row: number): boolean => row >= FACTORS.length;

/** @throws WhylightError `unprocessable_method` for a model that sees no image. */
export function imageOf(model: ModelInfo, parameter: string): TensorInfo {
  const image = imageInput(model);
  if (image) return image;
  throw new WhylightError('unprocessable_method', `${parameter} needs a model whose input is an image.`, {
    parameter,
  });
}

/** The inputs with the image's copies as rows. */
export function augmented(inputs: Inputs, image: TensorInfo): Inputs {
  const { dims, data } = inputs[image.name] as Tensor<'float32'>;
  const [, a = 1, b = 1, c = 1] = dims;
  const [width, inner] = image.channelAxis === 0 ? [c, 1] : [b, c];
  const rows = emptyRows('float32', AUGMENTATIONS, [a, b, c]);
  for (let row = 0; row < AUGMENTATIONS; row++) {
    const factor = FACTORS[row % FACTORS.length] as number;
    const source = isMirrored(row) ? mirrored(data, width, inner) : data;
    rows.data.set(
      source.map((x) => x * factor),
      row * data.length,
    );
  }
  return { ...inputs, [image.name]: rows };
}

/** Left and right exchanged. @param inner elements at one position, next to one another */
export function mirrored<A extends Float32Array | Float64Array>(values: A, width: number, inner = 1): A {
  const line = width * inner;
  return values.map((_, i) => {
    const [start, x, rest] = [i - (i % line), Math.floor((i % line) / inner), i % inner];
    return values[start + (width - 1 - x) * inner + rest] as number;
  }) as A;
}
