import { describe, expect, it } from 'vitest';
import type { TaskContext, TaskOutputs } from '../../../src/core/task/task.ts';
import objectDetection from '../../../src/tasks/detection/object-detection.ts';
import { described, input } from '../support.ts';
import { table, transposed } from './support.ts';

const ROWS = [
  [50, 50, 40, 40, 0.9, 0.1],
  [45, 45, 10, 10, 0.1, 0.7],
  [80, 80, 10, 10, 0.1, 0.2],
];
const outputs = { o: transposed(ROWS) };
const names = ['cup', 'plate'];

function contextOf(given: TaskOutputs, more: Partial<TaskContext> = {}): TaskContext {
  return { description: described([input([1, 3, 100, 100])], given, { names }), ...more };
}
const context = contextOf(outputs);
const target = (choice: Parameters<typeof objectDetection.target>[0], more: Partial<TaskContext> = {}) =>
  objectDetection.target(choice, outputs, { ...context, ...more });

/** Element of class `klass` of candidate `i` in a head of 4 + 2 channels. */
const element = (klass: number, i: number) => [{ index: (4 + klass) * ROWS.length + i, weight: 1 }];

describe('the choice of a detected box', () => {
  it('by number follows the order of the predictions', () => {
    expect(target({ prediction: 1 })).toMatchObject({ output: 'o', label: 'plate', class: 1, weights: element(1, 1) });
  });

  it('by class takes the highest score of that class, even below the threshold', () => {
    expect(target({ label: 'Cup' }).weights).toEqual(element(0, 0));
    expect(target({ class: 1 }, { threshold: 0.95 }).weights).toEqual(element(1, 1));
  });

  it('by point takes the smallest box around it, in pixels of the upright image', () => {
    expect(target({ point: [46, 46] }).weights).toEqual(element(1, 1));
    expect(target({ point: [60, 60] }).weights).toEqual(element(0, 0));
    const image = { width: 400, height: 400, data: new Uint8Array() };
    const placed = { image: { image, placement: { x: 0, y: 0, width: 400, height: 400 } } };
    expect(target({ point: [184, 184] }, placed).weights).toEqual(element(1, 1));
  });

  it('by box takes the box with the largest overlap, even below the threshold', () => {
    expect(target({ box: [28, 28, 72, 72] }).weights).toEqual(element(0, 0));
    expect(target({ box: [76, 76, 84, 84] }).weights).toEqual(element(1, 2));
  });

  it.each([
    [{ prediction: 2 }, {}, 'There is no box 2: the predictions are numbered from 0 to 1.'],
    [{ point: [1, 1] }, {}, 'No box lies around the point 1, 1: choose one of 2 boxes by its number.'],
    [{ box: [0, 0, 5, 5] }, {}, 'No box overlaps [0, 0, 5, 5]'],
    [{ label: 'fork' }, {}, 'The model has no class named "fork". Its classes are cup, plate.'],
    [{ prediction: 0 }, { threshold: 0.95 }, 'Nothing was found: the highest score is 0.9, the threshold 0.95.'],
  ] as const)('by %j with %j is refused with the alternatives', (choice, more, message) => {
    expect(() => target(choice, more)).toThrow(
      expect.objectContaining({ code: 'label_not_found', message: expect.stringContaining(message) }),
    );
  });
});

describe('the score of a box after a perturbation', () => {
  const follow = target({ prediction: 0 }).follow as NonNullable<ReturnType<typeof target>['follow']>;

  it('follows the box by overlap and class', () => {
    const moved = [ROWS[1], ROWS[2], [52, 50, 40, 40, 0.6, 0.1]] as number[][];
    expect(follow({ o: transposed(moved) })).toBeCloseTo(0.6, 6);
  });

  it('is not that of another object of the same class', () => {
    expect(follow({ o: transposed([[10, 10, 10, 10, 0.9, 0], ROWS[1], ROWS[2]] as number[][]) })).toBe(0);
  });

  it('is 0 when no box is left', () => {
    expect(follow({ o: transposed(ROWS.map((row) => row.map((value, i) => (i < 4 ? value : 0)))) })).toBe(0);
  });

  it('is not tied to the row number in a list of final boxes', () => {
    const list = {
      o: table([
        [10, 10, 30, 30, 0.9, 0],
        [50, 50, 90, 90, 0.8, 1],
      ]),
    };
    const metadata = { task: 'detect', stride: '32', names: "['cup', 'plate']", end2end: 'True' };
    const chosen = objectDetection.target({ prediction: 0 }, list, contextOf(list, { metadata }));
    expect(chosen.weights).toEqual([{ index: 4, weight: 1 }]);
    expect(
      chosen.follow?.({
        o: table([
          [50, 50, 90, 90, 0.8, 1],
          [11, 10, 31, 30, 0.5, 0],
        ]),
      }),
    ).toBeCloseTo(0.5, 6);
    expect(
      chosen.follow?.({
        o: table([
          [50, 50, 90, 90, 0.8, 1],
          [0, 0, 0, 0, 0, 0],
        ]),
      }),
    ).toBe(0);
  });
});
