import { describe, expect, it } from 'vitest';
import { decodeRuns } from '../../../src/core/image/run-length.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import type { YoloFormat } from '../../../src/tasks/detection/formats/yolo.ts';
import { predictionsOf, shownWhole, table, transposed } from './support.ts';

const format: YoloFormat = {
  id: 'yolo',
  output: 'o',
  channelAxis: 1,
  classes: 2,
  objectness: false,
  boxes: 'pixels',
  labels: ['cup', 'plate'],
};
const view = shownWhole(100, 100);
// Centre x, centre y, width, height, cup, plate.
const ROWS = [
  [50, 50, 20, 20, 0.9, 0.1],
  [51, 50, 20, 20, 0.8, 0.1],
  [51, 50, 20, 20, 0.2, 0.7],
  [5, 50, 20, 20, 0.3, 0.4],
  [80, 80, 10, 10, 0.24, 0.1],
];

describe('decoding of YOLO boxes', () => {
  it.each([
    ['channels first', 1, transposed(ROWS)],
    ['channels last', 2, table(ROWS)],
  ] as const)('reads an output with %s, and suppresses the worse of two boxes of a class', (_, channelAxis, o) => {
    expect(predictionsOf({ ...format, channelAxis } as YoloFormat, { o }, view)).toEqual([
      { label: 'cup', class: 0, score: Math.fround(0.9), box: [40, 40, 60, 60], position: 0 },
      { label: 'plate', class: 1, score: Math.fround(0.7), box: [41, 40, 61, 60], position: 2 },
      { label: 'plate', class: 1, score: Math.fround(0.4), box: [0, 40, 15, 60], position: 3 },
    ]);
  });

  it('gives pixels of the upright image for any crop and padding', () => {
    const placed = {
      ...view,
      image: { width: 400, height: 200 },
      placement: { x: 0, y: -100, width: 400, height: 400 },
    };
    const [first] = predictionsOf(format, { o: transposed(ROWS) }, placed);
    expect(first?.box).toEqual([160, 60, 240, 140]);
  });

  it('multiplies class scores by objectness if the model has it', () => {
    const rows = [[50, 50, 20, 20, 0.5, 0.9, 0.1]];
    const found = predictionsOf(
      { ...format, objectness: true, channelAxis: 2 } as YoloFormat,
      { o: table(rows) },
      view,
    );
    expect(found.map(({ score }) => score)).toEqual([expect.closeTo(0.45, 6)]);
  });

  it('stops at the requested number and at the threshold', () => {
    const o = transposed(ROWS);
    expect(predictionsOf(format, { o }, view, { max: 1 })).toHaveLength(1);
    expect(predictionsOf(format, { o }, view, { threshold: 0.95 })).toEqual([]);
    expect(predictionsOf(format, { o }, view, { overlap: 0.99 })).toHaveLength(4);
  });

  it('decodes YOLOX boxes from cells of three strides', () => {
    // 16 + 4 + 1 cells of a 32 x 32 input; the second cell of stride 16 is number 17.
    const rows = Array.from({ length: 21 }, () => [0, 0, -1, 0, 0, 0, 0]);
    rows[17] = [0.5, 0.25, 0, Math.log(0.5), 0.9, 0.1, 0.8];
    const { boxes: _, ...open } = { ...format, objectness: true, channelAxis: 2 } as YoloFormat;
    const [only, ...others] = predictionsOf(open, { o: table(rows) }, shownWhole(32, 32));
    expect(others).toEqual([]);
    expect(only?.class).toBe(1);
    expect(only?.score).toBeCloseTo(0.72, 6);
    expect(only?.box?.map((side) => Math.round(side * 1e4) / 1e4)).toEqual([16, 0, 32, 8]);
  });

  it('treats boxes relative to the input as a set without suppression', () => {
    const { boxes: _, ...open } = { ...format, channelAxis: 2 } as YoloFormat;
    const rows = [
      [0.5, 0.5, 0.2, 0.2, 0.9, 0],
      [0.5, 0.5, 0.2, 0.2, 0.8, 0],
    ];
    const found = predictionsOf(open, { o: table(rows) }, view);
    expect(found.map(({ score, box }) => [score.toFixed(1), box?.map(Math.round)])).toEqual([
      ['0.9', [40, 40, 60, 60]],
      ['0.8', [40, 40, 60, 60]],
    ]);
  });
});

describe('attributes of a YOLO box', () => {
  it('include its keypoints', () => {
    const extras = { kind: 'keypoints', points: 2, values: 3 } as const;
    const rows = [[50, 50, 20, 20, 0.9, 0, 45, 46, 0.5, 120, 55, 0.25]];
    const [only] = predictionsOf({ ...format, channelAxis: 2, extras } as YoloFormat, { o: table(rows) }, view);
    expect(only?.keypoints).toEqual([
      [45, 46, 0.5],
      [100, 55, 0.25],
    ]);
  });

  it('include its angle, and rotated boxes suppress each other by rotated overlap', () => {
    const rows = [
      [50, 50, 60, 6, 0.9, 0, 0],
      [50, 50, 60, 6, 0.8, 0, Math.PI / 2],
      [50, 50, 60, 6, 0.7, 0, 0.01],
    ];
    const turned = { ...format, channelAxis: 2, extras: { kind: 'angle' } } as YoloFormat;
    const found = predictionsOf(turned, { o: table(rows) }, view);
    expect(found.map(({ angle, position }) => [position, angle])).toEqual([
      [0, 0],
      [1, Math.fround(Math.PI / 2)],
    ]);
    expect(found[1]?.box).toEqual([20, 47, 80, 53]);
  });

  it('include its mask from weighted prototypes, cropped to the box at the size of the image', () => {
    const rows = [[5, 5, 6, 10, 0.9, 0, 2, -1]];
    const masked = { ...format, channelAxis: 2, prototypes: 'p', extras: { kind: 'masks', count: 2 } } as YoloFormat;
    // The second prototype takes back what the first gives in the lower half.
    const p = float32([1, 2, 2, 2], [1, 1, 1, 1, 0, 0, 4, 4]);
    const [only] = predictionsOf(masked, { o: table(rows), p }, shownWhole(10, 10));
    expect(only?.mask?.size).toEqual([10, 10]);
    // Logits 2 and -2 at the centres of the halves cross zero in the middle: five pixels of each of six columns.
    expect(decodeRuns(String(only?.mask?.counts))).toEqual([20, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 25]);
  });

  it('cuts masks at the first pixel whose edge lies in the box', () => {
    const rows = [[5, 5, 4.8, 4.8, 0.9, 0, 1, 0]];
    const masked = { ...format, channelAxis: 2, prototypes: 'p', extras: { kind: 'masks', count: 2 } } as YoloFormat;
    const p = float32([1, 2, 1, 1], [1, 0]);
    const [only] = predictionsOf(masked, { o: table(rows), p }, shownWhole(10, 10));
    // From 2.6 to 7.4: the pixels 3 to 7.
    expect(decodeRuns(String(only?.mask?.counts))).toEqual([33, 5, 5, 5, 5, 5, 5, 5, 5, 5, 22]);
  });
});
