/** Uploaded models, over a real R2 bucket. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { assetModels } from '../../../src/edge/models/assets.ts';
import { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import { r2Files } from '../../../src/edge/models/r2.ts';
import { ModelRegistry } from '../../../src/edge/models/registry.ts';
import { type Ask, bindings, outputsOf, tensorRequest } from '../../support/app.ts';
import { keyOf, request, tenantApp, uploadOf } from '../../support/tenants.ts';
import { denseModel, identityModel } from '../../support/tiny-models.ts';

const bucket = bindings.UPLOADS as R2Bucket;
/** An isolate of its own over the same bucket. */
const catalogue = () =>
  new ModelCatalogue(assetModels(bindings.MODELS, { cifar10: 'models/cifar10' }, 'models'), {
    registry: new ModelRegistry({ files: r2Files(bucket), log: () => {} }),
  });

let ask: Ask;
let elsewhere: Ask;
let cifar: Uint8Array<ArrayBuffer>;
let manifest: Record<string, unknown>;

beforeAll(async () => {
  const scopes = ['predict', 'explain', 'admin'] as const;
  const tenants = {
    acme: { keys: [await keyOf('acme-key', scopes), await keyOf('acme-user')] },
    rival: { keys: [await keyOf('rival-key', scopes)] },
    ops: { operator: true, keys: [await keyOf('ops-key', scopes)] },
    narrow: { models: ['cifar10'], keys: [await keyOf('narrow-key', scopes)] },
  };
  ask = tenantApp(tenants, { replaced: { models: catalogue() } });
  elsewhere = tenantApp(tenants, { replaced: { models: catalogue() } });
  const read = async (path: string) =>
    new Uint8Array(await (await bindings.MODELS.fetch(`https://assets.invalid/cifar10/${path}`)).arrayBuffer());
  cifar = await read('model.onnx');
  manifest = JSON.parse(new TextDecoder().decode(await read('manifest.json')));
});

const uploadCifar = (key: string, more: object = {}) =>
  uploadOf(
    key,
    { manifest: { ...manifest, ...more }, files: [{ path: 'model.onnx', binary_data_size: cifar.length }] },
    cifar,
  );
const put = (key: string, bytes: Uint8Array): RequestInit => ({
  method: 'PUT',
  headers: { 'X-Api-Key': key, 'Content-Type': 'application/octet-stream', 'Content-Length': String(bytes.length) },
  body: bytes as Uint8Array<ArrayBuffer>,
});
const question = (key: string) => {
  const init = tensorRequest({ method: 'saliency' });
  return { ...init, headers: { 'Content-Type': 'application/json', 'X-Api-Key': key } };
};
const arriving = async () => (await bucket.list({ prefix: 'arriving/' })).objects.map(({ key }) => key);

