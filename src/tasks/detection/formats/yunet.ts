/**
 * YuNet: for each stride the outputs `cls_s`, `obj_s`, `bbox_s` and `kps_s`, in cells.
 * @see https://github.com/ShiqiYu/libfacedetection.train
 */

import { isImageInput } from '../../description.ts';
import { fourElements } from '../box-source.ts';
import { type DetectionFormat, defineFormat } from '../format.ts';
import { fourFrom } from '../four.ts';
import type { Head } from '../head.ts';
import { rowOf } from '../rows.ts';

interface YunetFormat extends DetectionFormat {
  readonly id: 'yunet';
  readonly strides: readonly number[];
}

export const yunet = defineFormat<YunetFormat>({
  id: 'yunet',
  recognise({ inputs, outputs, labels }) {
    const names = new Set(outputs.map(({ name }) => name));
    const strides = [8, 16, 32, 64].filter((s) => ['cls', 'obj', 'bbox'].every((kind) => names.has(`${kind}_${s}`)));
    if (strides.length === 0 || !inputs.some(isImageInput)) return undefined;
    return { evidence: 1, doubts: [], format: { id: 'yunet', strides, labels: labels ?? ['face'] } };
  },
  defaults: () => ({ threshold: 0.6, overlap: 0.3, max: 300, clip: true }),
  read({ strides }, outputs, { width }, row) {
    const heads: Head[] = [];
    for (const stride of strides) {
      const [classes, objectness, boxes] = ['cls', 'obj', 'bbox'].map((kind) =>
        rowOf(outputs, `${kind}_${stride}`, row),
      ) as [Numbers, Numbers, Numbers];
      const points = outputs[`kps_${stride}`] && rowOf(outputs, `kps_${stride}`, row).data;
      const { count = 0, first = 0 } = heads.at(-1) ?? {};
      heads.push(
        level(stride, Math.ceil(width / stride), first + count, {
          classes,
          objectness,
          boxes,
          ...(points && { points }),
        }),
      );
    }
    return { heads };
  },
});

type Numbers = ReturnType<typeof rowOf>;

interface LevelOutputs {
  readonly classes: Numbers;
  readonly objectness: Numbers;
  readonly boxes: Numbers;
  readonly points?: Float32Array;
}

function level(
  stride: number,
  columns: number,
  first: number,
  { classes, objectness, boxes, points }: LevelOutputs,
): Head {
  const [count = 0, kinds = 1] = classes.dims;
  const corner = (cell: number) => [cell % columns, Math.floor(cell / columns)] as const;
  return {
    count,
    first,
    scores: { output: `cls_${stride}`, data: classes.data, start: 0, step: kinds, stride: 1, classes: kinds },
    objectness: { output: `obj_${stride}`, data: objectness.data, start: 0, step: 1 },
    combine: 'geometric_mean',
    source: (cell) => ({
      elements: fourElements(`bbox_${stride}`, cell * 4, 1),
      form: 'centre',
      shift: corner(cell),
      scale: [stride, stride],
      isLog: true,
    }),
    box(cell, out, at) {
      const [x, y, width, height] = fourFrom(boxes.data, cell * 4);
      const [column, row] = corner(cell);
      const [cx, cy, w, h] = [column + x, row + y, Math.exp(width), Math.exp(height)];
      out.set(
        [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2].map((cells) => cells * stride),
        at,
      );
    },
    ...(points && {
      keypoints(cell: number) {
        const [column, row] = corner(cell);
        const own = points.subarray(cell * 10, cell * 10 + 10);
        return Array.from({ length: own.length / 2 }, (_, i): [number, number, number] => [
          ((own[2 * i] as number) + column) * stride,
          ((own[2 * i + 1] as number) + row) * stride,
          1,
        ]);
      },
    }),
  };
}
