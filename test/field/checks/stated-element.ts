/** Element of an output that a case states as the target of its gradient. */

import { checkInputs } from '../../../src/core/model/inputs.ts';
import type { BoundInfo } from '../../../src/core/model/model.ts';
import { cast } from '../../../src/core/tensor/cast.ts';
import type { Tensor } from '../../../src/core/tensor/tensor.ts';
import type { Subject } from '../../../src/library/subject.ts';
import type { ExpectedGradient } from '../expectation.ts';
import type { OpenedCase } from '../opened-case.ts';
import { largestOf } from './errors.ts';

/** Name of an output; the n-th where a number is given. */
export const outputName = ({ opened: { model } }: OpenedCase, output: string | number): string =>
  typeof output === 'number' ? (model.file.outputs[output]?.name ?? '') : output;

export interface StatedElement {
  /** Value of `scores` in a request. */
  readonly scores: string;
  /** Element of one row of the scores. */
  readonly index: number;
  readonly info: BoundInfo;
}

/** The element with the stated index; the largest of the row where none is stated. */
export async function statedElement(
  it: OpenedCase,
  { inputs }: Subject,
  { output: wanted, index: stated }: ExpectedGradient,
): Promise<StatedElement> {
  const { model } = it.opened;
  const output = outputName(it, wanted);
  const scores = output === model.description.explained.name ? 'output' : output;
  const info = model.info({ scores, shapes: checkInputs(model, inputs).shapes });
  if (stated) {
    const dims = info.scores.dims.map(Number);
    return { scores, info, index: stated.reduce((sum, at, axis) => sum * (dims[axis] ?? 1) + at, 0) };
  }
  const outputs = await it.explainer.infer(model, { inputs, names: [output] });
  return { scores, info, index: largestOf(cast(outputs[output] as Tensor, 'float32').data) };
}
