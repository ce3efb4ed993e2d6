import { expect, it } from 'vitest';
import { analyticsEngineMetrics } from '../../../src/edge/observe/analytics-engine.ts';

it('writes the columns that docs/operate.md names, in that order', () => {
  const points: unknown[] = [];
  analyticsEngineMetrics({ writeDataPoint: (point) => void points.push(point) }).count({
    verb: 'POST',
    route: '/v2/models/:model/explain',
    status: 200,
    code: '',
    tenant: 'a'.repeat(200),
    model: 'cifar10',
    method: 'saliency',
    cache: 'hit',
    ms: 2.5,
    samples: 0,
  });
  expect(points).toEqual([
    {
      indexes: ['a'.repeat(96)],
      blobs: ['POST', '/v2/models/:model/explain', '200', '', 'cifar10', 'saliency', 'hit'],
      doubles: [2.5, 0],
    },
  ]);
});
