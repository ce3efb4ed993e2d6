/**
 * Raw levels of YOLOv3 to v7: outputs `[N, anchors, h, w, 5 + classes]` before the boxes are decoded. The file does not
 * hold the sizes of the anchors in readable form: those of YOLOv5 are taken.
 */

import { imageSize, isFloat, type TaskDescription, type TensorFact } from '../../description.ts';
import { type DetectionFormat, defineFormat, type InputSize } from '../format.ts';
import { fourFrom } from '../four.ts';
import type { Head } from '../head.ts';
import { type Row, rowOf, sigmoid } from '../rows.ts';

interface YoloLevelsFormat extends DetectionFormat {
  readonly id: 'yolo_levels';
  readonly outputs: readonly string[];
  readonly classes: number;
  /** Scores are probabilities already. Absent until numbers have been seen. */
  readonly activated?: boolean;
}

/** Widths and heights of YOLOv5's anchors by stride, in pixels. */
const ANCHORS: Readonly<Record<number, readonly number[]>> = {
  8: [10, 13, 16, 30, 33, 23],
  16: [30, 61, 62, 45, 59, 119],
  32: [116, 90, 156, 198, 373, 326],
};

export const yoloLevels = defineFormat<YoloLevelsFormat>({
  id: 'yolo_levels',
  recognise({ inputs, outputs, labels }: TaskDescription) {
    const levels = outputs.filter((fact) => isFloat(fact) && fact.shape.length === 5);
    const channels = levels[0]?.shape[4];
    if (levels.length !== outputs.length || typeof channels !== 'number' || !inputs.some((input) => imageSize(input)))
      return undefined;
    if (!levels.every((level) => isLevel(level, channels))) return undefined;
    const classes = channels - 5;
    if (labels ? labels.length !== classes : classes !== 80) return undefined;
    const format: YoloLevelsFormat = {
      id: 'yolo_levels',
      outputs: levels.map(({ name }) => name),
      classes,
      ...(labels && { labels }),
    };
    const doubt =
      'The boxes of the output are decoded with the anchors of YOLOv5: their sizes are wrong for a network with others.';
    return { evidence: 0.8, doubts: [doubt], format };
  },
  defaults: () => ({ threshold: 0.25, overlap: 0.45, max: 300, clip: true }),
  settle(format, outputs) {
    const probability = (value: number) => value >= 0 && value <= 1;
    return { activated: format.outputs.every((name) => rowOf(outputs, name, 0).data.every(probability)), ...format };
  },
  read({ outputs: names, classes, activated }, outputs, size, row) {
    const heads: Head[] = [];
    for (const name of names) {
      const { count = 0, first = 0 } = heads.at(-1) ?? {};
      const head = level(rowOf(outputs, name, row), classes, activated === true, size);
      const source = { output: name, ...(!activated && { activation: 'sigmoid' as const }) };
      const [scores, objectness] = [
        { ...head.scores, ...source },
        { ...head.objectness, ...source },
      ];
      heads.push({ ...head, scores, objectness, first: first + count });
    }
    return { heads };
  },
});

const isLevel = ({ shape }: TensorFact, channels: number): boolean => shape[1] === 3 && shape[4] === channels;

function level({ dims, data }: Row, classes: number, activated: boolean, size: InputSize) {
  const [kinds = 3, rows = 1, columns = 1, step = 6] = dims;
  const stride = size.width / columns;
  const values = activated ? data : data.map(sigmoid);
  const anchors = ANCHORS[stride] ?? (ANCHORS[16] as readonly number[]).map((side) => (side * stride) / 16);
  return {
    count: kinds * rows * columns,
    scores: { data: values, start: 5, step, stride: 1, classes },
    objectness: { data: values, start: 4, step },
    box(candidate: number, out: Float64Array, at: number) {
      const cell = candidate % (rows * columns);
      const kind = Math.floor(candidate / (rows * columns));
      const four = fourFrom(values, candidate * step);
      const x = (2 * four[0] - 0.5 + (cell % columns)) * stride;
      const y = (2 * four[1] - 0.5 + Math.floor(cell / columns)) * stride;
      const width = 4 * four[2] ** 2 * (anchors[2 * kind] as number);
      const height = 4 * four[3] ** 2 * (anchors[2 * kind + 1] as number);
      out.set([x - width / 2, y - height / 2, x + width / 2, y + height / 2], at);
    },
  };
}
