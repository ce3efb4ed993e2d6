import { expect, it } from 'vitest';
import { definePerturbation } from '../../../../src/core/strategy/perturbation/define-perturbation.ts';
import { float32 } from '../../../../src/core/tensor/tensor.ts';
import { openGraph, vectorGraph } from '../../../../src/testing/models.ts';
import { explainerOf } from '../../../support/classifiers.ts';

it('definePerturbation shows the explained row to masks', async () => {
  const seen: number[][] = [];
  const method = definePerturbation({
    id: 'hides_negative',
    revision: 1,
    about: {
      title: 'Hides what is negative',
      summary: 'For tests.',
      properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    },
    samples: 2,
    mask: (weights, { inputs }) => {
      const data = [...(inputs.x?.data ?? [])].map(Number);
      seen.push(data);
      weights.set(data.map((value) => (value < 0 ? 0 : 1)));
    },
    fold: (values, { weights }) => values.set(weights),
  });
  const x = float32([1, 5], [1, -2, 3, -4, 5]);
  const { rows } = await explainerOf([method]).explain(await openGraph(vectorGraph()), {
    method: method.id,
    inputs: { x },
  });
  expect(seen[0]).toEqual([1, -2, 3, -4, 5]);
  expect([...(rows[0]?.values.x?.data ?? [])]).toEqual([1, 0, 1, 0, 1]);
});
