/** Uploaded models whose files in a real R2 bucket were changed behind the server. */
import { beforeAll, describe, expect, it } from 'vitest';
import { assetModels } from '../../../src/edge/models/assets.ts';
import { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import type { VersionRecord } from '../../../src/edge/models/model-record.ts';
import { r2Files } from '../../../src/edge/models/r2.ts';
import { ModelRegistry } from '../../../src/edge/models/registry.ts';
import type { Log } from '../../../src/edge/observe/log.ts';
import { bindings } from '../../support/app.ts';
import { keyOf, request, tenantApp, uploadOf } from '../../support/tenants.ts';
import { denseModel } from '../../support/tiny-models.ts';

const bucket = bindings.UPLOADS as R2Bucket;
const FOLDER = 'tenants/acme/dense/';

/** Makes an isolate of its own over the same bucket. */
async function isolate() {
  const lines: { level: string; message: string }[] = [];
  const models = new ModelCatalogue(assetModels(bindings.MODELS, { cifar10: 'models/cifar10' }, 'models'), {
    registry: new ModelRegistry({
      files: r2Files(bucket),
      log: (level, message) => void lines.push({ level, message }),
    }),
  });
  const keys = [await keyOf('acme-key', ['predict', 'explain', 'admin'])];
  const requests: unknown[] = [];
  const log: Log = (_, message, facts) => void requests.push({ message, ...facts });
  return { ask: tenantApp({ acme: { keys } }, { log, replaced: { models } }), lines, requests };
}

const question = (): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'X-Api-Key': 'acme-key' },
  body: JSON.stringify({
    parameters: { method: 'saliency' },
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array.from({ length: 16 }, (_, i) => Math.sin(i)) }],
  }),
});

const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

async function explained() {
  const { ask, requests } = await isolate();
  const response = await ask('/v2/models/dense/explain', question());
  return { status: response.status, body: await bodyOf(response), requests };
}

let record: VersionRecord;
const keyOfFile = (path: string) => `${FOLDER}files/${record.upload}/${record.files[path]}`;
const read = async (key: string) => new Uint8Array(await ((await bucket.get(key)) as R2ObjectBody).arrayBuffer());

/** Uploads the model, the same each time. */
async function uploaded() {
  const { graph, external = [] } = denseModel(16);
  const [{ path, data }] = external as [{ path: string; data: Uint8Array }];
  const files = [
    { path: 'model.onnx', binary_data_size: graph.length },
    { path, binary_data_size: data.length },
  ];
  const head = { manifest: { external: [path] }, files };
  const { ask } = await isolate();
  const response = await ask('/v2/models/dense/versions/1', uploadOf('acme-key', head, graph, data));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

beforeAll(async () => {
  expect((await uploaded()).status).toBe(201);
  const index = JSON.parse(new TextDecoder().decode(await read(`${FOLDER}index.json`)));
  record = index.versions['1'];
});

describe('a model in a damaged store', () => {
  const flipped = (bytes: Uint8Array) => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte));
  const halved = (bytes: Uint8Array) => bytes.slice(0, bytes.length >> 1);

  it.each([
    ['has a flipped bit', flipped],
    ['is cut off', halved],
    ['is gone', undefined],
  ])('answers with model_damaged where a file %s, and explains again once it is restored', async (_, damage) => {
    const before = await explained();
    expect(before.status).toBe(200);
    for (const path of Object.keys(record.files)) {
      const key = keyOfFile(path);
      const whole = await read(key);
      if (damage) await bucket.put(key, damage(whole));
      else await bucket.delete(key);
      const { status, body, requests } = await explained();
      expect([path, status, body]).toMatchObject([path, 502, { code: 'model_damaged', model: 'dense', file: path }]);
      // The key is for the log of the operator, not for clients.
      expect(JSON.stringify(body)).not.toContain(key);
      expect(requests).toMatchObject([
        { message: 'request failed', code: 'model_damaged', reason: expect.stringContaining(key) },
        { message: 'request', status: 502, model: 'dense' },
      ]);
      await bucket.put(key, whole);
    }
    expect((await explained()).body).toEqual(before.body);
  });

  it.each([
    ['has a flipped bit', flipped],
    ['is gone', undefined],
  ])('is repaired by the same upload where a file %s, which names the file', async (_, damage) => {
    const before = await explained();
    for (const path of Object.keys(record.files)) {
      const key = keyOfFile(path);
      const whole = await read(key);
      if (damage) await bucket.put(key, damage(whole));
      else await bucket.delete(key);
      expect(await uploaded()).toMatchObject({ status: 200, body: { repaired: [path] } });
      expect(await read(key)).toEqual(whole);
    }
    expect((await explained()).body).toEqual(before.body);
    expect((await uploaded()).body).not.toHaveProperty('repaired');
  });

  it('is left out of the list and named in the log where its index is damaged', async () => {
    const whole = await read(`${FOLDER}index.json`);
    await bucket.put(`${FOLDER}index.json`, halved(whole));
    const { ask, lines } = await isolate();
    expect((await ask('/v2/models', request('GET', 'acme-key'))).status).toBe(200);
    expect(lines).toEqual([{ level: 'error', message: 'a model is left out of the list' }]);
    expect((await explained()).body).toMatchObject({ code: 'model_damaged', file: 'index.json' });
    await bucket.put(`${FOLDER}index.json`, whole);
  });

  it('is deleted whole where its index is damaged, and no single version of it', async () => {
    const whole = await read(`${FOLDER}index.json`);
    await bucket.put(`${FOLDER}index.json`, halved(whole));
    const { ask } = await isolate();
    const one = await ask('/v2/models/dense/versions/1', request('DELETE', 'acme-key'));
    expect([one.status, await bodyOf(one)]).toMatchObject([502, { code: 'model_damaged', file: 'index.json' }]);
    expect((await bucket.list({ prefix: FOLDER })).objects.length).toBeGreaterThan(1);
    expect((await ask('/v2/models/dense', request('DELETE', 'acme-key'))).status).toBe(204);
    expect((await bucket.list({ prefix: FOLDER })).objects).toEqual([]);
    expect((await uploaded()).status).toBe(201);
  });
});

it('assetModels fails with model_damaged for files that differ from those of the build', async () => {
  const fetch = async (url: string) => {
    const response = await bindings.MODELS.fetch(url);
    if (!url.endsWith('.onnx')) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    return new Response(bytes);
  };
  const store = assetModels({ fetch }, { cifar10: 'models/cifar10' }, 'models');
  await expect(store.open('cifar10')).rejects.toMatchObject({
    code: 'model_damaged',
    details: { model: 'cifar10', file: 'model.onnx' },
  });
});
