import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { WhylightError } from '../../../src/core/errors.ts';
import { largestThatFit } from '../../../src/core/plan/fit.ts';
import { method } from '../../support/trial-method.ts';

const trial = method({
  params: z.object({
    samples: z.int().min(2).max(500).default(100).describe('A.'),
    steps: z.int().min(1).default(10).describe('B.'),
    share: z.number().default(0.5).describe('C.'),
  }),
});
const params = { samples: 100, steps: 10, share: 0.5 };
const cost = (p: Readonly<Record<string, unknown>>): number => (p.samples as number) * (p.steps as number);

describe('largestThatFit', () => {
  it('returns the largest value of each parameter that helps', () => {
    expect(largestThatFit(trial, params, (p) => cost(p) <= 333)).toEqual({ samples: 33, steps: 3 });
  });

  it('omits parameters that do not help enough', () => {
    expect(largestThatFit(trial, params, (p) => cost(p) <= 50)).toEqual({ samples: 5 });
    expect(largestThatFit(trial, params, () => false)).toEqual({});
  });

  it('treats an error as a value that does not fit', () => {
    const refusing = (p: Readonly<Record<string, unknown>>): boolean => {
      if ((p.samples as number) > 40) throw new WhylightError('invalid_request', 'At most 40 here.');
      return true;
    };
    expect(largestThatFit(trial, params, refusing)).toEqual({ samples: 40 });
  });
});
