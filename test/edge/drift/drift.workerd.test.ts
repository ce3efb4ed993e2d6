import { expect, it } from 'vitest';
import type { DriftFacts } from '../../../src/edge/drift/sink.ts';
import { analyticsEngineDrift } from '../../../src/edge/drift/sink.ts';
import type { Dataset } from '../../../src/edge/observe/analytics-engine.ts';
import { appWith, bindings, tensorRequest } from '../../support/app.ts';

const explain = '/v2/models/cifar10/explain';

it('counts the shares of an answer, and of the same answer from the cache, in the sample', async () => {
  const counted: DriftFacts[] = [];
  const ask = appWith({ drift: { rate: 1, add: (facts) => void counted.push(facts) } });
  const request = tensorRequest({ method: 'saliency', seed: 9001 });
  for (let i = 0; i < 2; i++) expect((await ask(explain, request)).status).toBe(200);
  expect(counted).toHaveLength(2);
  expect(counted[0]).toEqual(counted[1]);
  expect(counted[0]).toMatchObject({ model: 'cifar10', method: 'saliency', label: expect.stringMatching(/^[a-z]+$/) });
  const sum = Object.values(counted[0]?.shares ?? {}).reduce((a, b) => a + b, 0);
  expect(sum).toBeCloseTo(1);
});

it('counts nothing outside the sample', async () => {
  const counted: DriftFacts[] = [];
  const ask = appWith({ drift: { rate: 0, add: (facts) => void counted.push(facts) } });
  expect((await ask(explain, tensorRequest({ method: 'saliency', seed: 9002 }))).status).toBe(200);
  expect(counted).toEqual([]);
});

it('writes to the binding of Analytics Engine of the Worker', async () => {
  const dataset = bindings.DRIFT as Dataset;
  let written = 0;
  const counting: Dataset = {
    writeDataPoint(point) {
      dataset.writeDataPoint(point);
      written += 1;
    },
  };
  const ask = appWith({ drift: analyticsEngineDrift(counting, 1) });
  expect((await ask(explain, tensorRequest({ method: 'saliency', seed: 9003 }))).status).toBe(200);
  expect(written).toBe(9);
});
