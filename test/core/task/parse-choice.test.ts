import { describe, expect, it } from 'vitest';
import { isPlaced, parseChoice, parseTarget } from '../../../src/core/task/parse-choice.ts';

describe('parseTarget', () => {
  it.each([
    ['box:2/keypoint:5', { choice: { prediction: 2 }, keypoint: 5 }],
    ['person/keypoint:left eye', { choice: { label: 'person' }, keypoint: 'left eye' }],
    ['point:1,2/keypoint:0', { choice: { point: [1, 2] }, keypoint: 0 }],
  ])('reads the key point of %j', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
    expect(isPlaced(text)).toBe(true);
  });

  it.each([
    ['box:2', { choice: { prediction: 2 } }],
    ['n/a', { choice: { label: 'n/a' } }],
    [undefined, { choice: { prediction: 0 } }],
  ])('reads %j as a choice without a key point', (text, expected) => expect(parseTarget(text)).toEqual(expected));
});

describe('parseChoice', () => {
  it.each([
    [undefined, { prediction: 0 }],
    ['box:2', { prediction: 2 }],
    ['Box: 10, 20.5,90,80', { box: [10, 20.5, 90, 80] }],
    ['point:120,80', { point: [120, 80] }],
    ['17', { class: 17 }],
    ['hot dog', { label: 'hot dog' }],
    ['box', { label: 'box' }],
  ])('reads %j', (text, expected) => expect(parseChoice(text)).toEqual(expected));

  it.each(['box:', 'box:1,2', 'box:-1', 'box:1.5', 'point:1', 'point:1,x', 'prediction:1,2,3,4'])(
    'refuses %j',
    (text) => {
      expect(() => parseChoice(text)).toThrow('is not understood: write box:2');
    },
  );
});
