/** A detector at an origin: the box that is chosen there is the one that the edge chooses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../src/edge/app.ts';
import { OriginClient } from '../../src/edge/origin/origin-client.ts';
import { OriginRunner } from '../../src/edge/origin/origin-runner.ts';
import { originServices } from '../../src/node/origin-services.ts';
import { type Serving, serve } from '../../src/node/serve.ts';
import { onnxFile } from '../support/onnx-file.ts';
import { ORIGIN } from '../support/origin-settings.ts';
import { quarters } from '../support/other-models.ts';

const secret = 'a secret that has more than 32 characters';
const folder = mkdtempSync(join(tmpdir(), 'origin-boxes-'));
const shared = { models: { quarters: folder }, ...ORIGIN };
let origin: Serving;
let ask: (route: string, target: string) => Promise<Response>;

beforeAll(async () => {
  const manifest = {
    name: 'quarters',
    version: '1',
    file: 'model.onnx',
    preprocessing: { size: [8, 8], resize: { mode: 'exact' } },
  };
  writeFileSync(join(folder, 'model.onnx'), onnxFile(quarters()));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  origin = await serve({ ...shared, secret, host: '127.0.0.1', port: 0 });
  const { services } = await originServices(shared);
  const breaker = { failures: 2, pause: 100 };
  const origins = new OriginClient({ urls: [origin.url], secret, silence: 20_000, breaker });
  const app = createApp({ ...services, origin: new OriginRunner(origins, 20_000) });
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const data = Array.from({ length: 192 }, (_, i) => (Math.floor(i / 8) % 8 >= 4 ? 0.1 : i % 8 < 4 ? 0.9 : 0.6));
  ask = async (route, target) =>
    app.fetch(
      new Request(`http://edge.test/v2/models/quarters/explain?route=${route}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
        body: JSON.stringify({
          parameters: { method: 'saliency', absolute: false, target },
          inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 3, 8, 8], data }],
        }),
      }),
      {},
      context,
    );
});
afterAll(async () => {
  await origin.stop();
  rmSync(folder, { recursive: true });
});

it.each(['box:1', 'point:6,2'])('explains the box %s at the origin as at the edge', async (target) => {
  const answers = [];
  for (const route of ['origin', 'edge']) {
    const response = await ask(route, target);
    expect(response.status, await response.clone().text()).toBe(200);
    expect(response.headers.get('X-Whylight-Route')).toBe(route);
    const { outputs } = (await response.json()) as { outputs: { name: string; data: unknown[] }[] };
    answers.push(Object.fromEntries(outputs.map(({ name, data }) => [name, data])));
  }
  const [there = {}, here = {}] = answers;
  expect(there.prediction).toEqual([1]);
  expect(Number(there.scores?.[0])).toBeCloseTo(0.6, 5);
  for (const name of ['predictions', 'prediction', 'attribution']) expect(there[name]).toEqual(here[name]);
});
