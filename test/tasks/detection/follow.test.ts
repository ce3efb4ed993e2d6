import { describe, expect, it } from 'vitest';
import { referenceOf, scoreOfBox } from '../../../src/tasks/detection/follow.ts';
import type { DetectionFormat } from '../../../src/tasks/detection/format.ts';
import { searchAs } from '../../../src/tasks/detection/search.ts';
import { shownWhole, table } from './support.ts';

const detections = (rows: readonly (readonly number[])[]) => {
  const format = { id: 'yolo', output: 'o', channelAxis: 2, classes: 2, objectness: true, boxes: 'pixels' };
  return searchAs(format as DetectionFormat, { o: table(rows) }, shownWhole(100, 100)).detections;
};
const before = detections([[50, 50, 20, 20, 0.8, 0.9, 0.1]]);
const [head] = before.heads as [(typeof before.heads)[0]];
const reference = referenceOf(head as NonNullable<typeof head>, 0, 0);
// Half as wide: an overlap of 0.5. The class probabilities point another way.
const after = detections([[55, 50, 10, 20, 0.6, 0.3, 0.4]]);

describe('scoreOfBox', () => {
  it('returns confidence or class probability of the best match', () => {
    expect(scoreOfBox(after, reference, 'class')).toBeCloseTo(0.3, 6);
    expect(scoreOfBox(after, reference)).toBeCloseTo(0.18, 6);
  });

  it('returns the D-RISE similarity: overlap, class cosine and objectness', () => {
    const cosine = (0.9 * 0.3 + 0.1 * 0.4) / Math.sqrt((0.81 + 0.01) * (0.09 + 0.16));
    expect(scoreOfBox(after, reference, 'similarity')).toBeCloseTo(0.5 * cosine * 0.6, 6);
    expect(scoreOfBox(before, reference, 'similarity')).toBeCloseTo(0.8, 6);
  });
});
