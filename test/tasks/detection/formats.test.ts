import { describe, expect, it } from 'vitest';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import type { DetectionFormat } from '../../../src/tasks/detection/format.ts';
import type { ScoresAndBoxesFormat } from '../../../src/tasks/detection/formats/scores-and-boxes.ts';
import { recogniseDetector } from '../../../src/tasks/detection/formats.ts';
import { predictionsOf, shownWhole, sparse, table } from './support.ts';

const rounded = (box: readonly number[] | undefined) => box?.map((side) => Math.round(side * 1e3) / 1e3);

describe('end-to-end detector outputs', () => {
  const format = { id: 'end_to_end', output: 'o', numbered: false, labels: ['cup', 'plate'] } as DetectionFormat;
  const view = shownWhole(100, 100);

  it('are read without suppression', () => {
    const rows = [
      [10, 10, 20, 20, 0.9, 1],
      [10, 10, 20, 20, 0.8, 1],
      [0, 0, 0, 0, 0, 0],
    ];
    const found = predictionsOf(format, { o: table(rows) }, view);
    expect(found.map(({ label, box, position }) => [label, box, position])).toEqual([
      ['plate', [10, 10, 20, 20], 0],
      ['plate', [10, 10, 20, 20], 1],
    ]);
  });

  it('without rows yield no predictions', () => {
    expect(predictionsOf(format, { o: float32([0, 6]) }, view)).toEqual([]);
  });

  it('with an image index in the first column are read for that image', () => {
    const o = float32(
      [2, 7],
      [
        [0, 10, 10, 20, 20, 1, 0.9],
        [1, 30, 30, 40, 40, 0, 0.8],
      ].flat(),
    );
    const found = predictionsOf({ ...format, numbered: true } as DetectionFormat, { o }, view);
    expect(found).toMatchObject([{ label: 'plate', score: Math.fround(0.9), box: [10, 10, 20, 20] }]);
  });

  it('relative to the input are read as centres and sizes', () => {
    const [only] = predictionsOf(format, { o: table([[0.5, 0.25, 0.2, 0.1, 0.9, 0]]) }, shownWhole(200, 100));
    expect(rounded(only?.box)).toEqual([80, 20, 120, 30]);
  });

  it('of rotated boxes keep their angle', () => {
    const turned = { ...format, extras: 'angle', box: 'centre' } as DetectionFormat;
    const [only] = predictionsOf(turned, { o: table([[50, 50, 20, 10, 0.9, 0, 0.5]]) }, view);
    expect(only).toMatchObject({ box: [40, 45, 60, 55], angle: 0.5 });
  });
});

describe('DETR queries', () => {
  // Post-processed by the image processors of transformers 5: threshold 0.5, an image of 200 x 100.
  const logits = table([
    [-3.05, -1.5, -1.31, -3.22],
    [-0.2, -1.22, -1.96, -3.22],
    [-1.42, 0.61, -1.55, -0.5],
    [-0.44, 3.37, 0.46, 0.94],
  ]);
  const pred_boxes = table([
    [0.486, 0.449, 0.669, 0.528],
    [0.357, 0.299, 0.408, 0.342],
    [0.37, 0.462, 0.599, 0.586],
    [0.206, 0.605, 0.52, 0.687],
  ]);
  const found = (architecture: string, settings?: { readonly threshold: number }) => {
    const outputs = { logits, pred_boxes };
    const description = {
      inputs: [{ name: 'pixel_values', dtype: 'float32' as const, shape: [1, 3, 64, 64] }],
      outputs: Object.entries(outputs).map(([name, { dims }]) => ({ name, dtype: 'float32' as const, shape: dims })),
      architecture,
    };
    const format = recogniseDetector(description)?.format as ScoresAndBoxesFormat;
    const view = {
      ...shownWhole(64, 64),
      image: { width: 200, height: 100 },
      placement: { x: 0, y: 0, width: 200, height: 100 },
    };
    const all = predictionsOf(format, outputs, view, settings);
    return all.map(({ class: k, score, box }) => [k, score.toFixed(5), rounded(box)]);
  };

  it('are scored by a softmax with a no-object class', () => {
    expect(found('DetrForObjectDetection')).toEqual([
      [1, '0.85862', [-10.8, 26.15, 93.2, 94.85]],
      [1, '0.63443', [14.1, 16.9, 133.9, 75.5]],
      [0, '0.63233', [30.6, 12.8, 112.2, 47]],
    ]);
  });

  it('of RT-DETR are scored by sigmoids, with several classes for a query', () => {
    expect(found('RTDetrForObjectDetection')).toEqual([
      [1, '0.96675', [-10.8, 26.15, 93.2, 94.85]],
      [3, '0.71910', [-10.8, 26.15, 93.2, 94.85]],
      [1, '0.64794', [14.1, 16.9, 133.9, 75.5]],
      [2, '0.61301', [-10.8, 26.15, 93.2, 94.85]],
    ]);
  });

  it('of RT-DETR give as many boxes as queries at the threshold 0', () => {
    // Of 4 queries with 4 classes each, the best 4 pairs.
    expect(found('RTDetrForObjectDetection', { threshold: 0 })).toEqual(found('RTDetrForObjectDetection'));
  });
});