describe('an uploaded model', () => {
  it('is inspected and usable at once in every isolate', async () => {
    const response = await ask('/v2/models/mine/versions/1', uploadCifar('acme-key'));
    const answer = (await response.json()) as Record<string, unknown>;
    expect([response.status, response.headers.get('Location')]).toEqual([201, '/v2/models/mine/versions/1']);
    expect(answer).toMatchObject({
      name: 'mine',
      version: '1',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      operators_without_rule: [],
      methods: expect.arrayContaining(['saliency', 'grad_cam']),
      memory: { forward: expect.any(Number) },
    });
    for (const isolate of [ask, elsewhere]) {
      const explained = await isolate('/v2/models/mine/explain', question('acme-user'));
      expect(explained.status).toBe(200);
      const shipped = await isolate('/v2/models/cifar10/explain', question('acme-user'));
      const [ours, theirs] = [await outputsOf(explained), await outputsOf(shipped)];
      expect(ours.attribution?.data).toEqual(theirs.attribution?.data);
    }
    const described = await (await ask('/v2/models/mine', request('GET', 'acme-user'))).json();
    expect(described).toMatchObject({ name: 'mine', versions: ['1'], digest: answer.digest });
    expect(await arriving()).toEqual([]);
  });

  it('is accepted again with the same content, and refused with 409 with other content', async () => {
    expect((await ask('/v2/models/mine/versions/1', uploadCifar('acme-key'))).status).toBe(200);
    const other = await ask('/v2/models/mine/versions/1', uploadCifar('acme-key', { description: 'another' }));
    expect([other.status, await other.json()]).toMatchObject([409, { code: 'conflict' }]);
  });

  it('is used in its newest version unless another is pinned', async () => {
    await ask('/v2/models/mine/versions/2', uploadCifar('acme-key', { description: 'second' }));
    const meant = async () =>
      ((await (await ask('/v2/models/mine', request('GET', 'acme-user'))).json()) as { description: string })
        .description;
    expect(await meant()).toBe('second');
    const pinned = await ask('/v2/models/mine/default', request('PUT', 'acme-key', { version: '1' }));
    expect(await pinned.json()).toMatchObject({
      default: '1',
      pinned: true,
      versions: [{ version: '1' }, { version: '2' }],
    });
    expect(await meant()).toBe(manifest.description);
    expect((await ask('/v2/models/mine/versions/1', request('DELETE', 'acme-key'))).status).toBe(409);
    await ask('/v2/models/mine/default', request('PUT', 'acme-key', { version: null }));
    expect((await ask('/v2/models/mine/versions/1', request('DELETE', 'acme-key'))).status).toBe(204);
    expect((await ask('/v2/models/mine/versions/1', request('GET', 'acme-user'))).status).toBe(404);
    // The ONNX file is that of version 2 as well.
    const fresh = tenantApp({ acme: { keys: [await keyOf('acme-user')] } }, { replaced: { models: catalogue() } });
    expect((await fresh('/v2/models/mine/explain', question('acme-user'))).status).toBe(200);
  });

  it('is invisible to other tenants, who may use the same name', async () => {
    const unknown = await ask('/v2/models/mine', request('GET', 'rival-key'));
    const nothing = await ask('/v2/models/none', request('GET', 'rival-key'));
    expect([unknown.status, nothing.status]).toEqual([404, 404]);
    expect(await (await ask('/v2/models', request('GET', 'rival-key'))).json()).toEqual({
      models: [{ name: 'cifar10' }],
    });
    expect((await ask('/v2/models/mine/versions/2', request('DELETE', 'rival-key'))).status).toBe(404);
    // The same name is free for them.
    expect((await ask('/v2/models/mine/versions/2', put('rival-key', identityModel().graph))).status).toBe(201);
    const own = await (await ask('/v2/models/mine', request('GET', 'acme-user'))).json();
    expect(own).toMatchObject({ description: 'second' });
  });

  it('of an operator is available to every tenant that may use its name', async () => {
    expect((await ask('/v2/models/common/versions/1', put('ops-key', identityModel().graph))).status).toBe(201);
    expect((await ask('/v2/models/common', request('GET', 'rival-key'))).status).toBe(200);
    expect((await ask('/v2/models/common', request('GET', 'narrow-key'))).status).toBe(404);
    expect((await ask('/v2/models/common', request('DELETE', 'rival-key'))).status).toBe(404);
    expect((await ask('/v2/models/common', request('DELETE', 'ops-key'))).status).toBe(204);
  });

  it('may have its weights in a separate file', async () => {
    const { graph, external = [] } = denseModel(16);
    const [{ path, data }] = external as [{ path: string; data: Uint8Array }];
    const files = [
      { path: 'model.onnx', binary_data_size: graph.length },
      { path, binary_data_size: data.length },
    ];
    const response = await ask(
      '/v2/models/dense/versions/1',
      uploadOf('acme-key', { manifest: { external: [path] }, files }, graph, data),
    );
    expect([response.status, await response.json()]).toMatchObject([201, { bytes: expect.any(Number) }]);
  });

  it('is deleted together with its files', async () => {
    expect((await ask('/v2/models/dense', request('DELETE', 'acme-key'))).status).toBe(204);
    expect((await ask('/v2/models/dense', request('GET', 'acme-user'))).status).toBe(404);
    expect((await ask('/v2/models/dense', request('DELETE', 'acme-key'))).status).toBe(404);
    expect((await bucket.list({ prefix: 'tenants/acme/dense/files/' })).objects).toEqual([]);
    expect(JSON.stringify(await (await ask('/v2/models', request('GET', 'acme-user'))).json())).not.toContain('dense');
  });
});

