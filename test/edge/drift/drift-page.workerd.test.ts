/** The curves of attribution drift, from real answers to the page. */
import { describe, expect, it } from 'vitest';
import { historyDrift, KEPT_DAYS } from '../../../src/edge/drift/history.ts';
import { durableDrift } from '../../../src/edge/workerd/durable-drift.ts';
import { bindings, tensorRequest } from '../../support/app.ts';
import { keyOf, request, tenantApp } from '../../support/tenants.ts';

const DAY = 86_400_000;
const objects = bindings.DRIFT_HISTORY as DurableObjectNamespace;
/** Objects of this file: other tests, whose answers are counted as well, share the names of models. */
const own = {
  idFromName: (name: string) => objects.idFromName(`drift-page/${name}`),
  get: (id: DurableObjectId) => objects.get(id),
} as DurableObjectNamespace;
const history = durableDrift(own);
const base = {
  ops: { operator: true, keys: [await keyOf('drift-ops', ['predict', 'explain', 'admin'])] },
  acme: { keys: [await keyOf('drift-acme', ['admin'])] },
};
let now = Date.now();
const ask = tenantApp(base, {
  replaced: { drift: historyDrift(history, 1, () => now), driftHistory: history },
});

/** Four rows whose pixels are zero but in one corner, so that only that corner has attribution. */
function corner(name: 'top left' | 'bottom right', seed: number): number[] {
  const [from, to] = name === 'top left' ? [0, 10] : [22, 32];
  return Array.from({ length: 4 * 3072 }, (_, i) => {
    const [x, y] = [i % 32, Math.floor(i / 32) % 32];
    return x >= from && x < to && y >= from && y < to ? Math.sin(i * (seed + 1)) : 0;
  });
}

async function traffic(name: 'top left' | 'bottom right', seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) {
    const question = tensorRequest({ method: 'input_x_gradient', target: 'cat' }, corner(name, seed), [4, 3, 32, 32]);
    const headers = { ...question.headers, 'X-Api-Key': 'drift-ops' };
    expect((await ask('/v2/models/cifar10/explain', { ...question, headers })).status).toBe(200);
  }
}

const page = (key: string, query: string, accept = 'application/json') =>
  ask(`/admin/drift?${query}`, request('GET', key, undefined, { Accept: accept }));

describe('GET /admin/drift', () => {
  it('shows that the attribution moves when the traffic changes', async () => {
    now = Date.now() - 3 * DAY;
    await traffic('top left', [1, 2, 3]);
    now = Date.now() - 2 * DAY;
    await traffic('top left', [4, 5, 6]);
    const before = await (await page('drift-ops', 'model=cifar10')).json();
    expect(before).toMatchObject({ curves: [{ class: 'cat', method: 'input_x_gradient', rows: 24 }] });
    now = Date.now();
    await traffic('bottom right', [7, 8, 9, 10, 11]);
    const { curves } = (await (await page('drift-ops', 'model=cifar10')).json()) as {
      curves: { rows: number; change: number; points: { rows: number; shares: Record<string, number> }[] }[];
    };
    expect(curves).toHaveLength(1);
    const [{ rows, change, points }] = curves as [(typeof curves)[number]];
    expect([rows, change]).toEqual([44, 1]);
    expect(points.map((point) => [point.rows, point.shares['top left'], point.shares['bottom right']])).toEqual([
      [12, 1, 0],
      [12, 1, 0],
      [20, 0, 1],
    ]);
  });

  it('is a page that loads and runs nothing', async () => {
    const response = await page('drift-ops', 'model=cifar10&days=7', 'text/html');
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    const html = await response.text();
    expect(html).toContain('The last day differs from the days before by 1.00');
    expect(html).toMatch(/<polyline class="curve" points="[\d., ]+" stroke="#1f77d0"/);
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });

  it('says that there is nothing for a model without traffic', async () => {
    expect(await (await page('drift-ops', 'model=penguins', 'text/html')).text()).toContain('Nothing was counted');
  });

  it('names the model in HTML without markup', async () => {
    const html = await (await page('drift-ops', 'model=%3Cscript%3E', 'text/html')).text();
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain('<script');
  });

  it.each([
    ['drift-acme', 'model=cifar10', 403],
    ['nobody', 'model=cifar10', 401],
    ['drift-ops', '', 400],
    ['drift-ops', 'model=cifar10&days=0', 400],
    ['drift-ops', 'model=cifar10&days=x', 400],
  ])('answers %s asking for "%s" with %s', async (key, query, status) => {
    expect((await page(key, query)).status).toBe(status);
  });

  it('names the parameter of the query that is wrong', async () => {
    const response = await page('drift-ops', 'model=cifar10&days=99');
    expect(await response.json()).toMatchObject({ status: 400, errors: [{ parameter: 'days' }] });
  });

  it('keeps shares for weeks and then removes them', async () => {
    const facts = { model: 'kept', version: '1', method: 'saliency', label: 'a', shares: { left: 1 } };
    await history.add(facts, 1000);
    await history.add(facts, 1000 + 24 * KEPT_DAYS);
    expect(await history.curves({ model: 'kept', since: 0, step: 1, max: 5 })).toMatchObject([{ rows: 2 }]);
    await history.add(facts, 1001 + 24 * KEPT_DAYS);
    const [curve] = await history.curves({ model: 'kept', since: 0, step: 1, max: 5 });
    expect(curve?.points.map(({ hour }) => hour)).toEqual([1000 + 24 * KEPT_DAYS, 1001 + 24 * KEPT_DAYS]);
  });
});
