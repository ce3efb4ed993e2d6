/** Lines about one run at the edge and at the origin, which are found by the id of the request. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/edge/app.ts';
import type { Log } from '../../src/edge/observe/log.ts';
import { OriginClient } from '../../src/edge/origin/origin-client.ts';
import { OriginRunner } from '../../src/edge/origin/origin-runner.ts';
import { originServices } from '../../src/node/origin-services.ts';
import { type Serving, serve } from '../../src/node/serve.ts';

type Line = Readonly<Record<string, unknown>>;
const secret = 'a secret that has more than 32 characters';
const lines: Record<'edge' | 'origin', Line[]> = { edge: [], origin: [] };
const logTo =
  (place: 'edge' | 'origin'): Log =>
  (level, message, facts) =>
    void lines[place].push({ level, message, ...facts });
const shared = { models: { cifar10: 'models/cifar10' }, provider: 'cpu', threads: 1, runs: 1, waiting: 0, delay: 0 };

let origin: Serving;
let app: ReturnType<typeof createApp>;
beforeAll(async () => {
  origin = await serve({ ...shared, secret, host: '127.0.0.1', port: 0, log: logTo('origin') });
  const { services } = await originServices({ ...shared, log: logTo('edge') });
  const client = new OriginClient({ urls: [origin.url], secret });
  app = createApp({ ...services, origin: new OriginRunner(client) });
});
afterAll(() => origin.stop());

const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
const pixels = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.03));
const body = JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels }] });
const explain = async (query: string, id: string) =>
  app.fetch(
    new Request(`http://edge.test/v2/models/cifar10/explain?route=origin&${query}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Request-Id': id },
      body,
    }),
    {},
    context,
  );
const runOf = (place: 'edge' | 'origin', id: string) =>
  lines[place].filter(({ message, request_id }) => message === 'run' && request_id === id);

describe('lines of a run at an origin', () => {
  it('have the id and the trace of the request at both places, and the tenant', async () => {
    expect((await explain('method=rise&n_masks=40', 'walk-1')).status).toBe(200);
    const [edge, there] = [runOf('edge', 'walk-1'), runOf('origin', 'walk-1')];
    expect([edge.length, there.length]).toEqual([1, 1]);
    for (const [line] of [edge, there]) {
      expect(line).toMatchObject({
        ...{ tenant: '*', model: 'cifar10', method: 'rise', rows: 1, route: 'origin', end: 'finished' },
        total_ms: expect.any(Number),
        engine_ms: expect.any(Number),
      });
    }
    expect(edge[0]?.trace_id).toBe(there[0]?.trace_id);
  });

  it('tell a run that was refused, since too many wait', async () => {
    const long = explain('method=rise&n_masks=4000', 'walk-2');
    await expect
      .poll(async () => (await (await fetch(`${origin.url}/metrics`)).text()).includes('running 1'))
      .toBe(true);
    const refused = await explain('method=rise&n_masks=41', 'walk-3');
    expect(refused.status).toBe(503);
    expect(runOf('origin', 'walk-3')[0]).toMatchObject({ end: 'refused', code: 'overloaded', rows: 0 });
    await (await long).text();
  });
});
