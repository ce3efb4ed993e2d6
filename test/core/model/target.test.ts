import { describe, expect, it } from 'vitest';
import { Labels } from '../../../src/core/model/labels.ts';
import { denseLayout, type ScoreSpace } from '../../../src/core/model/score-space.ts';
import { resolveTarget, scoreOf } from '../../../src/core/model/target.ts';

const scores = { name: 'logits', dtype: 'float32', dims: [5] } as const;
const labels = ['tench, Tinca tinca', 'tabby, tabby cat', 'tiger cat', 'crane', 'crane'];
const space: ScoreSpace = { scores, size: 5, labels: new Labels(labels) };
/** Background first, as 1001-class models have it. */
const shifted: ScoreSpace = { scores: { ...scores, dims: [6] }, size: 6, labels: new Labels(labels, 1) };

describe('parsing of a target', () => {
  it.each([
    [2, 2],
    ['2', 2],
    ['tiger cat', 2],
    ['TABBY CAT', 1],
    [' tabby ', 1],
    ['tench, Tinca tinca', 0],
  ])('reads %j as one class', (request, index) => {
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

  it('reads margins, sums and weighted classes', () => {
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
  ])('refuses %j', (request, message) => {
    expect(() => resolveTarget(request, space)).toThrow(
      expect.objectContaining({ code: 'label_not_found', message: expect.stringContaining(message) }),
    );
  });

  it.each(['1e400*tabby', '1e+400*tabby', '1.2.3*tabby'])('refuses the weight of %s, not its class', (request) => {
    expect(() => resolveTarget(request, space)).toThrow('is no finite number');
  });

  it('requires an index when there are no labels', () => {
    expect(resolveTarget('3', { scores, size: 5 })).toEqual({ index: 3, weights: [{ index: 3, weight: 1 }] });
    expect(() => resolveTarget('cat', { scores, size: 5 })).toThrow(
      'comes without class names: give an index from 0 to 4',
    );
  });
});

describe('a target of several weighted classes', () => {
  it.each([
    ['0.5*tabby + 2*tiger cat', { 1: 0.5, 2: 2 }],
    ['tabby - 0.25 * 0', { 1: 1, 0: -0.25 }],
    [{ weights: { tabby: 1, 'tiger cat': -1 } }, { 1: 1, 2: -1 }],
    ['{"weights": {"tabby": 3}}', { 1: 3 }],
    [{ class: 'tabby - tiger cat' }, { 1: 1, 2: -1 }],
  ])('is read from %j', (request, weights) => {
    const target = resolveTarget(request, space);
    expect(Object.fromEntries(target.weights.map(({ index, weight }) => [index, weight]))).toEqual(weights);
    expect(target.index).toBeUndefined();
    expect(target.label).toBeTruthy();
  });
});

/** 3 classes over 2 x 4 cells, as segmentation networks give them, and over 5 boxes, as detectors do. */
const segmentation: ScoreSpace = {
  scores: { name: 'map', dtype: 'float32', dims: [3, 2, 4] },
  size: 24,
  labels: new Labels(['sky', 'cat', 'dog']),
  dense: denseLayout([3, 2, 4]) as NonNullable<ScoreSpace['dense']>,
};
const detection: ScoreSpace = {
  scores: { name: 'boxes', dtype: 'float32', dims: [5, 3] },
  size: 15,
  dense: denseLayout([5, 3]) as NonNullable<ScoreSpace['dense']>,
};

describe('a target of a dense output', () => {
  const elements = (request: Parameters<typeof resolveTarget>[0], where = segmentation, row?: number[]) =>
    resolveTarget(request, where, row).weights.map(({ index, weight }) => [index, weight]);

  it('without a region is the class at every position', () => {
    expect(elements('cat')).toEqual([8, 9, 10, 11, 12, 13, 14, 15].map((index) => [index, 1]));
    expect(resolveTarget('cat', segmentation)).toMatchObject({ index: 1, label: 'cat' });
  });

  it('may be limited to a box, a mask or a position', () => {
    expect(elements({ class: 'cat', box: [1, 0, 3, 2] })).toEqual([9, 10, 13, 14].map((index) => [index, 1]));
    expect(elements({ class: 2, box: [0, 1, 1.4, 2], reduce: 'mean' })).toEqual([[20, 1]]);
    expect(elements({ class: 0, mask: [0, 0, 0, 2, 0, 0, 0, 6], reduce: 'mean' })).toEqual([
      [3, 0.25],
      [7, 0.75],
    ]);
    expect(elements({ class: 'dog', position: [1, 2] })).toEqual([[22, 1]]);
    expect(elements({ class: 'cat - dog', position: 3 })).toEqual([
      [11, 1],
      [19, -1],
    ]);
    expect(elements('{"class": "cat", "box": [0, 0, 1, 1]}')).toEqual([[8, 1]]);
  });

  it('may be a box of a detector with either axis as classes', () => {
    expect(elements({ class: 2, position: 4 }, detection)).toEqual([[14, 1]]);
    expect(elements({ class: 2, position: 1, class_axis: 0 }, detection)).toEqual([[7, 1]]);
  });

  it('may be limited to where the class is predicted', () => {
    const row = Array.from({ length: 24 }, (_, i) => (i === 9 || i === 14 ? 5 : i < 8 ? 1 : 0));
    expect(elements({ class: 'cat', mask: 'predicted' }, segmentation, row)).toEqual([
      [9, 1],
      [14, 1],
    ]);
    // Where it is nowhere, everything is looked at.
    expect(elements({ class: 'dog', mask: 'predicted' }, segmentation, row)).toHaveLength(8);
  });

  it('finds the class axis by the number of labels', () => {
    expect(denseLayout([2, 4, 3], segmentation.labels)).toMatchObject({ axis: 2, classes: 3, positions: 8 });
    expect(denseLayout([5, 1, 1])).toBeUndefined();
    const { element, place } = denseLayout([2, 4, 3], segmentation.labels) as NonNullable<ScoreSpace['dense']>;
    expect(element(1, 5)).toBe(16);
    expect(place(16)).toEqual({ output: 1, position: 5 });
  });

  it.each([
    [{ class: 3 }, 'There is no class 3: the model has the classes 0 to 2.'],
    [{ class: 'cat', position: 8 }, 'no position 8'],
    [{ class: 'cat', position: [0, 4] }, 'no position 0, 4'],
    [{ class: 'cat', box: [4, 0, 9, 2] }, 'holds no cell'],
    [{ class: 'cat', mask: [1] }, 'the mask has 1 numbers'],
    [{ class: 'cat', mask: Array(8).fill(0) }, 'the mask is empty'],
    [{ class: 'cat', box: [0, 0, 1, 1], position: 0 }, 'give one of box and position'],
    [{ box: [0, 0, 1, 1] }, 'give either class or weights'],
    [{ class: 'cat', class_axis: 3 }, 'have no axis 3'],
    ['{"class"', 'starts like JSON'],
  ])('refuses %j', (request, message) => {
    expect(() => resolveTarget(request, segmentation)).toThrow(message);
  });

  it('refuses a region when there are only classes', () => {
    expect(() => resolveTarget({ class: 1, position: 0 }, space)).toThrow('classes without positions');
  });
});
