/** A task of a third party over HTTP. */
import { describe, expect, it } from 'vitest';
import * as configured from '#worker-plugins';
import type { Task } from '../../../src/core/task/task.ts';
import { workerServices } from '../../../src/edge/workerd/worker-module.ts';
import { appWith, bindings, outputsOf, tensorRequest } from '../../support/app.ts';

/** Counts the scores above zero. */
const counting: Task = {
  apiVersion: 1,
  id: 'counting',
  about: { title: 'Counting', summary: 'The number of scores above zero.' },
  recognise: () => 0,
  read: (outputs) => [
    { label: 'count', score: Object.values(outputs)[0]?.data.filter((value) => value > 0).length ?? 0 },
  ],
  target: (_choice, outputs) => ({ output: Object.keys(outputs)[0] ?? '', weights: [{ index: 0, weight: 1 }] }),
};

const tasks = [...(configured.tasks ?? []), counting];
const ask = appWith(workerServices(bindings, { ...configured, tasks }));
const explain = (parameters: object): Promise<Response> =>
  ask('/v2/models/cifar10/explain', tensorRequest({ method: 'saliency', target: 3, ...parameters }));

describe('a task of a third party over HTTP', () => {
  it('reads the predictions where the request names it', async () => {
    const response = await explain({ task: 'counting' });
    expect(response.status).toBe(200);
    const { predictions } = await outputsOf(response);
    expect(JSON.parse(String(predictions?.data[0]))).toEqual([{ label: 'count', score: expect.any(Number) }]);
  });

  it('is suggested for a misspelt name', async () => {
    const response = await explain({ task: 'countin' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('Did you mean counting') });
  });
});
