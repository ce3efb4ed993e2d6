/** Needs and cost of a method are asked once for the same parameters, model and tenant. */
import { expect, it } from 'vitest';
import type { Method, MethodSource } from '../../../src/core/method/contract.ts';
import { float32, z } from '../../../src/package/plugin.ts';
import { openGraph, vector, vectorGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { method as trialMethod } from '../../support/trial-method.ts';

/** A method that counts how often it is asked. */
function counting(): { method: Method; asked: { needs: number; cost: number } } {
  const asked = { needs: 0, cost: 0 };
  const method = trialMethod({
    id: 'counting',
    params: z.object({ rows: z.int().default(1).describe('Number of rows.') }),
    needs() {
      asked.needs += 1;
      if (asked.needs === 1) throw new Error('not yet');
      return {};
    },
    cost({ rows }) {
      asked.cost += 1;
      return { forwards: Number(rows), backwards: 0 };
    },
    explain: async () => ({ values: { x: float32([1, 5], [1, 2, 3, 4, 5]) } }),
  });
  return { method: method as Method, asked };
}

it('asks again for other parameters, other rights and after an error, and not otherwise', async () => {
  const { method, asked } = counting();
  const explainer = explainerOf([method]);
  const model = await openGraph(vectorGraph());
  const plan = (rows: number, methods: MethodSource = explainer.methods) =>
    explainer.plan(model, { method: 'counting', params: { rows }, inputs: { x: vector() } }, { methods });
  expect(() => plan(1)).toThrow();
  for (let i = 0; i < 5; i++) expect(plan(1).cost.forwards).toBe(1);
  expect(asked).toEqual({ needs: 2, cost: 1 });
  expect(plan(3).cost.forwards).toBe(3);
  expect(asked).toEqual({ needs: 3, cost: 2 });
  // The rights of another tenant may give a wrapper other methods.
  plan(3, { bind: (id, params) => explainer.methods.bind(id, params) });
  expect(asked).toEqual({ needs: 4, cost: 3 });
});
