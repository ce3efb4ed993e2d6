import { afterEach, describe, expect, it } from 'vitest';
import { type ServeOptions, type Serving, serve } from '../../src/node/serve.ts';

const base = {
  models: {},
  provider: 'cpu',
  threads: 1,
  runs: 1,
  waiting: 1,
  delay: 0,
  log: () => undefined,
  host: '127.0.0.1',
  port: 0,
};
let serving: Serving | undefined;
afterEach(() => serving?.stop());

async function started(options: Partial<ServeOptions> = {}) {
  serving = await serve({ ...base, ...options });
  const { url, metricsUrl } = serving;
  const statusOf = async (headers: Readonly<Record<string, string>> = {}) =>
    (await fetch(`${url.replace('0.0.0.0', '127.0.0.1')}/metrics`, { headers })).status;
  return { statusOf, metricsUrl };
}

describe('metrics of a server', () => {
  it('are open where only this machine can ask', async () => {
    const { statusOf, metricsUrl } = await started();
    expect(await statusOf()).toBe(200);
    expect(metricsUrl).toMatch(/\/metrics$/);
  });

  it('are not served to other machines unless something is said about them', async () => {
    const { statusOf, metricsUrl } = await started({ host: '0.0.0.0' });
    expect(await statusOf()).toBe(404);
    expect(metricsUrl).toBeUndefined();
  });

  it('need the key where there is one', async () => {
    const { statusOf } = await started({ host: '0.0.0.0', metricsKey: 'key-for-the-scraper' });
    expect(await statusOf()).toBe(401);
    expect(await statusOf({ Authorization: 'Bearer another key' })).toBe(401);
    expect(await statusOf({ Authorization: 'Bearer another-key' })).toBe(401);
  });

  it('are served with the key', async () => {
    const { statusOf } = await started({ host: '0.0.0.0', metricsKey: 'key-for-the-scraper' });
    expect(await statusOf({ Authorization: 'Bearer key-for-the-scraper' })).toBe(200);
  });

  it('have a port of their own, which serves nothing else', async () => {
    const { statusOf, metricsUrl = '' } = await started({ metricsPort: 0 });
    expect(await statusOf()).toBe(404);
    const answer = await fetch(metricsUrl);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('whylight_memory_bytes');
    expect((await fetch(metricsUrl.replace('/metrics', '/v2'))).status).toBe(404);
  });
});
