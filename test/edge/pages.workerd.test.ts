/** Assets that the Worker serves: the page to everybody, a model's file only where its manifest says so. */
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/core/digest.ts';
import { assetModels } from '../../src/edge/models/assets.ts';
import { ModelCatalogue } from '../../src/edge/models/catalogue.ts';
import { appWith, bindings } from '../support/app.ts';

const ask = appWith();

/** Headers that a browser sends. */
const page = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

describe('GET /', () => {
  it('says to clients that ask for no page that the server is alive', async () => {
    expect(await (await ask('/')).json()).toEqual({ status: 'alive' });
  });

  it('answers with a Content-Security-Policy that allows no other origin and no inline code', async () => {
    const response = await ask('/', page);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toMatch(/^text\/html/);
    const policy = response.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|https?:|\*/);
  });

  it('serves the scripts of the page as immutable', async () => {
    const html = await (await ask('/', page)).text();
    const [script] = /\/playground\/files\/[\w-]+\.js/.exec(html) ?? [];
    const response = await ask(script ?? '');
    expect(response.headers.get('Content-Type')).toMatch(/javascript/);
    expect(response.headers.get('Cache-Control')).toContain('immutable');
    await response.body?.cancel();
  });

  it.each(['/cifar10/model.onnx', '/playground/../cifar10/model.onnx', '/playground/..%2fcifar10/model.onnx'])(
    'returns 404 for the unpublished path %s',
    async (path) => {
      const response = await ask(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'not_found' });
    },
  );
});

describe('GET /v2/models/{model}/file', () => {
  it('returns the ONNX file of a downloadable model, and 304 for its ETag', async () => {
    const { digest, downloadable } = (await (await ask('/v2/models/cifar10')).json()) as Record<string, unknown>;
    expect(downloadable).toBe(true);
    const response = await ask('/v2/models/cifar10/file');
    expect(response.status).toBe(200);
    expect(await sha256Hex(new Uint8Array(await response.arrayBuffer()))).toBe(digest);
    const again = await ask('/v2/models/cifar10/file', {
      headers: { 'If-None-Match': response.headers.get('ETag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  it('returns 403 for a model that is not downloadable', async () => {
    const store = assetModels(bindings.MODELS, { cifar10: 'models/cifar10' }, 'models');
    const closed = appWith({
      models: new ModelCatalogue({
        names: store.names,
        async open(name) {
          const source = await store.open(name);
          return { ...source, manifest: { ...source.manifest, downloadable: false } };
        },
      }),
    });
    const response = await closed('/v2/models/cifar10/file');
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'forbidden' });
  });
});
