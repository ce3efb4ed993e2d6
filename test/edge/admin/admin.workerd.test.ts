/** The admin API over the real KV namespace and the real Durable Object. */
import { describe, expect, it } from 'vitest';
import { bindings, pixels, tensorRequest } from '../../support/app.ts';
import { keyOf, request, tenantApp } from '../../support/tenants.ts';

const base = {
  '*': {},
  house: { operator: true, keys: [await keyOf('op', ['admin'])] },
  acme: { keys: [await keyOf('acme'), await keyOf('acme-admin', ['admin'])], methods: ['saliency', 'grad_cam'] },
};
const EXPLAIN = '/v2/models/cifar10/explain';
const ask = tenantApp(base);
const admin = (method: string, path: string, body?: unknown, headers = {}) =>
  ask(`/admin${path}`, request(method, 'op', body, headers));
const explain = (key: string, params: object, data = pixels(3), app = ask) => {
  const init = tensorRequest(params, data);
  return app(EXPLAIN, { ...init, headers: { ...init.headers, 'X-Api-Key': key } });
};
const jsonOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

async function newTenant(id: string, policy: object = {}): Promise<string> {
  expect((await admin('PUT', `/tenants/${id}`, policy)).status).toBe(201);
  const { key } = await jsonOf(await admin('POST', `/tenants/${id}/keys`, {}));
  return key as string;
}

