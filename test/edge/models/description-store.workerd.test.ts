/** Descriptions of uploaded models over real R2 and KV, between isolates that share nothing else. */
import { beforeAll, expect, it } from 'vitest';
import { assetModels } from '../../../src/edge/models/assets.ts';
import { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import { descriptionStore } from '../../../src/edge/models/description-store.ts';
import { r2Files } from '../../../src/edge/models/r2.ts';
import { ModelRegistry } from '../../../src/edge/models/registry.ts';
import { bindings, tensorRequest } from '../../support/app.ts';
import { cacheIn, damageStored } from '../../support/location-cache.ts';
import { keyOf, tenantApp, uploadOf } from '../../support/tenants.ts';

const bucket = bindings.UPLOADS as R2Bucket;
let tenants: Parameters<typeof tenantApp>[0];

/** A catalogue as an isolate has it that has just started in some location. */
function isolate(location: string, reader = 'of this test') {
  const found: boolean[] = [];
  const { cache, logged, log } = cacheIn(location);
  const store = descriptionStore({ cache, reader, log });
  const models = new ModelCatalogue(assetModels(bindings.MODELS, {}, 'models'), {
    registry: new ModelRegistry({ files: r2Files(bucket), log }),
    descriptions: {
      ...store,
      async get(...asked) {
        const described = await store.get(...asked);
        found.push(described !== undefined);
        return described;
      },
    },
  });
  return { ask: tenantApp(tenants, { replaced: { models } }), logged, found };
}

/** Explains in a fresh isolate. */
async function explained(location: string, reader?: string) {
  const { ask, logged, found } = isolate(location, reader);
  const init = tensorRequest({ method: 'saliency' });
  const headers = { 'Content-Type': 'application/json', 'X-Api-Key': 'den-key', 'Cache-Control': 'no-store' };
  const response = await ask('/v2/models/described/explain', { ...init, headers });
  const { outputs } = (await response.json()) as { readonly outputs: unknown };
  return { status: response.status, outputs, logged, found };
}

/** Descriptions that other tests have stored. */
let others: readonly string[];
const allNames = async () => (await bindings.RESULTS.list({ prefix: 'model-' })).keys.map(({ name }) => name);
const storedNames = async () => (await allNames()).filter((name) => !others.includes(name));

beforeAll(async () => {
  others = await allNames();
  tenants = { den: { keys: [await keyOf('den-key', ['predict', 'explain', 'admin'])] } };
  const read = async (path: string) => (await bindings.MODELS.fetch(`https://assets.invalid/cifar10/${path}`)).bytes();
  const model = await read('model.onnx');
  const manifest = JSON.parse(new TextDecoder().decode(await read('manifest.json')));
  const { ask } = isolate('where it is uploaded');
  const files = [{ path: 'model.onnx', binary_data_size: model.length }];
  const response = await ask('/v2/models/described/versions/1', uploadOf('den-key', { manifest, files }, model));
  expect(response.status).toBe(201);
});

it('describes an uploaded model once for all isolates and locations, and again when what KV has is damaged', async () => {
  const first = await explained('here');
  expect(first).toMatchObject({ status: 200, found: [false], logged: [] });
  const stored = await storedNames();
  expect(stored).toHaveLength(1);
  expect(await explained('elsewhere')).toEqual({ ...first, found: [true] });

  const [name = ''] = stored;
  await damageStored(name);
  const anew = await explained('a third location');
  expect(anew).toMatchObject({ status: 200, outputs: first.outputs, found: [false] });
  expect(anew.logged).toEqual(['a stored answer is damaged']);
  expect(await explained('a fourth location')).toEqual({ ...first, found: [true] });
});

it('takes no description of another build, and keeps one of its own', async () => {
  await explained('of the first build');
  const other = await explained('of another build', 'another build');
  expect(other).toMatchObject({ status: 200, found: [false], logged: [] });
  expect((await explained('of another build later', 'another build')).found).toEqual([true]);
});

it("stores the description of a tenant's model under the tenant, with whose answers it is erased", async () => {
  await explained('of the tenant');
  const { keys } = await bindings.RESULTS.list({ prefix: 'model-' });
  expect(keys.map(({ metadata }) => (metadata as { readonly owner?: string }).owner)).toContain('den');
});
