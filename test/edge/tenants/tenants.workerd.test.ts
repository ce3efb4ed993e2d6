/** Many tenants in a real KV namespace, and a namespace that fails. */
import { describe, expect, it } from 'vitest';
import { tenantConfigSchema, tenantPolicySchema } from '../../../src/config/tenant-policy.ts';
import { keyDigest } from '../../../src/edge/tenants/api-key.ts';
import { TenantDirectory } from '../../../src/edge/tenants/directory.ts';
import { JwtVerifier } from '../../../src/edge/tenants/jwt.ts';
import { kvOverrides, type Overrides, publishRecord } from '../../../src/edge/tenants/kv-tenants.ts';
import { EMPTY_RECORD } from '../../../src/edge/tenants/record.ts';
import { Tenants } from '../../../src/edge/tenants/tenants.ts';
import { bindings } from '../../support/app.ts';

const policy = tenantPolicySchema.parse({});
const overrides = kvOverrides(bindings.TENANTS);

/** Counts what is read, and fails when told to. */
function watched(inner: Overrides = overrides) {
  const state = { reads: 0, down: false };
  const ask = async <T>(read: Promise<T>): Promise<T> => {
    state.reads++;
    const value = await read;
    if (state.down) throw new Error('KV is down');
    return value;
  };
  const seen: Overrides = {
    record: (id) => ask(inner.record(id)),
    keyOwner: (sha256) => ask(inner.keyOwner(sha256)),
    issuerOwner: (digest) => ask(inner.issuerOwner(digest)),
  };
  return { state, seen };
}

async function isolate(base: Record<string, object> = {}) {
  const { state, seen } = watched();
  const [lines, waiting]: [string[], Promise<unknown>[]] = [[], []];
  const time = { now: Date.now() };
  const config = Object.fromEntries(Object.entries(base).map(([id, one]) => [id, tenantConfigSchema.parse(one)]));
  const log = (_: unknown, message: string) => void lines.push(message);
  const tenants = new Tenants({ base: config, overrides: seen, log, clock: () => time.now });
  const directory = new TenantDirectory({ tenants, tokens: new JwtVerifier(), log, clock: () => time.now });
  const find = async (key: string) => {
    const found = await directory.find(key, (promise) => void waiting.push(promise)).catch(({ code }) => code);
    return typeof found === 'string' ? found : found.tenant.id;
  };
  const settle = () => Promise.all(waiting);
  return { state, find, time, lines, settle };
}

async function store(id: string, key: string) {
  const record = {
    ...EMPTY_RECORD,
    revision: 1,
    policy,
    keys: [{ sha256: await keyDigest(key), scopes: ['explain'] }],
  };
  await publishRecord(bindings.TENANTS, id, EMPTY_RECORD, record as never);
}

describe('TenantDirectory with 1000 tenants', () => {
  it('reads each tenant once from KV and then from memory', async () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `many-${i}`);
    for (let i = 0; i < ids.length; i += 100) {
      await Promise.all(ids.slice(i, i + 100).map((id) => store(id, `key of ${id}`)));
    }
    const { state, find } = await isolate();
    const round = () => Promise.all(ids.map((id) => find(`key of ${id}`)));
    expect(await round()).toEqual(ids);
    const first = state.reads;
    // One read for the key, one for the record; and what counts for everybody.
    expect(first).toBeLessThanOrEqual(3 * ids.length);
    expect(await round()).toEqual(ids);
    expect(state.reads).toBe(first);
  });

  it('costs one read for a wrong key', async () => {
    const { state, find } = await isolate();
    for (let i = 0; i < 3; i++) expect(await find('wrong')).toBe('unauthorized');
    expect(state.reads).toBe(1);
  });
});

describe('the tenant cache of an isolate', () => {
  it('refreshes in the background after 31 seconds, and reads anew after 61', async () => {
    await store('aging', 'aging');
    const { state, find, time, settle } = await isolate();
    expect(await find('aging')).toBe('aging');
    await bindings.TENANTS.put('tenant/aging', JSON.stringify({ ...EMPTY_RECORD, revision: 2 }));
    expect(await find('aging')).toBe('aging');
    time.now += 31_000;
    expect(await find('aging')).toBe('aging');
    await settle();
    expect(await find('aging')).toBe('unauthorized');
    await store('aging', 'aging');
    time.now += 61_000;
    const before = state.reads;
    expect(await find('aging')).toBe('aging');
    expect(state.reads).toBeGreaterThan(before);
  });

  it('keeps the last valid state when KV fails, and logs it', async () => {
    await store('steady', 'steady');
    const { state, find, time, lines, settle } = await isolate({ filed: { keys: [await keyDigest('filed')] } });
    expect(await find('steady')).toBe('steady');
    state.down = true;
    for (const seconds of [31, 20]) {
      time.now += seconds * 1000;
      expect(await find('steady')).toBe('steady');
      await settle();
    }
    expect(await find('filed')).toBe('filed');
    expect(lines).toContain('tenants cannot be read from KV; the last valid state is used');
  });
});
