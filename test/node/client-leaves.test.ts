/** Runs whose client has left: at a server that clients ask, and at an origin that an edge asks. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Model } from '../../src/core/model/model.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { OriginClient } from '../../src/edge/origin/origin-client.ts';
import { OriginRunner } from '../../src/edge/origin/origin-runner.ts';
import { openFolder } from '../../src/node/model-folders.ts';
import { type Serving, serve } from '../../src/node/serve.ts';
import { ORIGIN } from '../support/origin-settings.ts';

const secret = 'a secret that has more than 32 characters';
const CIFAR = 'models/cifar10';
/** Masks of a run that takes a minute: a run that goes on would end as `finished`. */
const MASKS = 100_000;

const runs: Readonly<Record<string, unknown>>[] = [];
const log = (_: string, message: string, facts: Readonly<Record<string, unknown>> = {}): void => {
  if (message === 'run') runs.push(facts);
};

let server: Serving;
beforeAll(async () => {
  server = await serve({ ...ORIGIN, models: { cifar10: CIFAR }, log, secret, host: '127.0.0.1', port: 0 });
});
afterAll(() => server.stop(1000));
beforeEach(() => {
  runs.length = 0;
});

const until = (condition: () => Promise<boolean>) => vi.waitUntil(condition, { timeout: 40_000, interval: 50 });
const metric = async (name: string): Promise<number> => {
  const lines = (await (await fetch(server.metricsUrl as string)).text()).split('\n');
  return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length));
};
const ask = (headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> =>
  fetch(`${server.url}/v2/models/cifar10/explain`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({
      parameters: { method: 'rise', n_masks: MASKS, seed: 3 },
      inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: new Array(3072).fill(0.5) }],
    }),
    signal,
  });

/** Waits for the end of the only run. */
async function expectAborted(): Promise<void> {
  await until(async () => runs.length > 0);
  expect(runs).toMatchObject([{ method: 'rise', end: 'aborted' }]);
  expect(await metric('whylight_runs_running')).toBe(0);
}

describe('a run whose client has left', () => {
  it('stops before its answer begins', async () => {
    const client = new AbortController();
    const response = ask({}, client.signal);
    response.catch(() => undefined);
    // The session of the run is there.
    await until(async () => (await metric('whylight_memory_bytes{part="sessions"}')) > 0);
    client.abort();
    await expect(response).rejects.toThrow('abort');
    await expectAborted();
  });

  it('stops in the middle of an event stream', async () => {
    const client = new AbortController();
    const response = await ask({ Accept: 'text/event-stream' }, client.signal);
    await response.body?.getReader().read();
    client.abort();
    await expectAborted();
  });

  it('stops at the origin when the edge closes the connection', async () => {
    const runner = new OriginRunner(new OriginClient({ urls: [server.url], secret }));
    const model = await Model.read(await openFolder(CIFAR, 'cifar10'));
    const client = new AbortController();
    const inputs = { input: float32([1, 3, 32, 32], new Float32Array(3072).fill(0.5)) };
    const request = { method: 'rise', params: { n_masks: MASKS }, seed: 3, inputs };
    const rights = { methods: '*', parameters: {} } as const;
    const explained = runner.explain(model, request, { rights, signal: client.signal });
    explained.catch(() => undefined);
    await until(async () => (await metric('whylight_runs_running')) === 1);
    client.abort();
    await expect(explained).rejects.toThrow('abort');
    await expectAborted();
  });
});
