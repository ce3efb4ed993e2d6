/** A method that does next to nothing, with the parts that a test is about replaced. */
import * as z from 'zod';
import type { Method } from '../../src/core/method/contract.ts';
import { defineMethod } from '../../src/core/method/define.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';

export function method(parts: Partial<Method>): Method {
  return defineMethod({
    apiVersion: 1,
    id: 'trial',
    strategy: 'perturbation',
    revision: 1,
    about: {
      title: 'Trial',
      summary: 'For tests.',
      properties: { signed: true, complete: false, deterministic: true, classDiscriminative: false },
    },
    params: z.object({}),
    needs: () => ({}),
    cost: () => ({ forwards: 3, backwards: 0 }),
    explain: async () => ({ values: { x: float32([1, 5]) } }),
    ...parts,
  } as Method);
}
