/** Formulas of boxes beside the boxes that are read, for every format that has them. */
import { describe, expect, it } from 'vitest';
import type { TaskOutputs } from '../../../src/core/task/task.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { cornersOf } from '../../../src/tasks/detection/box-source.ts';
import type { DetectionFormat } from '../../../src/tasks/detection/format.ts';
import objectDetection from '../../../src/tasks/detection/object-detection.ts';
import { search, searchAs } from '../../../src/tasks/detection/search.ts';
import { numbersOf } from '../../../src/tasks/detection/similarity-tensor.ts';
import { CASES } from '../cases.ts';
import { shownWhole } from './support.ts';

const KINDS = ['object_detection', 'oriented_detection', 'instance_segmentation', 'pose'];
const ofTasks = KINDS.flatMap((kind) =>
  (CASES[kind] ?? []).map(
    ({ name, outputs, context }) => [`${kind}: ${name}`, outputs, search(outputs, context).detections.heads] as const,
  ),
);

const waves = (...dims: number[]) =>
  float32(
    [1, ...dims],
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => 0.3 * Math.sin(1.3 * i)),
  );
/** Heads of formats over an input of 64 x 64 pixels. */
const ofFormats = (
  [
    [
      { id: 'center_map', heat: 'heat', sizes: 'sizes', offsets: 'offsets', landmarks: 'landmarks' },
      {
        heat: waves(1, 4, 4),
        sizes: float32([1, 2, 4, 4], new Array(32).fill(-1.2)),
        offsets: waves(2, 4, 4),
        landmarks: waves(10, 4, 4),
      },
    ],
    [
      { id: 'yunet', strides: [16] },
      { cls_16: waves(16, 1), obj_16: waves(16, 1), bbox_16: waves(16, 4) },
    ],
    [{ id: 'yolo', output: 'o', channelAxis: 2, classes: 1, objectness: true, boxes: 'cells' }, { o: waves(84, 6) }],
  ] as const
).map(([format, outputs]) => {
  const { detections } = searchAs(format as unknown as DetectionFormat, outputs as TaskOutputs, shownWhole(64, 64));
  expect(detections.heads.every(({ source }) => source)).toBe(true);
  return [format.id, outputs as TaskOutputs, detections.heads] as const;
});

describe('the formula of a box', () => {
  it.each([...ofTasks, ...ofFormats])('gives the box that is read (%s)', (_, outputs, heads) => {
    for (const head of heads) {
      for (let candidate = 0; candidate < head.count; candidate++) {
        const source = head.source?.(candidate);
        if (!source) continue;
        const box = new Float64Array(4);
        head.box(candidate, box, 0);
        const corners = cornersOf(source, numbersOf(outputs));
        for (const [i, edge] of corners.entries()) expect(edge).toBeCloseTo(box[i] as number, 4);
      }
    }
  });

  it('is missing for turned boxes, whose similarity is refused to methods that differentiate', () => {
    for (const { outputs, context } of CASES.oriented_detection ?? []) {
      const target = objectDetection.target({ prediction: 0 }, outputs, { ...context, boxScore: 'similarity' });
      expect(target.differentiated).toEqual({ refusal: expect.stringContaining('choose box_score=confidence') });
    }
  });
});