describe('single-shot detector outputs', () => {
  it('have the background class first and corners relative to the input', () => {
    const format = {
      id: 'scores_and_boxes',
      scores: 's',
      boxes: 'b',
      set: false,
      classes: 1,
      background: 'first',
      firstClass: 1,
    };
    const outputs = {
      s: table([
        [0.1, 0.9],
        [0.2, 0.8],
        [0.9, 0.1],
      ]),
      b: table([
        [0.1, 0.2, 0.5, 0.6],
        [0.1, 0.2, 0.5, 0.61],
        [0, 0, 1, 1],
      ]),
    };
    const found = predictionsOf(format as DetectionFormat, outputs, shownWhole(100, 200));
    expect(found.map(({ class: k, box }) => [k, rounded(box)])).toEqual([[1, [10, 40, 50, 120]]]);
  });
});

describe('other detector outputs', () => {
  it('are decoded for YuNet: root of class times objectness, boxes and landmarks in cells', () => {
    const outputs = {
      cls_16: float32([1, 4, 1], sparse(4, { 3: 0.81 })),
      obj_16: float32([1, 4, 1], sparse(4, { 3: 1 })),
      bbox_16: float32([1, 4, 4], [...sparse(12, {}), 0.5, 0.25, 0, Math.log(0.5)]),
      kps_16: float32([1, 4, 10], sparse(40, { 30: 0.5, 31: 0.5 })),
    };
    const [only] = predictionsOf(
      { id: 'yunet', strides: [16], labels: ['face'] } as DetectionFormat,
      outputs,
      shownWhole(32, 32),
    );
    expect(only).toMatchObject({ label: 'face', score: expect.closeTo(0.9, 6), position: 3 });
    expect(rounded(only?.box)).toEqual([16, 16, 32, 24]);
    expect(only?.keypoints?.slice(0, 2)).toEqual([
      [24, 24, 1],
      [16, 16, 1],
    ]);
  });

  it('are decoded for CenterFace: sizes and offsets with y first', () => {
    const outputs = {
      heat: float32([1, 1, 2, 4], sparse(8, { 5: 0.75 })),
      sizes: float32([1, 2, 2, 4], sparse(16, { 5: Math.log(2), 13: Math.log(3) })),
      offsets: float32([1, 2, 2, 4], sparse(16, { 5: 0.25, 13: 0.5 })),
      landmarks: float32([1, 10, 2, 4], sparse(80, { 5: 0.5, 13: 0.25 })),
    };
    const format = { id: 'center_map', heat: 'heat', sizes: 'sizes', offsets: 'offsets', landmarks: 'landmarks' };
    const [only] = predictionsOf(format as DetectionFormat, outputs, shownWhole(16, 8));
    // The centre of cell (1, 1) moved by (0.5, 0.25): x 8, y 7; 12 wide, 8 high, cut at the edges of the image.
    expect(rounded(only?.box)).toEqual([2, 3, 14, 8]);
    expect(rounded(only?.keypoints?.[0])).toEqual([5, 7, 1]);
  });

  it('are decoded for NanoDet: mean of a distribution over the distance of each side', () => {
    const sure = (bin: number) => sparse(8, { [bin]: 50 });
    const rows = Array.from({ length: 21 }, () => sparse(33, {}));
    rows[5] = [0.9, ...sure(1), ...sure(0), ...sure(2), ...sure(3)];
    const format = { id: 'nanodet', output: 'o', classes: 1, bins: 8 };
    const [only] = predictionsOf(format as DetectionFormat, { o: table(rows) }, shownWhole(32, 32));
    // Cell (1, 1) of stride 8 has its centre at (12, 12).
    expect(rounded(only?.box)).toEqual([4, 12, 28, 32]);
  });

  it('are decoded for raw YOLOv5 levels: sigmoids, cells and anchors', () => {
    const values = sparse(3 * 2 * 2 * 6, {}, -20);
    // Second anchor (62 x 45 at stride 16), cell (1, 0), all in the middle of their range.
    values.splice((4 + 1) * 6, 6, 0, 0, 0, 0, 20, 20);
    const outputs = { o: float32([1, 3, 2, 2, 6], values) };
    const format = { id: 'yolo_levels', outputs: ['o'], classes: 1 };
    const [only] = predictionsOf(format as DetectionFormat, outputs, shownWhole(32, 32));
    expect(rounded(only?.box)).toEqual([0, 0, 32, 30.5]);
  });

  it("are decoded from separate boxes, labels and scores, with y first in TensorFlow's order", () => {
    const outputs = {
      detection_boxes: float32([1, 1, 4], [0.25, 0.5, 0.75, 1]),
      detection_classes: float32([1, 1], [3]),
      detection_scores: float32([1, 1], [0.9]),
    };
    const description = {
      inputs: [{ name: 'image', dtype: 'uint8' as const, shape: [1, 100, 200, 3] }],
      outputs: Object.entries(outputs).map(([name, { dims }]) => ({ name, dtype: 'float32' as const, shape: dims })),
      labels: ['a', 'b', 'c'],
    };
    const format = recogniseDetector(description)?.format as DetectionFormat;
    expect(predictionsOf(format, outputs, shownWhole(200, 100))).toMatchObject([
      { label: 'c', box: [100, 25, 200, 75] },
    ]);
  });

  it('are decoded from boxes with their score in the fifth column', () => {
    const outputs = { dets: float32([1, 1, 5], [10, 20, 30, 40, 0.9]), labels: float32([1, 1], [2]) };
    const format = { id: 'boxes_labels_scores', boxes: 'dets', classes: 'labels', yFirst: false, background: 0 };
    const found = predictionsOf(format as DetectionFormat, outputs, shownWhole(100, 100));
    expect(found).toMatchObject([{ class: 2, score: Math.fround(0.9), box: [10, 20, 30, 40] }]);
  });
});
