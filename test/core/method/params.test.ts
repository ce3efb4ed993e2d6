import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Method } from '../../../src/core/method/contract.ts';
import { checkMethod, defineMethod } from '../../../src/core/method/define.ts';
import { parseParams } from '../../../src/core/method/params.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';

const params = z.object({
  n_steps: z.int().min(1).max(1000).default(50).describe('Steps.'),
  sigma: z.number().positive().default(0.5).describe('Deviation.'),
  absolute: z.boolean().default(false).describe('Absolute values.'),
  rule: z.enum(['left', 'right']).default('left').describe('Rule.'),
  window: z.array(z.int().min(1)).max(3).default([]).describe('Window.'),
  baseline: z
    .union([z.number(), z.enum(['mean'])])
    .default(0)
    .describe('Baseline.'),
});

const define = (changes: Partial<Method> = {}): Method =>
  defineMethod({
    apiVersion: 1,
    id: 'some_method',
    strategy: 'gradient',
    revision: 1,
    about: {
      title: 'Some method',
      summary: 'Does something.',
      modalities: ['image'],
      properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    },
    params,
    needs: () => ({}),
    cost: () => ({ forwards: 1, backwards: 0 }),
    explain: async () => ({ values: {} }),
    ...changes,
  } as Method);

describe('parameters of a method', () => {
  const method = define();

  it('have defaults', () => {
    expect(parseParams(method)).toEqual({
      n_steps: 50,
      sigma: 0.5,
      absolute: false,
      rule: 'left',
      window: [],
      baseline: 0,
    });
  });

  it('are parsed from query strings', () => {
    const raw = { n_steps: '20', sigma: '1e-3', absolute: 'true', window: '3,8, 8', baseline: '-1.5', rule: 'right' };
    expect(parseParams(method, raw)).toEqual({
      n_steps: 20,
      sigma: 0.001,
      absolute: true,
      rule: 'right',
      window: [3, 8, 8],
      baseline: -1.5,
    });
    expect(parseParams(method, { window: '[4]', baseline: 'mean' })).toMatchObject({ window: [4], baseline: 'mean' });
  });

  it.each([
    [{ n_steps: 5000 }, 'Parameter "n_steps" of some_method must be an integer from 1 to 1000, but 5000 was given.'],
    [{ n_steps: 'many' }, 'must be an integer from 1 to 1000, but "many" was given'],
    [{ n_steps: 1.5 }, 'must be an integer from 1 to 1000'],
    [{ sigma: 0 }, 'must be a number above 0, but 0 was given'],
    [{ rule: 'middle' }, 'must be one of left, right, but "middle" was given'],
    [{ absolute: 'yes' }, 'must be true or false'],
    [{ window: [1, 2, 3, 4] }, 'must be a list of at most 3, each item an integer at least 1'],
    [{ baseline: 'blur' }, 'must be a number, or one of mean'],
    [{ nsteps: 3 }, 'some_method has no parameter "nsteps". Did you mean n_steps?'],
  ])('refuse %j', (raw, message) => {
    expect(() => parseParams(method, raw)).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(message) }),
    );
  });

  it('accept a single number for a list of one', () => {
    expect(parseParams(method, { window: 8, baseline: 0.5 })).toMatchObject({ window: [8], baseline: 0.5 });
    expect(() => parseParams(method, { n_steps: 2.5 })).toThrow(/n_steps/);
    expect(() => parseParams(method, { window: 0 })).toThrow(/window/);
  });

  it('report every issue at once', () => {
    try {
      parseParams(method, { n_steps: 0, rule: 'up', more: 1 });
      expect.unreachable();
    } catch (error) {
      const { issues } = (error as { details: { issues: { parameter: string }[] } }).details;
      expect(issues.map(({ parameter }) => parameter).sort()).toEqual(['more', 'n_steps', 'rule']);
    }
  });

  it('respect the defaults and limits of the operator', () => {
    const rules = { defaults: { n_steps: 10 }, limits: { n_steps: 30, window: 16 } };
    expect(parseParams(method, {}, rules)).toMatchObject({ n_steps: 10 });
    expect(() => parseParams(method, { n_steps: 31 }, rules)).toThrow('may be at most 30 here');
    expect(() => parseParams(method, { window: [8, 17] }, rules)).toThrow('may be at most 16 here');
  });
});

describe('defineMethod', () => {
  it.each([
    [{ id: 'Grad-CAM' }, 'id must be snake_case'],
    [{ strategy: 'magic' as 'gradient' }, 'strategy must be one of'],
    [{ revision: 0 }, 'revision must be 1 or more'],
    [{ cost: undefined as unknown as Method['cost'] }, 'cost must be a function'],
    [{ params: z.object({ n: z.int().default(1) }) }, 'parameter n needs a description'],
    [{ params: z.object({ n: z.int().describe('N.') }) }, 'parameter n needs a default'],
    [{ params: z.object({ nSteps: z.int().default(1).describe('N.') }) }, 'parameter nSteps must be snake_case'],
    [
      { params: z.object({ n: z.object({}).default({}).describe('N.') }) },
      'must be a scalar, an enum or a short array',
    ],
    [{ apiVersion: 2 as 1 }, 'is written for version 2 of the plugin contract, this is version 1'],
  ])('refuses a definition with %j', (changes, message) => {
    expect(() => checkMethod(define(changes))).toThrow(
      expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining(message) }),
    );
  });

  it('freezes the definition', () => {
    expect(Object.isFrozen(define())).toBe(true);
  });
});

describe('MethodRegistry', () => {
  it('accepts entries that were checked before', () => {
    const broken = { method: define({ revision: 0 }) };
    expect(() => new MethodRegistry([broken])).toThrow('revision must be 1 or more');
    expect(new MethodRegistry([broken], { checked: true }).has('some_method')).toBe(true);
  });

  it('finds methods by id, and suggests the nearest for an unknown one', () => {
    const registry = new MethodRegistry([
      { method: define({ id: 'grad_cam' }) },
      { method: define({ id: 'saliency' }) },
    ]);
    expect(registry.ids).toEqual(['grad_cam', 'saliency']);
    expect(registry.get('saliency').method.id).toBe('saliency');
    expect(() => registry.get('gradcam')).toThrow(
      expect.objectContaining({ code: 'method_not_found', message: expect.stringContaining('Did you mean grad_cam?') }),
    );
  });

  it.each([
    [[{ method: define() }, { method: define() }], 'Two plugins have the id "some_method"'],
    [[{ method: {} as Method }], 'plugin contract'],
    [[{ method: define(), defaults: { n_steps: 0 } }], 'must be an integer from 1 to 1000'],
    [[{ method: define(), limits: { steps: 3 } }], 'has no parameter "steps" to limit'],
  ])('refuses invalid entries (%#)', (entries, message) => {
    expect(() => new MethodRegistry(entries)).toThrow(
      expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining(message) }),
    );
  });
});
