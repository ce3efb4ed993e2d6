/** Key points of boxes as targets: which one is meant, its score as an element of the outputs, and in other runs. */
import { describe, expect, it } from 'vitest';
import type { TargetChoice, TaskContext, TaskOutputs } from '../../../src/core/task/task.ts';
import objectDetection from '../../../src/tasks/detection/object-detection.ts';
import pose from '../../../src/tasks/detection/pose.ts';
import { described, input } from '../support.ts';
import { table, transposed } from './support.ts';

/** Centre and size, the class, and two key points of x, y and score. */
const ROWS = [
  [50, 50, 40, 40, 0.9, 40, 40, 0.8, 60, 60, 0.3],
  [20, 20, 10, 10, 0.6, 18, 18, 0.5, 22, 22, 0.7],
];
const METADATA = {
  task: 'pose',
  stride: '32',
  names: "{0: 'person'}",
  kpt_shape: '[2, 3]',
  kpt_names: "{0: ['nose', 'left_eye']}",
};
const dense = { o: transposed(ROWS) };

function contextOf(given: TaskOutputs, more: Partial<TaskContext> = {}, metadata: Record<string, string> = METADATA) {
  return { description: described([input([1, 3, 100, 100])], given, {}), metadata, ...more };
}
const target = (choice: TargetChoice, more: Partial<TaskContext> = {}, metadata?: Record<string, string>) =>
  pose.target(choice, dense, contextOf(dense, more, metadata));
/** Element of a channel of a candidate of the dense head. */
const element = (channel: number, candidate: number) => [{ index: channel * ROWS.length + candidate, weight: 1 }];

describe('a key point as target', () => {
  it.each([
    [1, 0, element(10, 0), 'person, left_eye'],
    ['Nose', 1, element(7, 1), 'person, nose'],
  ])('is the score of key point %j of box %i', (keypoint, prediction, weights, label) => {
    expect(target({ prediction }, { keypoint })).toMatchObject({ output: 'o', weights, label, prediction });
  });

  it('goes by its number where the file has no names', () => {
    const { kpt_names, ...metadata } = METADATA;
    expect(target({ prediction: 0 }, { keypoint: 1 }, metadata).label).toBe('person, key point 1');
    expect(() => target({ prediction: 0 }, { keypoint: 'nose' }, metadata)).toThrow('give a number from 0 to 1');
  });

  it('is the one beside a chosen point, and the box is meant by any other point', () => {
    expect(target({ point: [41, 40] }).weights).toEqual(element(7, 0));
    expect(target({ point: [60, 59] }).weights).toEqual(element(10, 0));
    expect(target({ point: [50, 50] }).weights).toEqual(element(4, 0));
  });

  it('is an element of the row of a final box', () => {
    const list = { o: table([[30, 30, 70, 70, 0.9, 0, 40, 40, 0.8, 60, 60, 0.3]]) };
    const context = contextOf(list, { keypoint: 1 }, { ...METADATA, end2end: 'True' });
    const chosen = pose.target({ prediction: 0 }, list, context);
    expect(chosen.weights).toEqual([{ index: 11, weight: 1 }]);
    expect(list.o.data[11]).toBeCloseTo(0.3, 6);
  });

  it('is followed with its box, and 0 where the box is gone', () => {
    const follow = target({ prediction: 0 }, { keypoint: 0 }).follow as (outputs: TaskOutputs) => number;
    expect(follow(dense)).toBeCloseTo(0.8, 6);
    const moved = [52, 50, 40, 40, 0.6, 42, 40, 0.45, 60, 60, 0.1];
    expect(follow({ o: transposed([ROWS[1] as number[], moved]) })).toBeCloseTo(0.45, 6);
    expect(follow({ o: transposed([ROWS[1] as number[], [90, 90, 10, 10, 0.9, 90, 90, 1, 90, 90, 1]]) })).toBe(0);
  });

  it.each([
    [{ keypoint: 2 }, METADATA, 'There is no key point 2: a box has the key points 0 to 1.'],
    [{ keypoint: 'ear' }, METADATA, 'There is no key point named "ear". The names are nose, left_eye.'],
    [{ keypoint: 0, boxScore: 'class' }, METADATA, 'box_score=class is a number of boxes'],
  ] as const)('%j is refused with the alternatives', (more, metadata, message) => {
    expect(() => target({ prediction: 0 }, more, metadata)).toThrow(message);
  });

  it('is refused where key points have no scores, or boxes no key points', () => {
    const flat = { o: transposed(ROWS.map((row) => [...row.slice(0, 7), ...row.slice(8, 10)])) };
    const context = contextOf(flat, { keypoint: 0 }, { ...METADATA, kpt_shape: '[2, 2]' });
    expect(() => pose.target({ prediction: 0 }, flat, context)).toThrow(
      'The model has no score for each key point: choose the box, such as box:0.',
    );
    const boxes = { o: transposed(ROWS.map((row) => row.slice(0, 5))) };
    const { kpt_shape, kpt_names, ...detect } = { ...METADATA, task: 'detect' };
    expect(() => objectDetection.target({ prediction: 0 }, boxes, contextOf(boxes, { keypoint: 0 }, detect))).toThrow(
      'The boxes have no key points: choose a box, such as box:0.',
    );
  });
});
