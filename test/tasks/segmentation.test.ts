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

  it.each([
    ['the classes of its output last', true],
    ['numbers that its output does not come from', false],
  ])('explains the scores in front of a softmax with %s (%s)', (_, fits) => {
    // [N, H, W, C] in front of a softmax over the classes, which are moved forward again behind it.
    const scores = [5, 0, 5, 0, 0, 2, 5, 0, 5, 0, 1, 4];
    const shares = [1, 0].map((own) =>
      Array.from({ length: 6 }, (_, cell) => {
        const [a, b] = [scores[2 * cell + own] as number, scores[2 * cell + 1 - own] as number];
        return 1 / (1 + Math.exp(b - a));
      }),
    );
    const probabilities = float32([1, 2, 2, 3], [...(shares[1] as number[]), ...(shares[0] as number[])]);
    const run = { y: probabilities, l: float32([1, 2, 3, 2], fits ? scores : scores.toReversed()) };
    const about = { classAxis: 1, names: ['background', 'cat'], activation: 'softmax', logits: 'l' } as const;
    const context = { description: described([input([1, 3, 20, 30])], run, about), image: contextOf().image };
    const target = segmentation.target({ point: [5.5, 7.5] }, run, context as TaskContext);
    expect(target).toMatchObject({ label: 'cat', output: fits ? 'l' : 'y', weights: [{ index: 11, weight: 1 }] });
    const [cat] = segmentation.read(run, context as TaskContext);
    expect(cat?.probability).toBeCloseTo((1 / (1 + Math.exp(-2)) + 1 / (1 + Math.exp(-3))) / 2, 5);
    expect(cat?.score).toBeCloseTo(fits ? 3 : Number(cat?.probability), 5);
  });
});
