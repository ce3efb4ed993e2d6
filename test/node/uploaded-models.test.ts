/** Uploaded models at a real origin, over TCP: asked by a runner here, and by the Worker in workerd out of its R2 bucket. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeProject, type Project } from '../../bench/support/project.ts';
import { bundle, type RunningWorker, startWorker } from '../../bench/support/worker.ts';
import { Model } from '../../src/core/model/model.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { readModelFolder } from '../../src/edge/models/folder.ts';
import type { ModelBundle } from '../../src/edge/models/model-bundle.ts';
import { OriginClient } from '../../src/edge/origin/origin-client.ts';
import { filePath } from '../../src/edge/origin/origin-request.ts';
import { OriginRunner } from '../../src/edge/origin/origin-runner.ts';
import { sign } from '../../src/edge/origin/signature.ts';
import { type Serving, serve } from '../../src/node/serve.ts';

const secret = 'a secret that has more than 32 characters';
const CIFAR = 'models/cifar10';
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const pixels = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.03));

const uploads = mkdtempSync(join(tmpdir(), 'whylight-uploads-'));
const kept = () => readdirSync(uploads);
const started = (bytes = 2 ** 26, folder = uploads) =>
  serve({
    models: { cifar10: CIFAR },
    provider: 'cpu',
    threads: 1,
    runs: 2,
    waiting: 16,
    delay: 1,
    secret,
    uploads: { folder, bytes },
    log: () => undefined,
    host: '127.0.0.1',
    port: 0,
  });

let origin: Serving;
beforeAll(async () => {
  origin = await started();
});
afterAll(async () => {
  await origin.stop();
  rmSync(uploads, { recursive: true });
});

const onnx = new Uint8Array(readFileSync(join(CIFAR, 'model.onnx')));
const cifarManifest = JSON.parse(readFileSync(join(CIFAR, 'manifest.json'), 'utf8'));

/** The embedded model under a manifest of its own, as a registry would send it. */
async function upload(
  more: object,
  sent = (bytes: Uint8Array) => new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
) {
  const { labels } = cifarManifest;
  const manifest = new TextEncoder().encode(JSON.stringify({ ...cifarManifest, name: 'mine', ...more }));
  const contents = new Map<string, Uint8Array>([
    ['manifest.json', manifest],
    [cifarManifest.file ?? 'model.onnx', onnx],
  ]);
  if (typeof labels === 'string') contents.set(labels, new Uint8Array(readFileSync(join(CIFAR, labels))));
  const byDigest = new Map([...contents.values()].map((bytes) => [sha256(bytes), bytes]));
  const opened: string[] = [];
  const bundle: ModelBundle = {
    files: Object.fromEntries([...contents].map(([path, bytes]) => [path, sha256(bytes)])),
    async open(digest) {
      opened.push(digest);
      return sent(byDigest.get(digest) as Uint8Array);
    },
  };
  const model = await Model.read(await readModelFolder(async (path) => contents.get(path), 'upload'));
  return { bundle, model, opened };
}

const runnerAt = (url: string) => {
  const origins = new OriginClient({ urls: [url], secret });
  return { origins, runner: new OriginRunner(origins) };
};
const request = (params: object = {}) => ({
  method: 'rise',
  params: { n_masks: 40, ...params },
  seed: 3,
  inputs: { input: float32([1, 3, 32, 32], Float32Array.from(pixels)) },
});
const rights = { methods: '*', parameters: {} } as const;

