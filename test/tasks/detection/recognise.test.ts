import { describe, expect, it } from 'vitest';
import type { TaskDescription, TensorFact } from '../../../src/tasks/description.ts';
import { recogniseDetector } from '../../../src/tasks/detection/formats.ts';

type Shape = TensorFact['shape'];

const fact = (name: string, shape: Shape, dtype: TensorFact['dtype'] = 'float32'): TensorFact => ({
  name,
  shape,
  dtype,
});

function model(input: Shape, outputs: Record<string, Shape>, more: Partial<TaskDescription> = {}): TaskDescription {
  return {
    inputs: [fact('images', input)],
    outputs: Object.entries(outputs).map(([name, shape]) => fact(name, shape)),
    ...more,
  };
}

const IMAGE = [1, 3, 320, 320];
const coco = { labels: Array.from({ length: 80 }, (_, i) => `class ${i}`) };
const ultralytics = (more: Record<string, string> = {}) => ({
  metadata: { task: 'detect', stride: '32', imgsz: '[320, 320]', names: "{0: 'cup', 1: 'plate'}", ...more },
});

describe('recogniseDetector', () => {
  it.each([
    [
      'YOLOv8 by its labels',
      model(IMAGE, { o: [1, 84, 2100] }, coco),
      { id: 'yolo', channelAxis: 1, objectness: false },
    ],
    ['YOLOv8 transposed', model(IMAGE, { o: [1, 2100, 84] }, coco), { id: 'yolo', channelAxis: 2, objectness: false }],
    [
      'YOLOv5 by its objectness',
      model(IMAGE, { o: [1, 6300, 85] }, coco),
      { id: 'yolo', channelAxis: 2, objectness: true },
    ],
    ['YOLOv5 by three anchors a cell', model(IMAGE, { o: [1, 6300, 8] }), { id: 'yolo', objectness: true, classes: 3 }],
    [
      'YOLOX by the number of its cells',
      model([1, 3, 416, 416], { o: [1, 3549, 85] }),
      { id: 'yolo', objectness: true },
    ],
    [
      'an Ultralytics file by its metadata',
      model(IMAGE, { o: ['N', 6, 'A'] }, ultralytics()),
      { id: 'yolo', classes: 2, labels: ['cup', 'plate'], boxes: 'pixels' },
    ],
    [
      'masks by their prototypes',
      model(IMAGE, { o: [1, 38, 2100], p: [1, 32, 80, 80] }, ultralytics({ task: 'segment' })),
      { id: 'yolo', prototypes: 'p', extras: { kind: 'masks', count: 32 } },
    ],
    [
      'key points by their shape in the metadata',
      model(IMAGE, { o: [1, 57, 2100] }, ultralytics({ task: 'pose', kpt_shape: '[17, 3]' })),
      { id: 'yolo', extras: { kind: 'keypoints', points: 17, values: 3 } },
    ],
    [
      'rotated boxes',
      model(IMAGE, { o: [1, 7, 2100] }, ultralytics({ task: 'obb' })),
      { id: 'yolo', extras: { kind: 'angle' } },
    ],
    [
      'an end-to-end network',
      model(IMAGE, { o: [1, 300, 6] }, ultralytics({ end2end: 'True' })),
      { id: 'end_to_end', numbered: false },
    ],
    [
      'suppression inside',
      model(IMAGE, { o: [1, 300, 6] }, ultralytics({ args: "{'nms': True}" })),
      { id: 'end_to_end' },
    ],
    ['an open number of final boxes', model(IMAGE, { o: ['num', 7] }), { id: 'end_to_end', numbered: true }],
    [
      'DETR by its "no object" class',
      model(
        ['N', 3, 'H', 'W'],
        { logits: ['N', 100, 92], pred_boxes: ['N', 100, 4] },
        { architecture: 'DetrForObjectDetection' },
      ),
      { id: 'scores_and_boxes', background: 'last', classes: 91, activation: 'softmax' },
    ],
    [
      'RT-DETR without a "no object" class',
      model(['N', 3, 640, 640], { logits: ['N', 300, 80], pred_boxes: ['N', 300, 4] }, coco),
      { id: 'scores_and_boxes', background: 'none', classes: 80, activation: 'sigmoid' },
    ],
    [
      'UltraFace',
      model([1, 3, 240, 320], { scores: [1, 4420, 2], boxes: [1, 4420, 4] }),
      { id: 'scores_and_boxes', background: 'first', classes: 1, set: false },
    ],
    ['NanoDet', model([1, 3, 320, 320], { output: [1, 2125, 112] }), { id: 'nanodet', classes: 80 }],
    [
      'raw levels of YOLOv5',
      model([1, 3, 64, 64], { a: [1, 3, 8, 8, 85], b: [1, 3, 4, 4, 85] }),
      { id: 'yolo_levels', classes: 80 },
    ],
    [
      'CenterFace',
      model([1, 3, 64, 64], { a: [1, 1, 16, 16], b: [1, 2, 16, 16], c: [1, 2, 16, 16], d: [1, 10, 16, 16] }),
      { id: 'center_map', heat: 'a' },
    ],
    [
      'YuNet',
      model([1, 3, 64, 64], { cls_8: [1, 64, 1], obj_8: [1, 64, 1], bbox_8: [1, 64, 4] }),
      { id: 'yunet', strides: [8] },
    ],
  ])('recognises %s', (_, description, expected) => {
    const recognised = recogniseDetector(description);
    expect(recognised?.evidence).toBeGreaterThanOrEqual(0.5);
    expect(recognised?.format).toMatchObject(expected);
  });

  it('recognises the three outputs of torchvision', () => {
    const outputs = [fact('boxes', ['n', 4]), fact('labels', ['n'], 'int64'), fact('scores', ['n'])];
    const description = { inputs: [fact('images', [1, 3, 'H', 'W'])], outputs };
    expect(recogniseDetector(description)?.format).toMatchObject({ id: 'boxes_labels_scores', yFirst: false });
  });

  it('recognises boxes with scores and separate labels', () => {
    const outputs = [fact('dets', ['N', 100, 5]), fact('labels', ['N', 100], 'int64')];
    const description = { inputs: [fact('input', ['N', 3, 320, 320])], outputs };
    expect(recogniseDetector(description)?.format).toMatchObject({ boxes: 'dets', classes: 'labels' });
  });

  it('reports what it cannot determine', () => {
    expect(recogniseDetector(model(IMAGE, { o: [1, 6300, 8] }))?.doubts).toEqual([
      expect.stringContaining('box, objectness and 3 classes'),
    ]);
  });

  it.each([
    ['a classifier', model([1, 3, 224, 224], { logits: [1, 1000] })],
    ['patch tokens of a transformer', model([1, 3, 224, 224], { hidden: [1, 196, 768] })],
    ['a segmentation', model([1, 3, 320, 320], { o: [1, 2, 320, 320] })],
    ['tagged words', model(['N', 'S'], { logits: ['N', 'S', 6] })],
    ['a table of six answers', model(['N', 10], { o: ['N', 6] })],
    ['a batch of images with six classes', model(['batch', 3, 32, 32], { o: ['batch', 6] })],
    ['dense rows without names', model(['N', 3, 'H', 'W'], { o: ['N', 6, 'A'] })],
    ['a classifier of Ultralytics', model(IMAGE, { o: [1, 2] }, ultralytics({ task: 'classify' }))],
  ])('does not recognise %s', (_, description) => {
    expect(recogniseDetector(description)).toBeUndefined();
  });
});
