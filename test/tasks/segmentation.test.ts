import { describe, expect, it } from 'vitest';
import { decodeRuns } from '../../src/core/image/run-length.ts';
import type { TaskContext } from '../../src/core/task/task.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import segmentation from '../../src/tasks/segmentation/segmentation.ts';
import { described, input } from './support.ts';

// Two classes over 2 x 3 cells: the cat wins the two cells on the right.
const outputs = { y: float32([1, 2, 2, 3], [5, 5, 0, 5, 5, 1, 0, 0, 2, 0, 0, 4]) };
const image = { width: 6, height: 8, data: new Uint8Array() };

function contextOf(placement = { x: 0, y: 0, width: 6, height: 8 }): TaskContext {
  const about = { classAxis: 1, names: ['background', 'cat'] };
  return { description: described([input([1, 3, 20, 30])], outputs, about), image: { image, placement } };
}

describe('segmentation', () => {
  it('lists each class with its mean score and mask, the background last', () => {
    const [cat, background] = segmentation.read(outputs, contextOf());
    expect(cat).toMatchObject({ label: 'cat', class: 1, score: 3 });
    expect(background).toMatchObject({ label: 'background', score: 5 });
    expect(cat?.mask?.size).toEqual([8, 6]);
    expect(decodeRuns(String(cat?.mask?.counts))).toEqual([32, 16]);
  });

  it('excludes pixels outside the crop from the mask', () => {
    // The model saw the upper half of the image, and as much of nothing above it.
    const [cat] = segmentation.read(outputs, contextOf({ x: 0, y: -4, width: 6, height: 8 }));
    expect(decodeRuns(String(cat?.mask?.counts))).toEqual([32, 4, 4, 4, 4]);
  });

  it('explains the class at a chosen point of the image', () => {
    expect(segmentation.target({ point: [5.5, 7.5] }, outputs, contextOf())).toMatchObject({
      label: 'cat',
      weights: [{ index: 11, weight: 1 }],
    });
  });

  it('explains the most frequent class in a chosen box, within that box', () => {
    expect(segmentation.target({ box: [0, 0, 4, 4] }, outputs, contextOf())).toMatchObject({
      label: 'background',
      weights: [
        { index: 0, weight: 0.5 },
        { index: 1, weight: 0.5 },
      ],
    });
  });

  it('explains a class where it is predicted, or everywhere if it is predicted nowhere', () => {
    expect(segmentation.target({ label: 'cat' }, outputs, contextOf()).weights.map(({ index }) => index)).toEqual([
      8, 11,
    ]);
    const flat = { y: float32([1, 2, 2, 3], [5, 5, 5, 5, 5, 5, 0, 0, 0, 0, 0, 0]) };
    expect(segmentation.target({ label: 'cat' }, flat, contextOf()).weights).toHaveLength(6);
  });

  it('refuses a point outside the image', () => {
    expect(() => segmentation.target({ point: [7, 1] }, outputs, contextOf())).toThrow(
      'holds nothing that the model saw: the image is 6 x 8 pixels',
    );
  });
});