describe('an origin without the requested model', () => {
  it('receives its files once, and gives the same answer as for its own copy', async () => {
    const { runner } = runnerAt(origin.url);
    const { bundle, model, opened } = await upload({ description: 'sent once' });
    const first = await runner.explain(model, request(), { rights, bundle });
    expect([...opened].sort()).toEqual([...new Set(Object.values(bundle.files))].sort());
    expect(kept().sort()).toEqual([...opened].sort());
    await runner.explain(model, request({ n_masks: 41 }), { rights, bundle });
    expect(opened).toHaveLength(Object.keys(bundle.files).length);
    const shipped = await Model.read(await readModelFolder(async (path) => readFile(join(CIFAR, path)), CIFAR));
    const own = await runner.explain(shipped, request(), { rights });
    expect(first.rows.map(({ target }) => target)).toEqual(own.rows.map(({ target }) => target));
    expect(JSON.stringify(first.rows[0])).toBe(JSON.stringify(own.rows[0]));
  });

  it('receives files that two models share only once, and keeps their manifests apart', async () => {
    const { runner } = runnerAt(origin.url);
    const names = Array.from({ length: 10 }, (_, i) => `class ${i}`);
    const { bundle, model, opened } = await upload({ name: 'other', labels: names });
    const { labels: _, ...rest } = bundle.files;
    const answer = await runner.explain(
      model,
      { ...request(), target: 'class 3' },
      { rights, bundle: { ...bundle, files: rest } },
    );
    expect(opened).toEqual([bundle.files['manifest.json']]);
    expect(answer.rows).toHaveLength(1);
    const first = await upload({ description: 'sent once' });
    await expect(
      runner.explain(first.model, { ...request(), target: 'class 3' }, { rights, bundle: first.bundle }),
    ).rejects.toMatchObject({ code: 'label_not_found' });
  });

  it('accepts concurrent uploads of the same files', async () => {
    const at = mkdtempSync(join(tmpdir(), 'whylight-uploads-'));
    const fresh = await started(2 ** 26, at);
    const { bundle, model, opened } = await upload({ description: 'twice' });
    const answers = await Promise.all(
      [1, 2, 3].map(() => runnerAt(fresh.url).runner.explain(model, request(), { rights, bundle })),
    );
    expect(new Set(answers.map(({ rows }) => JSON.stringify(rows))).size).toBe(1);
    expect(opened.length).toBeGreaterThan(Object.keys(bundle.files).length);
    expect(readdirSync(at).sort()).toEqual([...new Set(Object.values(bundle.files))].sort());
    await fresh.stop();
    rmSync(at, { recursive: true });
  });

  it('stores no truncated file, and stays in use', async () => {
    const at = mkdtempSync(join(tmpdir(), 'whylight-uploads-'));
    const fresh = await started(2 ** 26, at);
    const half = await upload({}, (bytes) => new Blob([bytes.slice(0, bytes.length / 2)]).stream());
    const { runner, origins } = runnerAt(fresh.url);
    await expect(runner.explain(half.model, request(), { rights, bundle: half.bundle })).rejects.toMatchObject({
      code: 'origin_error',
      details: { status: 400 },
    });
    expect(half.opened).toHaveLength(1);
    expect(readdirSync(at)).toEqual([]);
    expect(origins.states[0]?.state).toBe('closed');
    await fresh.stop();
    rmSync(at, { recursive: true });
  });

  it('stores nothing when the connection is lost during an upload', async () => {
    const bytes = onnx.slice(0, 200_000);
    const name = sha256(bytes);
    const path = filePath(name);
    const signed = await sign(secret, { method: 'PUT', path, body: name });
    const { hostname, port } = new URL(origin.url);
    const socket = connect(Number(port), hostname);
    const head = ['PUT', path, 'HTTP/1.1'].join(' ');
    const lines = [head, 'Host: origin', `Content-Length: ${bytes.length}`];
    for (const [header, value] of Object.entries(signed)) lines.push(`${header}: ${value}`);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.write(bytes.subarray(0, 100_000));
    await vi.waitUntil(() => kept().some((file) => file.startsWith('.arriving')));
    socket.destroy();
    await vi.waitUntil(() => !kept().some((file) => file.startsWith('.arriving')));
    expect(kept()).not.toContain(name);
  });

  it('reports that uploads are disabled or that there is no room', async () => {
    const { bundle, model } = await upload({});
    const none = await serve({ ...OPTIONS_WITHOUT_UPLOADS });
    await expect(runnerAt(none.url).runner.explain(model, request(), { rights, bundle })).rejects.toMatchObject({
      code: 'origin_error',
      message: expect.stringContaining('--uploads'),
    });
    await none.stop();
    const at = mkdtempSync(join(tmpdir(), 'whylight-uploads-'));
    const small = await started(1000, at);
    await expect(runnerAt(small.url).runner.explain(model, request(), { rights, bundle })).rejects.toMatchObject({
      code: 'origin_error',
      details: { status: 413 },
    });
    expect(readdirSync(at).filter((file) => file === sha256(onnx))).toEqual([]);
    await small.stop();
    rmSync(at, { recursive: true });
  });

  it('accepts files only with a valid signature for their name', async () => {
    const bytes = new TextEncoder().encode('not from an edge');
    const name = sha256(bytes);
    const put = (headers: Record<string, string>, to = name) =>
      fetch(`${origin.url}${filePath(to)}`, { method: 'PUT', body: bytes, headers });
    expect((await put({})).status).toBe(401);
    const other = 'f'.repeat(64);
    const signed = await sign(secret, { method: 'PUT', path: filePath(other), body: other });
    expect((await put(signed)).status).toBe(401);
    const good = await sign(secret, { method: 'PUT', path: filePath(name), body: name });
    expect((await put(good)).status).toBe(204);
    expect((await put(good)).status).toBe(401);
  });

  it('refuses an unsigned body above the limit with 413', async () => {
    const response = await fetch(`${origin.url}/origin/explain`, {
      method: 'POST',
      body: new Uint8Array(65 * 2 ** 20),
    });
    expect(response.status).toBe(413);
  });
});

