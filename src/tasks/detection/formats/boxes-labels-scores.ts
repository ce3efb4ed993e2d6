/**
 * Final boxes in outputs of their own: boxes, labels and scores (torchvision, the TensorFlow object detection API,
 * EfficientNMS), or boxes with the score as fifth column beside labels (MMDetection).
 */

import type { TaskOutputs } from '../../../core/task/task.ts';
import type { Tensor } from '../../../core/tensor/tensor.ts';
import { isFloat, isImageInput, type TaskDescription, type TensorFact } from '../../description.ts';
import { type DetectionFormat, defineFormat, type InputSize } from '../format.ts';
import { fourFrom } from '../four.ts';
import type { Column, Head } from '../head.ts';

export interface BoxesLabelsScoresFormat extends DetectionFormat {
  readonly id: 'boxes_labels_scores';
  readonly boxes: string;
  readonly classes: string;
  /** Absent where the score is the fifth column of the boxes. */
  readonly scores?: string;
  /** Subtracted from the numbers of the classes, which count from 1 where the background is not among the labels. */
  readonly background: 0 | 1;
  /** Corners as y0, x0, y1, x1. */
  readonly yFirst: boolean;
  readonly units?: 'pixels' | 'relative';
}

export const boxesLabelsScores = defineFormat<BoxesLabelsScoresFormat>({
  id: 'boxes_labels_scores',
  recognise(description) {
    const found = description.inputs.length > 0 ? outputsOf(description) : undefined;
    if (!found) return undefined;
    const { boxes, classes, scores } = found;
    const tensorflow = /^detection_/.test(boxes.name);
    const format: BoxesLabelsScoresFormat = {
      id: 'boxes_labels_scores',
      boxes: boxes.name,
      classes: classes.name,
      ...(scores && { scores: scores.name }),
      yFirst: tensorflow,
      background: tensorflow && description.labels && !/background/i.test(description.labels[0] ?? '') ? 1 : 0,
      ...(description.labels && { labels: description.labels }),
    };
    return { format, evidence: description.inputs.some(isImageInput) ? 0.95 : 0.7, doubts: [] };
  },
  defaults: () => ({ threshold: 0.5, max: 300, clip: true }),
  settle(format, outputs) {
    const { dims, data } = outputs[format.boxes] as Tensor<'float32'>;
    const columns = dims.at(-1) ?? 4;
    const relative = data.every((value, i) => i % columns > 3 || value <= 2) && (format.yFirst || data.length > 0);
    return { units: relative ? 'relative' : 'pixels', ...format };
  },
  read: (format, outputs, size, row) => ({ heads: [headOf(format, outputs, size, row)] }),
});

function outputsOf({ outputs }: TaskDescription) {
  const named = (pattern: RegExp) => outputs.find(({ name }) => pattern.test(name));
  const columns = ({ shape }: TensorFact) => shape.at(-1);
  const boxes =
    outputs.find((fact) => /box/i.test(fact.name) && isFloat(fact) && columns(fact) === 4) ??
    outputs.find((fact) => /det|box/i.test(fact.name) && isFloat(fact) && columns(fact) === 5) ??
    (outputs.length === 3
      ? outputs.find((fact) => isFloat(fact) && fact.shape.length === 2 && columns(fact) === 4)
      : undefined);
  if (!boxes) return undefined;
  const flat = (fact: TensorFact | undefined) => fact && fact.shape.length < boxes.shape.length;
  const classes = named(/label|class/i) ?? outputs.find((fact) => /^u?int(32|64)$/.test(fact.dtype) && flat(fact));
  const scores = named(/score/i) ?? outputs.find((fact) => fact !== classes && isFloat(fact) && flat(fact));
  if (!classes || !flat(classes) || classes === boxes) return undefined;
  if (columns(boxes) === 5) return { boxes, classes };
  return scores && flat(scores) && scores !== classes ? { boxes, classes, scores } : undefined;
}

function headOf(format: BoxesLabelsScoresFormat, outputs: TaskOutputs, size: InputSize, row: number): Head {
  const { dims, data } = matrix(outputs, format.boxes, row, 2);
  const [count = 0, step = 4] = dims;
  const vector = (name: string): Column => ({ data: matrix(outputs, name, row, 1).data, start: 0, step: 1 });
  const classes = vector(format.classes);
  const [scaleX, scaleY] = format.units === 'relative' ? [size.width, size.height] : [1, 1];
  return {
    count,
    first: 0,
    scores: {
      score: format.scores
        ? { ...vector(format.scores), output: format.scores }
        : { data, start: 4, step, output: format.boxes },
      class: { ...classes, data: classes.data.map((value) => value - format.background) },
    },
    box(i, out, at) {
      const [a, b, c, d] = fourFrom(data, i * step);
      const [x0, y0, x1, y1] = format.yFirst ? [b, a, d, c] : [a, b, c, d];
      out.set([x0 * scaleX, y0 * scaleY, x1 * scaleX, y1 * scaleY], at);
    },
  };
}

/** A row of an output; the whole output where it has no batch axis. */
function matrix(outputs: TaskOutputs, name: string, row: number, rank: number) {
  const tensor = outputs[name] as NonNullable<TaskOutputs[string]>;
  const dims = tensor.dims.slice(-rank);
  const size = dims.reduce((a, b) => a * b, 1);
  const data = tensor.data;
  return { dims, data: tensor.dims.length > rank ? data.subarray(row * size, (row + 1) * size) : data };
}