describe('the tenants of the admin API', () => {
  it('are created, changed and deleted in every isolate without a deploy', async () => {
    const key = await newTenant('globex', { methods: ['saliency'] });
    const elsewhere = tenantApp(base);
    for (const app of [ask, elsewhere]) {
      expect((await explain(key, { method: 'saliency' }, pixels(1), app)).status).toBe(200);
      expect(await jsonOf(await explain(key, { method: 'grad_cam' }, pixels(1), app))).toMatchObject({
        code: 'method_not_enabled',
        enabled: ['saliency'],
      });
    }
    const etag = (await admin('GET', '/tenants/globex')).headers.get('ETag') as string;
    const changed = await admin('PUT', '/tenants/globex', { methods: ['grad_cam'] }, { 'If-Match': etag });
    expect([changed.status, changed.headers.get('ETag')]).toEqual([200, '"r3"']);
    expect((await explain(key, { method: 'saliency' })).status).toBe(403);
    expect((await explain(key, { method: 'grad_cam' })).status).toBe(200);
    expect((await admin('DELETE', '/tenants/globex', undefined, { 'If-Match': '"r3"' })).status).toBe(204);
    expect((await admin('GET', '/tenants/globex')).status).toBe(404);
    expect((await explain(key, { method: 'grad_cam' })).status).toBe(401);
    expect((await explain(key, { method: 'grad_cam' }, pixels(1), tenantApp(base))).status).toBe(401);
    expect(await bindings.TENANTS.get(`key/${(await keyOf(key)).sha256}`)).toBeNull();
  });

  it('override a tenant of plugins.config.json as a whole until the override is deleted', async () => {
    const policy = { methods: ['occlusion'], limits: { samples: 10 } };
    const { headers } = await admin('GET', '/tenants/acme');
    const match = { 'If-Match': headers.get('ETag') };
    expect(await jsonOf(await admin('PUT', '/tenants/acme', policy, match))).toMatchObject({
      source: 'override',
      policy: { methods: ['occlusion'], limits: { samples: 10 }, formats: '*' },
    });
    expect(await jsonOf(await explain('acme', { method: 'occlusion' }))).toMatchObject({
      code: 'budget_exceeded',
      allowed: 10,
    });
    const other = tenantApp(base);
    expect(await jsonOf(await explain('acme', { method: 'saliency' }, pixels(2), other))).toMatchObject({
      code: 'method_not_enabled',
    });
    await admin('DELETE', '/tenants/acme', undefined, { 'If-Match': '*' });
    expect((await explain('acme', { method: 'saliency' })).status).toBe(200);
    expect(await jsonOf(await admin('GET', '/tenants/acme'))).toMatchObject({ source: 'file' });
  });

  it('require a matching precondition for a change, and refuse one of two concurrent changes', async () => {
    await newTenant('racy');
    expect((await admin('PUT', '/tenants/racy', {})).status).toBe(412);
    expect((await admin('DELETE', '/tenants/racy')).status).toBe(412);
    expect((await admin('PUT', '/tenants/racy', {}, { 'If-None-Match': '*' })).status).toBe(412);
    expect((await admin('PUT', '/tenants/nobody', {}, { 'If-Match': '*' })).status).toBe(412);
    const etag = (await admin('GET', '/tenants/racy')).headers.get('ETag') as string;
    const both = await Promise.all(
      ['saliency', 'grad_cam'].map((id) => admin('PUT', '/tenants/racy', { methods: [id] }, { 'If-Match': etag })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(await jsonOf(both.find(({ status }) => status === 412) as Response)).toMatchObject({
      code: 'precondition_failed',
    });
  });

  it('are listed with their source', async () => {
    await newTenant('listed');
    const { tenants } = await jsonOf(await admin('GET', '/tenants'));
    expect(tenants).toEqual(
      expect.arrayContaining([
        { id: 'acme', source: 'file' },
        { id: 'listed', source: 'override' },
      ]),
    );
  });
});

describe('an invalid admin request', () => {
  it('is answered with 415 for an unknown media type and 400 for an invalid tenant id', async () => {
    const text = { method: 'PUT', headers: { 'X-Api-Key': 'op', 'Content-Type': 'text/plain' }, body: '{}' };
    expect(await jsonOf(await ask('/admin/tenants/bad', text))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
    expect(await jsonOf(await admin('GET', '/tenants/A%20B'))).toMatchObject({
      status: 400,
      errors: [{ parameter: 'tenant' }],
    });
  });
});

describe('an invalid policy override', () => {
  it.each([
    [{ methods: ['saliencyy'] }, '#/methods/0', 'Did you mean saliency'],
    [{ parameters: { grad_cam: { defaults: { relu: 'x' } } } }, '#/parameters/grad_cam', 'must be true or false'],
    [{ parameters: { grad_cam: { limits: { size: 3 } } } }, '#/parameters/grad_cam', 'no parameter "size"'],
    [{ limits: { samples: 0 } }, '#/limits/samples', 'expected number to be >=1'],
    [{ limits: { requests_per_minute: 61 } }, '#/limits/requests_per_minute', '60'],
    [{ operator: true }, '#/operator', 'operator'],
    [{ keys: [] }, '#/keys', 'keys'],
    [{ jwt: { issuer: 'x', audience: 'y' } }, '#/jwt', 'jwks_url or jwks'],
    [{ jwt: { issuer: 'x', audience: 'y', jwks_url: 'http://idp.test/' } }, '#/jwt/jwks_url', 'https'],
    [{ image_hosts: ['*'] }, '#/image_hosts/0', 'host name'],
    [{ webhook_hosts: ['169.254.169.254'] }, '#/webhook_hosts/0', 'is an IP address'],
    [{ image_hosts: ['a.example.com', 'kubernetes.default.svc'] }, '#/image_hosts/1', 'private network'],
    [{ jwt: { issuer: 'x', audience: 'y', jwks_url: 'https://169.254.169.254/x' } }, '#/jwt/jwks_url', 'IP address'],
    [{ models: ['cifar10', 'everyda'] }, '#/models/1', 'Did you mean everyday'],
  ])('with policy %j is refused with 400 and changes nothing', async (policy, pointer, said) => {
    const response = await admin('PUT', '/tenants/bad', { description: 'x', ...policy });
    expect(response.status).toBe(400);
    const { code, errors } = (await response.json()) as { code: string; errors: { pointer: string; detail: string }[] };
    expect([code, errors[0]?.pointer]).toEqual(['invalid_request', pointer]);
    expect(errors[0]?.detail).toContain(said);
    expect((await admin('GET', '/tenants/bad')).status).toBe(404);
  });

  it('in KV is ignored in favour of the last valid one, and logged', async () => {
    const key = await newTenant('broken', { methods: ['saliency'] });
    for (const text of ['{', '{"revision":1}', JSON.stringify({ revision: 9, policy: { methods: 7 } })]) {
      await bindings.TENANTS.put('tenant/broken', text);
      const lines: string[] = [];
      const fresh = tenantApp(base, { log: (level, message) => void lines.push(`${level}: ${message}`) });
      expect((await explain(key, { method: 'saliency' }, pixels(1), fresh)).status).toBe(200);
      expect((await explain(key, { method: 'grad_cam' }, pixels(1), fresh)).status).toBe(403);
      expect(lines).toContain('error: the entry of a tenant is damaged; the last valid one is used');
    }
  });

  it('in KV falls back to plugins.config.json for a tenant that was never overridden', async () => {
    const lines: string[] = [];
    await bindings.TENANTS.put('tenant/pristine', 'rubbish');
    const app = tenantApp(
      { pristine: { keys: [await keyOf('pristine')] } },
      { log: (_, message) => void lines.push(message) },
    );
    expect((await app('/v2/models', request('GET', 'pristine'))).status).toBe(200);
    expect(lines).toContain('the entry of a tenant is damaged; the last valid one is used');
  });
});

describe('the keys of a tenant', () => {
  it('are returned once, with the requested scopes and expiry', async () => {
    await newTenant('keys');
    const made = await admin('POST', '/tenants/keys/keys', { name: 'ci', scopes: ['predict'], expires_in: 60 });
    expect([made.status, made.headers.get('Cache-Control')]).toEqual([201, 'no-store']);
    const { key, id, ...rest } = await jsonOf(made);
    expect(key).toMatch(/^wl_[\w-]{43}$/);
    expect(rest).toMatchObject({ name: 'ci', scopes: ['predict'], expires: expect.any(String) });
    const all = await (await admin('GET', '/tenants/keys')).text();
    expect(all).toContain(id as string);
    expect(all).not.toContain(key as string);
    expect(JSON.stringify(await bindings.TENANTS.get('tenant/keys'))).not.toContain(key as string);
    expect((await ask('/v2/models/cifar10/infer', withKey(key as string))).status).toBe(200);
    const refused = await explain(key as string, { method: 'saliency' });
    expect(await jsonOf(refused)).toMatchObject({
      status: 403,
      code: 'forbidden',
      detail: 'The API key lacks the scope `explain`.',
    });
    const later = tenantApp(base, { clock: () => Date.now() + 61_000 });
    expect((await later('/v2/models', request('GET', key as string))).status).toBe(401);
  });

  it('expire after the grace period when rotated, and at once when revoked', async () => {
    await newTenant('rotated');
    const first = await jsonOf(await admin('POST', '/tenants/rotated/keys', { scopes: ['explain'] }));
    const second = await jsonOf(await admin('POST', `/tenants/rotated/keys/${first.id}/rotate`, { grace: 100 }));
    expect(second).toMatchObject({ scopes: ['explain'] });
    const works = async (key: unknown, seconds = 0) => {
      const app = tenantApp(base, { clock: () => Date.now() + seconds * 1000 });
      return (await app('/v2/models', request('GET', key as string))).status;
    };
    expect([await works(first.key), await works(second.key)]).toEqual([200, 200]);
    expect([await works(first.key, 101), await works(second.key, 101)]).toEqual([401, 200]);
    expect((await admin('DELETE', `/tenants/rotated/keys/${second.id}`)).status).toBe(204);
    expect([await works(second.key), await works(first.key)]).toEqual([401, 200]);
    expect((await admin('DELETE', `/tenants/rotated/keys/${second.id}`)).status).toBe(404);
  });

  it('cannot be rotated again after they have expired', async () => {
    await newTenant('hasty');
    const made = await jsonOf(await admin('POST', '/tenants/hasty/keys', {}));
    const rotate = () => admin('POST', `/tenants/hasty/keys/${made.id}/rotate`, { grace: 0 });
    expect((await rotate()).status).toBe(201);
    expect(await jsonOf(await rotate())).toMatchObject({ status: 409, code: 'conflict' });
  });

  it('of plugins.config.json can be rotated and revoked', async () => {
    const mine = { ...base, hooli: { keys: [await keyOf('hooli-1'), await keyOf('hooli-2')] } };
    const app = tenantApp(mine);
    const { keys } = (await jsonOf(await app('/admin/tenants/hooli', request('GET', 'op')))) as {
      keys: { id: string }[];
    };
    expect((await app(`/admin/tenants/hooli/keys/${keys[0]?.id}`, request('DELETE', 'op'))).status).toBe(204);
    await app(`/admin/tenants/hooli/keys/${keys[1]?.id}/rotate`, request('POST', 'op', { grace: 0 }));
    for (const one of [app, tenantApp(mine)]) {
      expect((await one('/v2/models', request('GET', 'hooli-1'))).status).toBe(401);
      expect((await one('/v2/models', request('GET', 'hooli-2'))).status).toBe(401);
    }
  });
});

const withKey = (key: string): RequestInit => {
  const init = tensorRequest({});
  return { ...init, headers: { ...init.headers, 'X-Api-Key': key } };
};

describe('the audit log', () => {
  it('records who made which change, without secrets', async () => {
    const key = await newTenant('audited');
    await admin('POST', '/tenants/audited/purge', { model: 'cifar10' });
    const text = await (await admin('GET', '/tenants/audited/audit')).text();
    expect(text).not.toContain(key);
    const { entries } = JSON.parse(text) as { entries: object[] };
    const by = { tenant: 'house', credential: expect.stringMatching(/^key:[0-9a-f]{12}$/) };
    expect(entries).toEqual([
      { revision: 3, at: expect.any(String), by, change: 'purged', subject: 'cifar10' },
      { revision: 2, at: expect.any(String), by, change: 'key_created', subject: expect.any(String) },
      { revision: 1, at: expect.any(String), by, change: 'policy_set' },
    ]);
  });

  it('hides from a tenant which operator made a change', async () => {
    await admin('POST', '/tenants/acme/purge', {});
    const { entries } = (await jsonOf(await ask('/admin/tenants/acme/audit', request('GET', 'acme-admin')))) as {
      entries: { by: object }[];
    };
    expect(entries[0]?.by).toEqual({ tenant: 'operator', credential: 'operator' });
  });
});

describe('purging the cache', () => {
  const state = async (key: string, seed: number) =>
    (await explain(key, { method: 'saliency' }, pixels(seed))).headers.get('X-Whylight-Cache');

  it('removes the answers of a tenant, of one of its models, or of a model for all tenants', async () => {
    const [a, b] = [await newTenant('purge-a'), await newTenant('purge-b')];
    for (const key of [a, b]) expect(await state(key, 50)).toBe('miss');
    for (const key of [a, b]) expect(await state(key, 50)).toBe('hit');
    await admin('POST', '/tenants/purge-a/purge', { model: 'another' });
    expect(await state(a, 50)).toBe('hit');
    await admin('POST', '/tenants/purge-a/purge', { model: 'cifar10' });
    expect([await state(a, 50), await state(b, 50)]).toEqual(['miss', 'hit']);
    await admin('POST', '/tenants/purge-a/purge', {});
    expect([await state(a, 50), await state(b, 50)]).toEqual(['miss', 'hit']);
    expect(await jsonOf(await admin('POST', '/purge', { model: 'cifar10' }))).toMatchObject({ model: 'cifar10' });
    expect([await state(a, 50), await state(b, 50)]).toEqual(['miss', 'miss']);
  });

  it('makes the ETags of old answers stale', async () => {
    const key = await newTenant('purge-tag');
    const etag = (await explain(key, { method: 'saliency' }, pixels(51))).headers.get('ETag') as string;
    const again = () => {
      const init = tensorRequest({ method: 'saliency' }, pixels(51));
      return ask(EXPLAIN, { ...init, headers: { ...init.headers, 'X-Api-Key': key, 'If-None-Match': etag } });
    };
    expect((await again()).status).toBe(304);
    await admin('POST', '/tenants/purge-tag/purge', {});
    expect((await again()).status).toBe(200);
  });
});
