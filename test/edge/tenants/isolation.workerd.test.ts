/** Two tenants who try to learn of each other: what exists elsewhere looks like what does not exist at all. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { createContainer } from '../../../src/composition/container.ts';
import { coreModule, engineModule } from '../../../src/composition/core.ts';
import { CORE } from '../../../src/composition/tokens.ts';
import { ISOLATE_LIMITS } from '../../../src/core/limits.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { assetModels } from '../../../src/edge/models/assets.ts';
import { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import { onnxruntimeWorkerd } from '../../../src/edge/workerd/onnxruntime-workerd.ts';
import { bindings, pixels, services, tensorRequest } from '../../support/app.ts';
import { keyOf, request, tenantApp } from '../../support/tenants.ts';

// The same files under two names: one for each tenant. `secret_lrp` is a method that only one of them knows.
const models = new ModelCatalogue(
  assetModels(bindings.MODELS, { mine: './models/cifar10', theirs: './models/cifar10' }, 'models'),
);
const entries = plugins.map((entry) => (entry.method.id === 'lrp' ? { ...entry, unlisted: true } : entry));
const explainer = createContainer(
  coreModule({ plugins: entries }),
  engineModule(onnxruntimeWorkerd(), ISOLATE_LIMITS),
).get(CORE.explainer);
const app = tenantApp(
  {
    mallory: {
      keys: [await keyOf('mallory'), await keyOf('mallory-admin', ['admin'])],
      models: ['mine'],
    },
    alice: {
      keys: [await keyOf('alice'), await keyOf('alice-admin', ['admin'])],
      models: ['theirs'],
      methods: ['saliency', 'lrp'],
    },
  },
  { replaced: { models, explainer } },
);

/** Everything that a client sees, without what is different each time. */
async function seen(response: Response, name: string) {
  const volatile = ['x-request-id', 'traceparent', 'server-timing', 'date'];
  const headers = [...response.headers].filter(([header]) => !volatile.includes(header));
  const text = (await response.text()).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID');
  // As a word: one name may be part of another.
  return { status: response.status, headers, text: text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), 'NAME') };
}

const tensor = (key: string, params: object, seed = 70): RequestInit => {
  const init = tensorRequest(params, pixels(seed));
  return { ...init, headers: { ...init.headers, 'X-Api-Key': key } };
};

