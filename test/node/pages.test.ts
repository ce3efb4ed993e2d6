import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ownModelFiles } from '../../src/node/own-model-files.ts';
import { filePages } from '../../src/node/pages.ts';

const NO_HEADERS = new Headers();
let root: string;

async function put(path: string, content: string): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), content);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'whylight-pages-'));
  await put('dist/playground/index.html', '<title>page</title>');
  await put('dist/playground/files/page-1.js', 'let a');
  await put('dist/vendor/onnxruntime-web/ort-wasm-simd-threaded.wasm', 'engine');
  await put('generated/assets/docs/tasks.html', 'tasks');
  await put('secret.json', '{}');
  await put('models/net.onnx', 'net');
  await put('models/net.data', 'weights');
  await put('models/labels.txt', 'a\nb');
  await put('models/other.onnx', 'other');
});

const get = async (path: string, own?: string) => {
  const response = await filePages(root, own === undefined ? undefined : await ownModelFiles(join(root, own)))(
    path,
    NO_HEADERS,
  );
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};

describe('filePages', () => {
  it('answers with the index of a folder and its media type', async () => {
    const page = { status: 200, type: 'text/html; charset=utf-8', text: '<title>page</title>' };
    expect(await get('/playground/')).toEqual(page);
  });

  it('answers with scripts as JavaScript, which browsers demand', async () => {
    expect((await get('/playground/files/page-1.js')).type).toBe('text/javascript; charset=utf-8');
  });

  it('takes the engine of the package where the page was packed without one', async () => {
    const engine = { status: 200, type: 'application/wasm', text: 'engine' };
    expect(await get('/playground/files/ort-wasm-simd-threaded-AbC.wasm')).toEqual(engine);
  });

  it('has no build of the engine for WebGPU, which the package leaves out', async () => {
    expect((await get('/playground/files/ort-wasm-simd-threaded.jspi-AbC.wasm')).status).toBe(404);
  });

  it('finds a document without its extension', async () => {
    expect((await get('/docs/tasks')).text).toBe('tasks');
  });

  it.each(['/playground/../../secret.json', '/playground/%2e%2e/%2e%2e/secret.json', '/docs/%', '/docs/none'])(
    'answers 404 for %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it('lists and serves the model that the page opens, and no file beside it that is not of the model', async () => {
    const listed = JSON.parse((await get('/playground/own/index.json', 'models/net.onnx')).text);
    expect(listed.sort()).toEqual(['labels.txt', 'net.data', 'net.onnx']);
    expect((await get('/playground/own/net.onnx', 'models/net.onnx')).text).toBe('net');
    expect((await get('/playground/own/other.onnx', 'models/net.onnx')).status).toBe(404);
  });
});

describe('ownModelFiles', () => {
  it('takes a folder with every file of a model in it', async () => {
    expect((await ownModelFiles(join(root, 'models'))).paths.toSorted()).toEqual([
      'labels.txt',
      'net.data',
      'net.onnx',
      'other.onnx',
    ]);
  });

  it.each([
    ['a path that does not exist', 'models/none.onnx', 'model_not_found'],
    ['a folder without a model', 'dist', 'model_not_found'],
  ])('refuses %s', async (_, path, code) => {
    await expect(ownModelFiles(join(root, path))).rejects.toMatchObject({ code });
  });
});
