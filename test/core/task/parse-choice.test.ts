import { describe, expect, it } from 'vitest';
import { parseChoice } from '../../../src/core/task/parse-choice.ts';

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
