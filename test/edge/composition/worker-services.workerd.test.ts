import { describe, expect, it } from 'vitest';
import * as configured from '#worker-plugins';
import { noCache } from '../../../src/edge/cache/result-cache.ts';
import { TenantDirectory } from '../../../src/edge/tenants/directory.ts';
import { JwtVerifier } from '../../../src/edge/tenants/jwt.ts';
import { Tenants } from '../../../src/edge/tenants/tenants.ts';
import { onnxruntimeWorkerd } from '../../../src/edge/workerd/onnxruntime-workerd.ts';
import { workerServices } from '../../../src/edge/workerd/worker-module.ts';
import { bindings } from '../../support/app.ts';
import { expectOnlyReplaced } from '../../support/replaced-parts.ts';

const services = workerServices(bindings, configured);
const log = () => undefined;

describe('workerServices', () => {
  it('replaces the cache and nothing else', () => {
    expectOnlyReplaced(services, workerServices(bindings, configured, { parts: { cache: noCache } }), 'cache', noCache);
  });

  it('replaces the tenants and nothing else', () => {
    const tenants = new TenantDirectory({
      tenants: new Tenants({ base: {}, log }),
      tokens: new JwtVerifier(),
      log,
    });
    expectOnlyReplaced(services, workerServices(bindings, configured, { parts: { tenants } }), 'tenants', tenants);
  });

  it('replaces the log and nothing else', () => {
    expectOnlyReplaced(services, workerServices(bindings, configured, { parts: { log } }), 'log', log);
  });

  it('explains with a replaced engine', () => {
    const engine = onnxruntimeWorkerd();
    const replaced = workerServices(bindings, configured, { parts: { engine } });
    expect(replaced.explainer.engine).toBe(engine);
    expect(replaced.explainer.methods.ids).toEqual(services.explainer.methods.ids);
  });

  it('checks expiry against a replaced clock', async () => {
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const key = { sha256, scopes: ['explain' as const], expires: '2030-01-01T00:00:00Z' };
    const open = configured.tenants['*'];
    const tenants = { early: { ...(open as NonNullable<typeof open>), keys: [key] } };
    const at = (time: string) =>
      workerServices(bindings, { ...configured, tenants }, { parts: { clock: () => Date.parse(time), log } });
    await expect(at('2029-12-31T00:00:00Z').tenants.find('', () => {})).resolves.toMatchObject({
      tenant: { id: 'early' },
    });
    await expect(at('2030-01-02T00:00:00Z').tenants.find('', () => {})).rejects.toMatchObject({
      code: 'unauthorized',
    });
  });

  it('leaves out parts whose bindings are missing', () => {
    const { MODELS } = bindings;
    const few = workerServices({ MODELS }, configured);
    expect(few.ledger ?? few.rates ?? few.jobs ?? few.origin ?? few.metrics).toBeUndefined();
  });
});