describe('concurrent uploads and deletions of one model', () => {
  const weights = identityModel().graph;
  const version = (of: number, key = 'acme-key') => ask(`/v2/models/busy/versions/${of}`, put(key, weights));
  const stored = async () => (await bucket.list({ prefix: 'tenants/acme/busy/files/' })).objects.length;
  const ready = async (of: number) =>
    (await ask(`/v2/models/busy/versions/${of}/ready`, request('GET', 'acme-user'))).status;

  it('never delete the files of a version that is still there', async () => {
    expect((await version(0)).status).toBe(201);
    for (let round = 1; round <= 8; round++) {
      const [added, removed] = await Promise.all([
        version(round),
        elsewhere(`/v2/models/busy/versions/${round - 1}`, request('DELETE', 'acme-key')),
      ]);
      expect([added.status, removed.status]).toEqual([201, 204]);
      const fresh = tenantApp({ acme: { keys: [await keyOf('acme-user')] } }, { replaced: { models: catalogue() } });
      expect((await fresh(`/v2/models/busy/versions/${round}`, request('GET', 'acme-user'))).status).toBe(200);
      expect(await stored()).toBe(2);
    }
    expect(await ready(8)).toBe(200);
  });

  it('create a version once and leave no files behind', async () => {
    const before = await stored();
    const statuses = (await Promise.all([9, 9, 9].map((of) => version(of)))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 200, 201]);
    expect(await stored()).toBe(before + 2);
    expect(await ready(9)).toBe(200);
    await ask('/v2/models/busy', request('DELETE', 'acme-key'));
    expect(await stored()).toBe(0);
  });
});

/** A convolutional classifier of images that are 32 rows high. */
function hugeModel(width: number): Uint8Array {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3, 32, width]);
  const maps = g.op('Relu', [g.op('Conv', [x, g.constant('float32', [4, 3, 1, 1], new Array(12).fill(0.1))])]);
  return write(g.build([g.named(g.op('Flatten', [g.op('GlobalAveragePool', [maps])]), 'y')])).graph;
}

describe('PUT /v2/models/{model}/versions/{version}', () => {
  it.each([
    [
      'bytes that are not ONNX',
      () => put('acme-key', new TextEncoder().encode('not ONNX at all')),
      422,
      'invalid_model',
    ],
    ['a key without the admin scope', () => put('acme-user', identityModel().graph), 403, 'forbidden'],
    [
      'a manifest that names a missing file',
      () =>
        uploadOf(
          'acme-key',
          { manifest: { external: ['w.bin'] }, files: [{ path: 'model.onnx', binary_data_size: 3 }] },
          new Uint8Array(3),
        ),
      400,
      'invalid_request',
    ],
    [
      'a truncated body',
      () => uploadOf('acme-key', { files: [{ path: 'model.onnx', binary_data_size: 30 }] }, new Uint8Array(3)),
      400,
      'invalid_request',
    ],
    ['an empty body', () => put('acme-key', new Uint8Array(0)), 400, 'invalid_request'],
    ['an input of 2^31 columns', () => put('acme-key', hugeModel(2 ** 31)), 413, 'payload_too_large'],
    [
      'an invalid manifest, with a pointer to each mistake',
      () =>
        uploadOf(
          'acme-key',
          {
            manifest: { labels: 5, preprocessing: { size: [0, 3] } },
            files: [{ path: 'model.onnx', binary_data_size: 3 }],
          },
          new Uint8Array(3),
        ),
      400,
      'invalid_request',
      ['#/manifest/labels', '#/manifest/preprocessing/size/0'],
    ],
    [
      'a manifest nested 100000 levels deep',
      () =>
        uploadOf(
          'acme-key',
          `{"manifest":{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}},"files":[{"path":"model.onnx","binary_data_size":3}]}`,
          new Uint8Array(3),
        ),
      400,
      'invalid_request',
    ],
  ])('refuses %s and stores nothing', async (_, init, status, code, pointers: string[] = []) => {
    const response = await ask('/v2/models/bad/versions/1', init());
    const problem = (await response.json()) as { code: string; errors?: { pointer: string }[] };
    expect(problem).toMatchObject({ code });
    expect(problem.errors?.map(({ pointer }) => pointer) ?? []).toEqual(expect.arrayContaining(pointers));
    expect(response.status).toBe(status);
    expect((await ask('/v2/models/bad', request('GET', 'acme-user'))).status).toBe(404);
    expect(await arriving()).toEqual([]);
  });

  it('refuses the name of a built-in model with 403 and an invalid name with 400', async () => {
    expect((await ask('/v2/models/cifar10/versions/9', put('acme-key', identityModel().graph))).status).toBe(403);
    expect((await ask('/v2/models/a%20b/versions/1', put('acme-key', identityModel().graph))).status).toBe(400);
  });
});

