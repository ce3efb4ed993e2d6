/** The clock of a Worker stands still while code runs, so that a compilation ends there by the work that it counts. */
import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/core/autodiff/compile.ts';
import { ISOLATE_LIMITS } from '../../../src/core/limits.ts';
import { recurrent } from '../../support/recurrent.ts';

const request = { scores: 'scores', gradients: ['x'] };

describe('compile in workerd', () => {
  it('ends by the limit of work', () => {
    const limits = { ...ISOLATE_LIMITS.compilation, work: 20_000 };
    expect(() => compile(recurrent(200), { ...request, limits })).toThrow(
      expect.objectContaining({
        code: 'compilation_limit',
        details: expect.objectContaining({ limit: 'work', allowed: 20_000 }),
      }),
    );
  });

  it('compiles the gradient of 200 steps within the limits of an isolate', () => {
    const { outputs } = compile(recurrent(200), { ...request, limits: ISOLATE_LIMITS.compilation });
    expect(outputs).toHaveLength(2);
  });
});
