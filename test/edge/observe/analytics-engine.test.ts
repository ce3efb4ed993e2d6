import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { analyticsEngineMetrics } from '../../../src/edge/observe/analytics-engine.ts';

/** Contents of each column as docs/operate.md states them. */
const documented = Object.fromEntries(
  [...readFileSync('docs/operate.md', 'utf8').matchAll(/^\| `((?:index|blob|double)\d+)` \| (.*?)[ ,:|]/gm)].map(
    ([, column, what]) => [column, what],
  ),
);

it('analyticsEngine writes the columns of docs/operate.md in order', () => {
  const points: { indexes: string[]; blobs: string[]; doubles: number[] }[] = [];
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
  const columns = points.flatMap(({ indexes, blobs, doubles }) =>
    Object.entries({ index: indexes, blob: blobs, double: doubles }).flatMap(([kind, values]) =>
      values.map((_, i) => `${kind}${i + 1}`),
    ),
  );
  const [tenant, verb, route, status, code, model, method, cache] = columns.map((column) => documented[column]);
  expect(Object.keys(documented)).toEqual(columns);
  expect([tenant, verb, route, status, code, model, method, cache]).toEqual([
    'tenant',
    'verb',
    'route',
    'status',
    'code',
    'model',
    'method',
    'cache',
  ]);
});
