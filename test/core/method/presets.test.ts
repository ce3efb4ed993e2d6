import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { plugins } from '#plugins';
import { WhylightError } from '../../../src/core/errors.ts';
import { API_VERSION, type Method, PRESETS } from '../../../src/core/method/contract.ts';
import { checkMethod, defineMethod } from '../../../src/core/method/define.ts';
import { parseParams } from '../../../src/core/method/params.ts';
import { methodsWithPreset } from '../../../src/core/method/presets.ts';

const define = (id: string, changes: object = {}): Method =>
  defineMethod({
    apiVersion: API_VERSION,
    id,
    strategy: 'gradient',
    revision: 1,
    about: {
      title: 'A method',
      summary: 'Does something.',
      modalities: ['image'],
      properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    },
    presets: { captum: { n_steps: 5, rule: 'right' }, pair: {} },
    params: z.object({
      n_steps: z.int().min(1).max(100).default(50).describe('Steps.'),
      rule: z.enum(['left', 'right']).default('left').describe('Rule.'),
    }),
    needs: () => ({}),
    cost: () => ({ forwards: 1, backwards: 0 }),
    explain: async () => ({ values: {} }),
    ...changes,
  } as Method);

const issuesOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    if (WhylightError.is(error)) return { code: error.code, issues: error.details.issues };
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('a preset of a method', () => {
  const method = define('some_method');

  it('overrides defaults, and is overridden by given parameters', () => {
    expect(parseParams(method, { preset: 'captum' })).toEqual({ n_steps: 5, rule: 'right' });
    expect(parseParams(method, { preset: 'captum', n_steps: '7' })).toEqual({ n_steps: 7, rule: 'right' });
    expect(parseParams(method, { preset: 'pair' })).toEqual({ n_steps: 50, rule: 'left' });
  });

  it('overrides the defaults of an operator, but not pinned values', () => {
    const rules = { defaults: { n_steps: 10 }, pinned: { rule: 'left' } };
    expect(parseParams(method, { preset: 'captum' }, rules)).toEqual({ n_steps: 5, rule: 'left' });
    expect(() => parseParams(method, { preset: 'captum' }, { limits: { n_steps: 4 } })).toThrow('at most 4 here');
  });

  it('gives the same parameters as when they are written out', () => {
    expect(parseParams(method, { preset: 'captum' })).toEqual(parseParams(method, { n_steps: 5, rule: 'right' }));
  });

  it('is refused with the available ones when the method lacks it', () => {
    expect(issuesOf(() => parseParams(method, { preset: 'zennit' }))).toEqual({
      code: 'invalid_request',
      issues: [{ parameter: 'preset', message: 'some_method has the presets captum, pair, but "zennit" was given.' }],
    });
    expect(() => parseParams(method, { preset: 'tf' })).toThrow('There is no preset "tf"; there are captum,');
    expect(() => parseParams(define('plain', { presets: undefined }), { preset: 'captum' })).toThrow('has no presets');
  });
});

describe('a preset for several methods', () => {
  const some = [define('one'), define('two', { presets: { zennit: {} } })];

  it('applies to the methods that have it', () => {
    expect([...methodsWithPreset(some, 'captum')]).toEqual(['one']);
  });

  it('is refused when no method has it', () => {
    expect(() => methodsWithPreset(some, 'xplique')).toThrow(
      'None of the methods has the preset "xplique": one has captum, pair; two has zennit.',
    );
  });
});

describe('defineMethod with presets', () => {
  it.each([
    ['a library that is none', { presets: { other: {} } }, 'preset other must be one of captum'],
    ['a parameter that is none', { presets: { captum: { sigma: 1 } } }, 'preset captum sets sigma'],
    ['a value outside its range', { presets: { pair: { n_steps: 0 } } }, 'preset pair: n_steps must be an integer'],
    [
      'a parameter of its name',
      { presets: {}, params: z.object({ preset: z.string().default('').describe('Mine.') }) },
      'parameter preset must have another name',
    ],
  ])('refuses %s', (_, changes, message) => {
    expect(() => checkMethod(define('some_method', changes))).toThrow(message);
  });
});

describe('the presets of the built-in methods', () => {
  const presets = plugins.flatMap(({ method }) =>
    Object.keys(method.presets ?? {}).map((preset) => [method as Method, preset] as const),
  );

  it('cover each reference library', () => {
    expect(new Set(presets.map(([, preset]) => preset))).toEqual(new Set(PRESETS));
  });

  it.each(presets.map(([method, preset]) => [method.id, preset, method] as const))(
    'parse %s with %s',
    (_, preset, method) => {
      expect(parseParams(method, { preset })).toMatchObject(method.presets?.[preset as 'captum'] as object);
    },
  );
});