describe('isolation between tenants', () => {
  it.each([
    ['model', (name: string) => app(`/v2/models/${name}`, request('GET', 'mallory'))],
    ['ready', (name: string) => app(`/v2/models/${name}/ready`, request('GET', 'mallory'))],
    ['version', (name: string) => app(`/v2/models/${name}/versions/1`, request('GET', 'mallory'))],
    ['inference', (name: string) => app(`/v2/models/${name}/infer`, tensor('mallory', {}))],
    ['explanation', (name: string) => app(`/v2/models/${name}/explain`, tensor('mallory', { method: 'saliency' }))],
  ])('answers requests for a model of another tenant as for an unknown model: %s', async (_, ask) => {
    await app('/v2/models/theirs/explain', tensor('alice', { method: 'saliency' }));
    const [there, nowhere] = [await seen(await ask('theirs'), 'theirs'), await seen(await ask('othere'), 'othere')];
    expect(there.status).toBe(404);
    expect(there).toEqual(nowhere);
  });

  it('answers requests for an unlisted method as for an unknown method', async () => {
    const asks: ((id: string) => Promise<Response>)[] = [
      (id) => app(`/v2/methods/${id}`, request('GET', 'mallory')),
      (id) => app('/v2/models/mine/explain', tensor('mallory', { method: id })),
    ];
    for (const ask of asks) {
      const [there, nowhere] = [await seen(await ask('lrp'), 'lrp'), await seen(await ask('qqq'), 'qqq')];
      expect(there.status).toBe(404);
      expect(there.text).toEqual(nowhere.text);
      expect(there.headers).toEqual(nowhere.headers);
    }
    const list = await (await app('/v2/methods', request('GET', 'mallory'))).json();
    expect(JSON.stringify(list)).not.toContain('"lrp"');
    expect((await app('/v2/methods/lrp', request('GET', 'alice'))).status).toBe(200);
    expect((await app('/v2/models/theirs/explain', tensor('alice', { method: 'lrp' }))).status).toBe(200);
  });

  it.each([
    ['GET', '', undefined],
    ['PUT', '', {}],
    ['DELETE', '', undefined],
    ['POST', '/keys', {}],
    ['POST', '/keys/000000000000/rotate', {}],
    ['DELETE', '/keys/000000000000', undefined],
    ['GET', '/audit', undefined],
    ['POST', '/purge', {}],
  ])('answers %s /admin/tenants/{other}%s as for an unknown tenant', async (method, path, body) => {
    const ask = (id: string) =>
      app(`/admin/tenants/${id}${path}`, request(method, 'mallory-admin', body, { 'If-Match': '*' }));
    const [there, nowhere] = [await seen(await ask('alice'), 'alice'), await seen(await ask('bobby'), 'bobby')];
    expect(there.status).toBe(404);
    expect(there).toEqual(nowhere);
  });

  it('gives the same 401 for disabled, expired, malformed and unknown keys', async () => {
    const late = { sha256: (await keyOf('late')).sha256, expires: '2020-01-01T00:00:00Z' };
    const shut = tenantApp({ gone: { disabled: true, keys: [await keyOf('gone')] }, late: { keys: [late] } });
    const wrong = ['gone', 'late', 'nobody', (await keyOf('gone')).sha256, 'a.b.c', undefined];
    const answers = await Promise.all(
      wrong.map(async (key) => seen(await shut('/v2/models', request('GET', key)), 'x')),
    );
    expect(answers[0]?.status).toBe(401);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('does not reveal cached answers of another tenant by cache hit or ETag', async () => {
    const ask = (key: string, name: string, headers = {}) => {
      const init = tensor(key, { method: 'saliency' }, 71);
      return app(`/v2/models/${name}/explain`, { ...init, headers: { ...init.headers, ...headers } as HeadersInit });
    };
    const first = await ask('alice', 'theirs');
    expect(first.headers.get('X-Whylight-Cache')).toBe('miss');
    expect((await ask('alice', 'theirs')).headers.get('X-Whylight-Cache')).toBe('hit');
    const etag = first.headers.get('ETag') as string;
    const probe = await ask('mallory', 'mine', { 'If-None-Match': etag });
    expect([probe.status, probe.headers.get('X-Whylight-Cache')]).toEqual([200, 'miss']);
    expect(probe.headers.get('ETag')).not.toBe(etag);
  });

  it('does not share identical concurrent runs between tenants', async () => {
    const [a, b] = await Promise.all([
      app('/v2/models/theirs/explain', tensor('alice', { method: 'saliency' }, 72)),
      app('/v2/models/mine/explain', tensor('mallory', { method: 'saliency' }, 72)),
    ]);
    expect([a, b].map(({ headers }) => headers.get('X-Whylight-Cache'))).toEqual(['miss', 'miss']);
  });

  it('reserves the list of tenants, changes of tenants and global purges for operators', async () => {
    for (const [method, path, body] of [
      ['GET', '/admin/tenants', undefined],
      ['POST', '/admin/purge', {}],
      ['PUT', '/admin/tenants/mallory', {}],
      ['DELETE', '/admin/tenants/mallory', undefined],
    ] as const) {
      const response = await app(path, request(method, 'mallory-admin', body));
      expect([path, response.status]).toEqual([path, 403]);
    }
    expect((await app('/admin/tenants/mallory', request('GET', 'mallory-admin'))).status).toBe(200);
    expect((await app('/admin/tenants/mallory', request('GET', 'mallory'))).status).toBe(403);
  });
});

describe('methodsFor', () => {
  it('binds only methods that the tenant may use', async () => {
    const methods = new MethodRegistry(entries);
    const { methodsFor } = await import('../../../src/edge/tenants/rights.ts');
    const directory = services.tenants;
    const { tenant } = await directory.find('whylight-demo', () => {});
    const source = methodsFor(tenant, methods);
    expect(source.bind('saliency').params).toMatchObject({ absolute: true });
    expect(() => source.bind('occlusion')).toThrow(/not enabled for this key/);
    expect(() => source.bind('lrp')).toThrow(/no saliency method named/);
  });
});
