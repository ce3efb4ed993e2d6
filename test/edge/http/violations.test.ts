import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { WhylightError } from '../../../src/core/errors.ts';
import { pointerTo, positionsIn, violationsIn, violationsOf } from '../../../src/edge/http/violations.ts';

describe('pointers into a JSON body', () => {
  it('are JSON Pointers with / and ~ escaped', () => {
    expect(pointerTo([])).toBe('#');
    expect(pointerTo(['a/b~c', 0])).toBe('#/a~1b~0c/0');
  });

  it('name each schema violation and each unknown key', () => {
    const { error } = z.strictObject({ limits: z.strictObject({ samples: z.int() }) }).safeParse({
      limits: { samples: 0.5, a: 1, b: 2 },
      c: 3,
    });
    const pointers = violationsOf(error?.issues ?? []).map(({ pointer }) => pointer);
    expect(pointers.sort()).toEqual(['#/c', '#/limits/a', '#/limits/b', '#/limits/samples']);
  });
});

describe('violationsIn', () => {
  const places = positionsIn({ method: 'saliency', n_steps: 0 }, ['x', 'y']);
  const wrong = (code: 'invalid_request' | 'invalid_tensor', details: object) =>
    violationsIn(new WhylightError(code, 'No.', { ...details }), places);

  it('points to a parameter in the body, or names it when it came elsewhere', () => {
    const issues = ['n_steps', 'seed'].map((parameter) => ({ parameter, message: 'too many' }));
    expect(wrong('invalid_request', { issues })).toEqual([
      { detail: 'too many', pointer: '#/parameters/n_steps' },
      { detail: 'too many', parameter: 'seed' },
    ]);
  });

  it('points to the input named, or to all inputs when there is none of that name', () => {
    expect(wrong('invalid_tensor', { input: 'y' })).toEqual([{ detail: 'No.', pointer: '#/inputs/1' }]);
    expect(wrong('invalid_tensor', { input: 'z' })).toEqual([{ detail: 'No.', pointer: '#/inputs' }]);
  });

  it('lists nothing when there is no JSON body', () => {
    const error = new WhylightError('invalid_tensor', 'No.', { input: 'y' });
    expect(violationsIn(error, undefined)).toEqual([]);
  });
});
