import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { WhylightError } from '../../../src/core/errors.ts';
import { pointerTo, positionsIn, violationsIn, violationsOf } from '../../../src/edge/http/violations.ts';

describe('a place in a JSON body', () => {
  it('is a JSON Pointer', () => {
    expect(pointerTo([])).toBe('#');
    expect(pointerTo(['a/b~c', 0])).toBe('#/a~1b~0c/0');
  });

  it('of what a schema finds is that of each mistake, and of each key that is not known', () => {
    const { error } = z.strictObject({ limits: z.strictObject({ samples: z.int() }) }).safeParse({
      limits: { samples: 0.5, a: 1, b: 2 },
      c: 3,
    });
    const pointers = violationsOf(error?.issues ?? []).map(({ pointer }) => pointer);
    expect(pointers.sort()).toEqual(['#/c', '#/limits/a', '#/limits/b', '#/limits/samples']);
  });
});

describe('what an error says is wrong', () => {
  const places = positionsIn({ method: 'saliency', n_steps: 0 }, ['x', 'y']);
  const wrong = (code: 'invalid_request' | 'invalid_tensor', details: object) =>
    violationsIn(new WhylightError(code, 'No.', { ...details }), places);

  it('is a parameter: in the body where it came there, else by its name', () => {
    const issues = ['n_steps', 'seed'].map((parameter) => ({ parameter, message: 'too many' }));
    expect(wrong('invalid_request', { issues })).toEqual([
      { detail: 'too many', pointer: '#/parameters/n_steps' },
      { detail: 'too many', parameter: 'seed' },
    ]);
  });

  it('is an input, or that there is none', () => {
    expect(wrong('invalid_tensor', { input: 'y' })).toEqual([{ detail: 'No.', pointer: '#/inputs/1' }]);
    expect(wrong('invalid_tensor', { input: 'z' })).toEqual([{ detail: 'No.', pointer: '#/inputs' }]);
  });

  it('has no place where there is no such body', () => {
    const error = new WhylightError('invalid_tensor', 'No.', { input: 'y' });
    expect(violationsIn(error, undefined)).toEqual([]);
  });
});
