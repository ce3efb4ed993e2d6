/** Plain facts about a model from which a task tells whether the model's outputs are its own. */
import type { ShapeFacts, TensorFact } from '../core/model/describe/output-form.ts';

export type { TensorFact } from '../core/model/describe/output-form.ts';

/** Facts that the readers of a model collected, as far as a task needs them. */
export interface TaskDescription extends ShapeFacts {
  /** `architectures[0]` of a Hugging Face `config.json`, such as `YolosForObjectDetection`. */
  readonly architecture?: string;
  /** Operators that occur in the graph. */
  readonly operators?: ReadonlySet<string>;
}

/** Result of recognising a model: how strong the evidence is, and what stays doubtful. */
export interface Recognised<F> {
  /** 0 (none) to 1 (the file says so). Below 0.5 nothing may be read without the caller's consent. */
  readonly evidence: number;
  /** Plain data that the task's other functions need. */
  readonly format: F;
  /** Sentences for the user, each with a way out. */
  readonly doubts: readonly string[];
}

/** Height and width of an image input `[N, 3, H, W]` or `[N, H, W, 3]`; undefined for other inputs and open sizes. */
export function imageSize({ shape }: TensorFact): { height: number; width: number } | undefined {
  const channels = (extent: number | string | undefined) => extent === 1 || extent === 3;
  if (shape.length !== 4) return undefined;
  const [height, width] = channels(shape[1]) ? [shape[2], shape[3]] : channels(shape[3]) ? [shape[1], shape[2]] : [];
  return typeof height === 'number' && typeof width === 'number' ? { height, width } : undefined;
}

/** An image input: four axes, one of them with the 1 or 3 channels. */
export const isImageInput = ({ shape }: TensorFact): boolean =>
  shape.length === 4 && [shape[1], shape[3]].some((extent) => extent === 1 || extent === 3);

/** An output of floating point numbers. */
export const isFloat = ({ dtype }: TensorFact): boolean => /float/.test(dtype);
