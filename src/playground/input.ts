/** An input of a model as the page holds it: an image, or data of another kind. */
import type { ModalityId } from '../core/model/description.ts';
import type { ImageInput } from './image-input.ts';

/** A text, a row of a table, a series, a sound or a tensor. */
export interface DataInput {
  /** Body of the request. */
  readonly blob: Blob;
  /** Extension of the file that it would be, lower case. */
  readonly extension: string;
  readonly name: string;
  readonly kind: ModalityId;
  /** Name of the sample that it is. */
  readonly sample?: string;
  /** The text itself, or the row as JSON: what an editor shows. */
  readonly text?: string;
  readonly image?: never;
  readonly note?: never;
}

export type Input = ImageInput | DataInput;