describe('the list of models', () => {
  it('is read from the store once in ten seconds, and anew after a change', async () => {
    let [now, lists] = [0, 0];
    const files = r2Files(bucket);
    const below = (prefix: string) => {
      lists += 1;
      return files.below(prefix);
    };
    const registry = new ModelRegistry({ files: { ...files, below }, log: () => {}, clock: () => now });
    const before = await registry.names('tenants/acme');
    expect(await registry.names('tenants/acme')).toEqual(before);
    expect(lists).toBe(1);
    await ask('/v2/models/listed/versions/1', put('acme-key', identityModel().graph));
    now = 10_000;
    expect(await registry.names('tenants/acme')).toEqual([...before, 'listed'].sort());
    await registry.remove('tenants/acme', 'listed');
    expect(await registry.names('tenants/acme')).toEqual(before);
    expect(lists).toBe(3);
  });
});

describe('the rollout of a model', () => {
  const explained = async (app: Ask, key: string, id: string) => {
    const init = question(key);
    const response = await app('/v2/models/rolled/explain', {
      ...init,
      headers: { ...init.headers, 'X-Request-Id': id },
    });
    return [response.status, response.headers.get('X-Whylight-Version')];
  };
  const roll = (body: object) => ask('/v2/models/rolled/rollout', request('PUT', 'ops-key', body));

  beforeAll(async () => {
    await ask('/v2/models/rolled/versions/1', uploadCifar('ops-key'));
    await ask('/v2/models/rolled/default', request('PUT', 'ops-key', { version: '1' }));
    await ask('/v2/models/rolled/versions/2', uploadCifar('ops-key', { description: 'second' }));
  });

  afterAll(async () => {
    await ask('/v2/models/rolled/default', request('PUT', 'ops-key', { version: null }));
    const removed = await ask('/v2/models/rolled', request('DELETE', 'ops-key'));
    expect(removed.status).toBeLessThan(300);
  });

  it('gives the canary its share of the requests, the same for the same id, and all of its tenants', async () => {
    expect((await roll({ canary: { version: '2', share: 0.25, tenants: ['rival'] } })).status).toBe(200);
    const ids = Array.from({ length: 120 }, (_, i) => `rolled-${i}`);
    const versions = await Promise.all(ids.map(async (id) => (await explained(ask, 'acme-user', id))[1]));
    const share = versions.filter((version) => version === '2').length / ids.length;
    expect(share).toBeGreaterThan(0.12);
    expect(share).toBeLessThan(0.4);
    for (const [i, version] of versions.slice(0, 8).entries()) {
      expect(await explained(elsewhere, 'acme-user', `rolled-${i}`)).toEqual([200, version]);
    }
    for (const id of ids.slice(0, 8)) expect(await explained(ask, 'rival-key', id)).toEqual([200, '2']);
  });

  it('keeps the default version in the description, and refuses to delete a canary', async () => {
    const described = (await (await ask('/v2/models/rolled', request('GET', 'acme-user'))).json()) as object;
    expect(described).toMatchObject({ description: manifest.description });
    expect((await ask('/v2/models/rolled/versions/2', request('DELETE', 'ops-key'))).status).toBe(409);
    const whole = await ask('/v2/models/rolled', request('DELETE', 'ops-key'));
    expect([whole.status, await whole.json()]).toMatchObject([
      409,
      { code: 'conflict', detail: expect.stringContaining('version 1 is pinned, version 2 is the canary') },
    ]);
    expect((await roll({ canary: { version: '9', share: 1 } })).status).toBe(404);
    expect((await roll({ canary: { version: '2', share: 2 } })).status).toBe(400);
    const odd = { length: { valueOf: 1, toString: 1 } };
    expect((await roll({ canary: { version: '2', share: 0, tenants: odd } })).status).toBe(400);
    expect((await roll({ canary: null })).status).toBe(200);
    expect(await explained(ask, 'rival-key', 'any')).toEqual([200, '1']);
  });

  it('runs a shadow after the answer, and records how alike the maps are', async () => {
    const facts: object[] = [];
    const scopes = ['predict', 'explain'] as const;
    const shadowed = tenantApp(
      { shadowed: { keys: [await keyOf('shadowed-key', scopes)] } },
      { replaced: { models: catalogue(), shadows: (one) => void facts.push(one) } },
    );
    expect((await roll({ shadow: { version: '2', share: 1 } })).status).toBe(200);
    expect(await explained(shadowed, 'shadowed-key', 'first')).toEqual([200, '1']);
    expect(facts).toEqual([
      {
        tenant: 'shadowed',
        model: 'rolled',
        method: 'saliency',
        version: '1',
        shadow: '2',
        correlation: expect.closeTo(1, 6),
        agreement: 1,
      },
    ]);
    // An answer from the cache runs nothing, and so does its shadow.
    await explained(shadowed, 'shadowed-key', 'second');
    expect(facts).toHaveLength(1);
    await roll({ shadow: null });
  });
});
