import { describe, expect, it } from 'vitest';
import { tenantConfigSchema } from '../../../src/core/config.ts';
import { sha256Hex } from '../../../src/core/digest.ts';
import { TenantDirectory } from '../../../src/edge/tenants/directory.ts';

const digest = (key: string) => sha256Hex(new TextEncoder().encode(key));
const tenant = (fields: object) => tenantConfigSchema.parse(fields);

describe('the tenant directory', () => {
  it('finds tenants by any of their keys', async () => {
    const keys = [await digest('one'), await digest('two')];
    const directory = new TenantDirectory({ acme: tenant({ keys, methods: ['saliency'] }) });
    for (const key of ['one', 'two']) {
      expect(await directory.find(key)).toMatchObject({ id: 'acme', methods: ['saliency'], models: '*' });
    }
    expect(await directory.find('one')).not.toHaveProperty('keys');
  });

  it('refuses a wrong key, and no key where nobody may come without', async () => {
    const directory = new TenantDirectory({ acme: tenant({ keys: [await digest('one')] }) });
    const refusals = await Promise.all(
      [undefined, '', 'three', await digest('one')].map((key) => directory.find(key).catch((error) => error)),
    );
    expect(new Set(refusals.map((error) => `${error.code} ${error.message}`)).size).toBe(1);
    expect(refusals[0]).toMatchObject({ code: 'unauthorized', details: {} });
  });

  it('lets everybody in as "*", but not with a wrong key', async () => {
    const directory = new TenantDirectory({ '*': tenant({}) });
    expect(await directory.find(undefined)).toMatchObject({ id: '*' });
    await expect(directory.find('wrong')).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('refuses a key that two tenants have', async () => {
    const keys = [await digest('one')];
    expect(() => new TenantDirectory({ a: tenant({ keys }), b: tenant({ keys }) })).toThrow(/a and b/);
  });
});
