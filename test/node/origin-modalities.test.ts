/** Every kind of data that is no image at an origin: what the edge hands over, and what comes back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/edge/app.ts';
import { OriginClient } from '../../src/edge/origin/origin-client.ts';
import { OriginRunner } from '../../src/edge/origin/origin-runner.ts';
import { originServices } from '../../src/node/origin-services.ts';
import { type Serving, serve } from '../../src/node/serve.ts';
import { explainer, featuresOf, KINDS } from '../support/data-requests.ts';
import { ORIGIN } from '../support/origin-settings.ts';

const secret = 'a secret that has more than 32 characters';
const shared = {
  models: Object.fromEntries([...new Set(KINDS.map(({ model }) => model))].map((name) => [name, `models/${name}`])),
  ...ORIGIN,
};

let origin: Serving;
let explain: ReturnType<typeof explainer>;

beforeAll(async () => {
  origin = await serve({ ...shared, secret, host: '127.0.0.1', port: 0 });
  const { services } = await originServices(shared);
  const origins = new OriginClient({
    urls: [origin.url],
    secret,
    silence: 20_000,
    breaker: { failures: 2, pause: 100 },
  });
  const app = createApp({ ...services, origin: new OriginRunner(origins, 20_000) });
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  explain = explainer(async (path, init) => app.fetch(new Request(`http://edge.test${path}`, init), {}, context));
});
afterAll(() => origin.stop());

const outputsOf = async (response: Response): Promise<Parameters<typeof featuresOf>[0]> => {
  const { outputs } = (await response.json()) as { outputs: { name: string; data: unknown[] }[] };
  return Object.fromEntries(outputs.map((output) => [output.name, output]));
};

describe.each(KINDS)('$kind', ({ model, type, body, method, feature }) => {
  it('is explained at the origin with the features of the edge', async () => {
    const answers = [];
    for (const route of ['origin', 'edge']) {
      const response = await explain(model, `method=${method}&route=${route}&seed=4&summary=true`, type, body, {
        'Cache-Control': 'no-store',
      });
      expect(response.status, await response.clone().text()).toBe(200);
      expect(response.headers.get('X-Whylight-Route')).toBe(route);
      answers.push(await outputsOf(response));
    }
    const [there = {}, here = {}] = answers;
    expect(featuresOf(there).map(({ name }) => name)).toContain(feature);
    expect(featuresOf(there)).toEqual(featuresOf(here).map((one) => ({ ...one, value: expect.closeTo(one.value, 4) })));
    expect(String(there.summary?.data[0])).toBe(String(here.summary?.data[0]));
  });
});
