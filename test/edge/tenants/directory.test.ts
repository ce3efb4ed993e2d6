import { describe, expect, it } from 'vitest';
import { tenantConfigSchema } from '../../../src/config/tenant-policy.ts';
import { keyDigest as digest } from '../../../src/edge/tenants/api-key.ts';
import { TenantDirectory } from '../../../src/edge/tenants/directory.ts';
import { JwtVerifier } from '../../../src/edge/tenants/jwt.ts';
import { Tenants } from '../../../src/edge/tenants/tenants.ts';

const log = () => {};
const wait = () => {};

function directoryOf(base: Record<string, object>, clock = () => 0) {
  const config = Object.fromEntries(Object.entries(base).map(([id, one]) => [id, tenantConfigSchema.parse(one)]));
  const tenants = new Tenants({ base: config, log, clock });
  return new TenantDirectory({ tenants, tokens: new JwtVerifier(), log, clock });
}

describe('TenantDirectory', () => {
  it('finds a tenant by any of its keys', async () => {
    const keys = [await digest('one'), { sha256: await digest('two'), scopes: ['admin'] }];
    const directory = directoryOf({ acme: { keys, methods: ['saliency'] } });
    for (const [key, scopes] of [
      ['one', ['predict', 'explain']],
      ['two', ['admin']],
    ] as const) {
      const caller = await directory.find(key, wait);
      expect(caller).toMatchObject({ tenant: { id: 'acme', methods: ['saliency'], models: '*' }, scopes });
      expect(caller.credential).toBe(`key:${(await digest(key)).slice(0, 12)}`);
      expect(caller.tenant).not.toHaveProperty('keys');
    }
  });

  it('refuses wrong and missing keys with the same error', async () => {
    const directory = directoryOf({
      acme: { keys: [await digest('one')] },
      gone: { keys: [await digest('disabled')], disabled: true },
      late: { keys: [{ sha256: await digest('late'), expires: '1970-01-01T00:00:00Z' }] },
    });
    const wrong = [
      undefined,
      '',
      'three',
      await digest('one'),
      'disabled',
      'late',
      'a.b.c',
      'eyJhbGciOiJub25lIn0.e30.',
    ];
    const refusals = await Promise.all(wrong.map((key) => directory.find(key, wait).catch((error) => error)));
    expect(new Set(refusals.map((error) => `${error.code} ${error.message}`)).size).toBe(1);
    expect(refusals[0]).toMatchObject({ code: 'unauthorized', details: {} });
  });

  it('accepts anonymous callers as tenant "*", but not wrong keys', async () => {
    const directory = directoryOf({ '*': { scopes: ['predict'] } });
    expect(await directory.find(undefined, wait)).toMatchObject({ tenant: { id: '*' }, scopes: ['predict'] });
    await expect(directory.find('wrong', wait)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('refuses a configuration with one key for two tenants', async () => {
    const keys = [await digest('one')];
    expect(() => directoryOf({ a: { keys }, b: { keys } })).toThrow(/a and b/);
  });
});
