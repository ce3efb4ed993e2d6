/** Checks, records and files for backups, over the real bucket, the real namespaces and the real ledger. */
import { beforeAll, describe, expect, it } from 'vitest';
import { assetModels } from '../../../src/edge/models/assets.ts';
import { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import { r2Files } from '../../../src/edge/models/r2.ts';
import { ModelRegistry } from '../../../src/edge/models/registry.ts';
import type { TenantRecord } from '../../../src/edge/tenants/record.ts';
import { type Ask, bindings, tensorRequest } from '../../support/app.ts';
import { keyOf, request, tenantApp, uploadOf } from '../../support/tenants.ts';
import { identityModel } from '../../support/tiny-models.ts';

const bucket = bindings.UPLOADS as R2Bucket;
const SCOPES = ['predict', 'explain', 'admin'] as const;
let ask: Ask;

beforeAll(async () => {
  const tenants = {
    stores_ops: { operator: true, keys: [await keyOf('stores-ops', SCOPES)] },
    stores_acme: { keys: [await keyOf('stores-acme', SCOPES)] },
  };
  const models = new ModelCatalogue(assetModels(bindings.MODELS, { cifar10: 'models/cifar10' }, 'models'), {
    registry: new ModelRegistry({ files: r2Files(bucket), log: () => {} }),
  });
  ask = tenantApp(tenants, { replaced: { models } });
  const model = identityModel().graph;
  const head = { files: [{ path: 'model.onnx', binary_data_size: model.length }] };
  expect((await ask('/v2/models/kept/versions/1', uploadOf('stores-acme', head, model))).status).toBe(201);
});

const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T;
const operate = <T>(method: string, path: string, body?: unknown) =>
  json<T>(ask(path, request(method, 'stores-ops', body)));

interface Owned {
  readonly owner: string;
  readonly name: string;
  readonly versions: Record<string, { readonly upload: string; readonly files: Record<string, string> }>;
}

async function kept(): Promise<Owned> {
  const { models } = await operate<{ models: Owned[] }>('GET', '/admin/models');
  return models.find(({ owner, name }) => owner === 'tenants/stores_acme' && name === 'kept') as Owned;
}

describe('the check of stored models', () => {
  it('names a file that was changed or removed, and calls the others whole', async () => {
    const { versions } = await kept();
    const { upload, files } = versions['1'] as Owned['versions'][string];
    const body = { owner: 'tenants/stores_acme', model: 'kept', version: '1' };
    const states = async () => {
      const found = await operate<{ files: { path: string; state: string }[] }>('POST', '/admin/models/check', body);
      return Object.fromEntries(found.files.map(({ path, state }) => [path, state]));
    };
    expect(await states()).toEqual({ 'model.onnx': 'whole', 'manifest.json': 'whole' });
    const key = `tenants/stores_acme/kept/files/${upload}/${files['model.onnx']}`;
    const content = await ((await bucket.get(key)) as R2ObjectBody).arrayBuffer();
    await bucket.put(key, content.slice(0, -1));
    expect(await states()).toEqual({ 'model.onnx': 'damaged', 'manifest.json': 'whole' });
    await bucket.delete(key);
    expect(await states()).toEqual({ 'model.onnx': 'missing', 'manifest.json': 'whole' });
    await bucket.put(key, content);
    expect(await states()).toEqual({ 'model.onnx': 'whole', 'manifest.json': 'whole' });
  });

  it('is refused to a tenant that is no operator', async () => {
    for (const [method, path, body] of [
      ['GET', '/admin/models', undefined],
      ['GET', '/admin/records', undefined],
      ['POST', '/admin/models/check', { owner: 'shared', model: 'kept', version: '1' }],
      ['POST', '/admin/stores/check', { store: 'answers' }],
      [
        'PUT',
        '/admin/records/stores_acme',
        { revision: 0, keys: [], revoked: [], generation: { tenant: 0, models: {} } },
      ],
    ] as const) {
      expect([path, (await ask(path, request(method, 'stores-acme', body))).status]).toEqual([path, 403]);
    }
  });
});

describe('the check of stored answers', () => {
  it('names an entry with one byte changed', async () => {
    const explain = tensorRequest({ method: 'saliency', target: 7 });
    const headers = { ...explain.headers, 'X-Api-Key': 'stores-acme' };
    expect((await ask('/v2/models/cifar10/explain', { ...explain, headers })).status).toBe(200);
    const damaged = async () => {
      const found: string[] = [];
      let [cursor, checked] = [undefined as string | undefined, 0];
      do {
        const body = { store: 'answers', ...(cursor !== undefined && { cursor }) };
        const page = await operate<{ damaged: string[]; checked: number; cursor?: string }>(
          'POST',
          '/admin/stores/check',
          body,
        );
        found.push(...page.damaged);
        checked += page.checked;
        cursor = page.cursor;
      } while (cursor !== undefined);
      return { found, checked };
    };
    const before = await damaged();
    expect(before.checked).toBeGreaterThan(0);
    const { keys } = await bindings.RESULTS.list({ limit: 1 });
    const [{ name }] = keys as [{ name: string }];
    const whole = (await bindings.RESULTS.get(name, 'arrayBuffer')) as ArrayBuffer;
    const bytes = new Uint8Array(whole.slice(0));
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    await bindings.RESULTS.put(name, bytes);
    expect((await damaged()).found).toEqual([...before.found, name]);
    await bindings.RESULTS.put(name, whole);
  });
});

describe('the records of tenants', () => {
  it('bring a tenant back with its policy and its keys, and change nothing the second time', async () => {
    const made = await ask('/admin/tenants/stores_new', request('PUT', 'stores-ops', { methods: ['saliency'] }));
    expect(made.status).toBe(201);
    const { key } = await operate<{ key: string }>('POST', '/admin/tenants/stores_new/keys', {});
    await operate('POST', '/admin/tenants/stores_new/purge', {});
    const { records } = await operate<{ records: Record<string, TenantRecord> }>(
      'GET',
      '/admin/records?after=stores_m',
    );
    const backup = records.stores_new as TenantRecord;
    await ask('/admin/tenants/stores_new', request('DELETE', 'stores-ops', undefined, { 'If-Match': '*' }));
    expect((await ask('/v2/models', request('GET', key))).status).toBe(401);
    const restore = () => operate('PUT', '/admin/records/stores_new', backup);
    expect(await restore()).toEqual({ tenant: 'stores_new', changed: true });
    expect(await restore()).toEqual({ tenant: 'stores_new', changed: false });
    expect((await ask('/v2/models', request('GET', key))).status).toBe(200);
    // The purge after the backup stays: its count is the greater one.
    const after = await operate<{ records: Record<string, TenantRecord> }>('GET', '/admin/records?after=stores_m');
    expect(after.records.stores_new?.generation.tenant).toBe(2);
    expect(after.records.stores_new?.keys).toEqual(backup.keys);
  });
});

describe('the files of an uploaded version', () => {
  it('are given to the owner and to an operator, byte for byte', async () => {
    const { files } = (await kept()).versions['1'] as Owned['versions'][string];
    for (const [key, query] of [
      ['stores-acme', ''],
      ['stores-ops', '?owner=tenants/stores_acme'],
    ] as const) {
      const listed = await ask(`/v2/models/kept/versions/1/files${query}`, request('GET', key));
      expect(((await listed.json()) as { files: object[] }).files).toHaveLength(2);
      const file = await ask(`/v2/models/kept/versions/1/files/model.onnx${query}`, request('GET', key));
      const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
      expect([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(
        files['model.onnx'],
      );
    }
    const own = await ask('/v2/models/kept/versions/1/files', request('GET', 'stores-ops'));
    expect(own.status).toBe(404);
    const theirs = await ask('/v2/models/kept/versions/1/files?owner=shared', request('GET', 'stores-acme'));
    expect(theirs.status).toBe(403);
  });

  it('are stored for another owner by an operator, with the same digests', async () => {
    const file = async (path: string) =>
      new Uint8Array(
        await (await ask(`/v2/models/kept/versions/1/files/${path}`, request('GET', 'stores-acme'))).arrayBuffer(),
      );
    const [model, manifest] = [
      await file('model.onnx'),
      JSON.parse(new TextDecoder().decode(await file('manifest.json'))),
    ];
    const head = { manifest, files: [{ path: 'model.onnx', binary_data_size: model.length }] };
    const path = '/v2/models/kept/versions/1?owner=tenants/stores_other';
    expect((await ask(path, uploadOf('stores-ops', head, model))).status).toBe(201);
    expect((await ask(path, uploadOf('stores-ops', head, model))).status).toBe(200);
    const { models } = await operate<{ models: Owned[] }>('GET', '/admin/models');
    const copies = models.filter(({ name }) => name === 'kept').map(({ versions }) => versions['1']?.files);
    expect(copies).toHaveLength(2);
    expect(copies[0]).toEqual(copies[1]);
  });
});
