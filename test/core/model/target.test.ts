import { describe, expect, it } from 'vitest';
import { Labels } from '../../../src/core/model/labels.ts';
import { resolveTarget, type ScoreSpace, scoreOf } from '../../../src/core/model/target.ts';

const scores = { name: 'logits', dtype: 'float32', dims: [5] } as const;
const labels = ['tench, Tinca tinca', 'tabby, tabby cat', 'tiger cat', 'crane', 'crane'];
const space: ScoreSpace = { scores, size: 5, labels: new Labels(labels) };
/** Background first, as 1001-class models have it. */
const shifted: ScoreSpace = { scores: { ...scores, dims: [6] }, size: 6, labels: new Labels(labels, 1) };

describe('a target', () => {
  it.each([
    [2, 2],
    ['2', 2],
    ['tiger cat', 2],
    ['TABBY CAT', 1],
    [' tabby ', 1],
    ['tench, Tinca tinca', 0],
  ])('%j is one class', (request, index) => {
    expect(resolveTarget(request, space)).toEqual({ index, label: labels[index], weights: [{ index, weight: 1 }] });
  });

  it('counts classes as the labels do when the model has a background class in front', () => {
    expect(resolveTarget('tabby', shifted)).toEqual({
      index: 1,
      label: 'tabby, tabby cat',
      weights: [{ index: 2, weight: 1 }],
    });
    expect(resolveTarget(1, shifted).weights).toEqual([{ index: 2, weight: 1 }]);
    expect(resolveTarget(-1, shifted)).toEqual({ index: -1, weights: [{ index: 0, weight: 1 }] });
  });

  it('is a margin, a sum of some or of all, or any weighting', () => {
    expect(resolveTarget('tabby - tiger cat', space).weights).toEqual([
      { index: 1, weight: 1 },
      { index: 2, weight: -1 },
    ]);
    expect(resolveTarget('0 + 1 - 4', space).weights.map(({ weight }) => weight)).toEqual([1, 1, -1]);
    expect(scoreOf(resolveTarget('sum', space), [1, 2, 3, 4, 5])).toBe(15);
    expect(scoreOf(resolveTarget({ weights: [{ index: 3, weight: 0.5 }] }, space), [1, 2, 3, 4, 5])).toBe(2);
  });

  it.each([
    [5, 'There is no class 5: the model has the classes 0 to 4.'],
    [-1, 'There is no class -1'],
    [1.5, 'There is no class 1.5'],
    ['tabbi', 'Did you mean "tabby"'],
    ['zzzzzzzzzzzzzz', 'or an index from 0 to 4'],
    ['tabby - xyz', 'no class named "xyz"'],
    ['crane', '"crane" names the classes 3 and 4: give the index.'],
    [{ weights: [] }, 'no weights'],
    [{ weights: [{ index: 7, weight: 1 }] }, 'elements 0 to 4'],
  ])('%j is refused', (request, message) => {
    expect(() => resolveTarget(request, space)).toThrow(
      expect.objectContaining({ code: 'label_not_found', message: expect.stringContaining(message) }),
    );
  });

  it('needs an index when there are no labels', () => {
    expect(resolveTarget('3', { scores, size: 5 })).toEqual({ index: 3, weights: [{ index: 3, weight: 1 }] });
    expect(() => resolveTarget('cat', { scores, size: 5 })).toThrow(
      'comes without class names: give an index from 0 to 4',
    );
  });
});