const OPTIONS_WITHOUT_UPLOADS = {
  models: { cifar10: CIFAR },
  provider: 'cpu',
  threads: 1,
  runs: 1,
  waiting: 1,
  delay: 1,
  secret,
  log: () => undefined,
  host: '127.0.0.1',
  port: 0,
} as const;

describe('a Worker with a model in its R2 bucket', () => {
  const state = mkdtempSync(join(tmpdir(), 'whylight-state-'));
  let project: Project;
  let worker: RunningWorker;
  beforeAll(async () => {
    project = await makeProject();
    const file = join(project.folder, 'plugins.config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    for (const id of ['acme', 'rival']) {
      const key = { sha256: sha256(new TextEncoder().encode(`${id}-key`)), scopes: ['predict', 'explain', 'admin'] };
      config.tenants[id] = { keys: [key], routes: ['edge', 'origin', 'job'] };
    }
    await writeFile(file, JSON.stringify(config));
    const variables = { ORIGINS: origin.url, ORIGIN_SECRET: secret };
    worker = await startWorker(await bundle(project.folder), { state, variables });
  }, 180_000);
  afterAll(async () => {
    await worker?.stop();
    await project?.remove();
    rmSync(state, { recursive: true });
  });

  const ask = (path: string, key: string, init: RequestInit = {}) =>
    fetch(`${worker.address}${path}`, { ...init, headers: { 'X-Api-Key': key, ...init.headers } });
  const explain = (key: string, parameters: object, headers: Record<string, string> = {}) =>
    ask('/v2/models/mine/explain', key, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({
        parameters: { method: 'rise', n_masks: 40, seed: 3, ...parameters },
        inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels }],
      }),
    });
  const attribution = async (response: Response): Promise<number[]> => {
    const { outputs } = (await response.json()) as { outputs: { name: string; data: number[] }[] };
    return outputs.find(({ name }) => name === 'attribution')?.data as number[];
  };
  async function put(key: string, more: object): Promise<void> {
    const head = JSON.stringify({
      manifest: { ...cifarManifest, labels: Array.from({ length: 10 }, (_, i) => `class ${i}`), ...more },
      files: [{ path: cifarManifest.file ?? 'model.onnx', binary_data_size: onnx.length }],
    });
    const response = await ask('/v2/models/mine/versions/1', key, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': `${head.length}` },
      body: new Blob([head, onnx as Uint8Array<ArrayBuffer>]),
    });
    expect([response.status, await response.clone().json()]).toMatchObject([201, { version: '1' }]);
  }

  it('gives the same explanation at the origin and at the edge', async () => {
    await put('acme-key', { description: 'of the Worker' });
    const there = await explain('acme-key', { route: 'origin' });
    expect([there.status, there.headers.get('X-Whylight-Route')]).toEqual([200, 'origin']);
    const here = await explain('acme-key', { route: 'edge' }, { 'Cache-Control': 'no-cache' });
    expect([here.status, here.headers.get('X-Whylight-Route')]).toEqual([200, 'edge']);
    const [a, b] = [await attribution(there), await attribution(here)];
    expect(a).toHaveLength(3072);
    const scale = Math.max(...b.map(Math.abs));
    expect(Math.max(...b.map((value, i) => Math.abs((a[i] as number) - value))) / scale).toBeLessThan(1e-4);
  });

  it('runs a job at the origin with the same result', async () => {
    const accepted = await explain('acme-key', { route: 'job', seed: 4 });
    expect(accepted.status).toBe(202);
    const location = accepted.headers.get('Location') as string;
    const view = await vi.waitUntil(
      async () => {
        const job = (await (await ask(location, 'acme-key')).json()) as { status: string };
        return job.status !== 'queued' && job.status !== 'running' && job;
      },
      { timeout: 50_000, interval: 200 },
    );
    expect(view).toMatchObject({ status: 'succeeded', attempts: 1 });
    const result = await attribution(await ask(`${location}/result`, 'acme-key'));
    expect(result).toEqual(await attribution(await explain('acme-key', { route: 'origin', seed: 4 })));
  });

  it('keeps models of two tenants apart that share a name and a file', async () => {
    expect((await explain('rival-key', { route: 'origin' })).status).toBe(404);
    await put('rival-key', { labels: Array.from({ length: 10 }, (_, i) => `rival ${i}`) });
    const [own, foreign] = [
      await explain('rival-key', { route: 'origin', target: 'rival 3' }),
      await explain('acme-key', { route: 'origin', target: 'rival 3' }),
    ];
    expect([own.status, foreign.status]).toEqual([200, 404]);
    expect(await foreign.json()).toMatchObject({ code: 'label_not_found' });
  });
});
