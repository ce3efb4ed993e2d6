/** Uploads that do not end, or take too long on a row of zeros: in the inspection's own thread, and at a real origin. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import type { ModelBundle } from '../../src/edge/models/model-bundle.ts';
import { OriginClient } from '../../src/edge/origin/origin-client.ts';
import { OriginRunner } from '../../src/edge/origin/origin-runner.ts';
import { FileStore } from '../../src/node/file-store.ts';
import { serve } from '../../src/node/serve.ts';
import { UploadInspector } from '../../src/node/upload-inspector.ts';
import { UploadedModels } from '../../src/node/uploaded-models.ts';
import { ORIGIN } from '../support/origin-settings.ts';
import { growingLoop, slowLoop, whileLoop } from '../support/while-loop.ts';

const secret = 'a secret that has more than 32 characters';
const cifar = new Uint8Array(readFileSync('models/cifar10/model.onnx'));
const folder = mkdtempSync(join(tmpdir(), 'whylight-endless-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const manifest = new TextEncoder().encode(JSON.stringify({ name: 'mine', version: '1', file: 'model.onnx' }));
const filesOf = (bytes: Uint8Array) => ({ 'manifest.json': sha256(manifest), 'model.onnx': sha256(bytes) });
const bundleOf = (bytes: Uint8Array): ModelBundle => ({
  files: filesOf(bytes),
  open: async (digest) => new Blob([(digest === sha256(bytes) ? bytes : manifest) as Uint8Array<ArrayBuffer>]).stream(),
});

describe('an UploadInspector', async () => {
  const uploads = new UploadedModels(await FileStore.open({ folder: join(folder, 'own'), bytes: 2 ** 26 }), 2 ** 26);
  const inspector = new UploadInspector({ uploads, waiting: 2, accepting: () => true, trialMs: 2000 });
  async function inspect(bytes: Uint8Array) {
    for (const file of [manifest, bytes]) {
      await uploads.put(sha256(file), Readable.from([file]));
    }
    return inspector.prepare('mine', filesOf(bytes))(new AbortController().signal);
  }

  it('refuses a model that takes too long on a row of zeros, and tries the next one', async () => {
    const slow = inspect(slowLoop(1000));
    const next = inspect(cifar);
    await expect(slow).rejects.toMatchObject({
      code: 'invalid_model',
      message: expect.stringMatching(/did not finish within 2 s .* smaller trip counts/),
      details: { max_milliseconds: 2000 },
    });
    expect((await next).digest).toBe(sha256(cifar));
  });

  it('refuses a loop that its data alone bound, though it ends on a row of zeros', async () => {
    await expect(inspect(whileLoop(-1))).rejects.toMatchObject({
      code: 'invalid_model',
      message: expect.stringContaining('for as long as the data say'),
    });
  });

  it('refuses a model whose loop takes ever more memory, and tries the next one', async () => {
    await expect(inspect(growingLoop(40))).rejects.toMatchObject({ code: 'engine_failure' });
    expect((await inspect(cifar)).digest).toBe(sha256(cifar));
  });
});

describe('an origin that is sent a model that takes minutes', () => {
  it('answers questions meanwhile, ends the run at the deadline, and inspects the next model', async () => {
    const settings = { models: { cifar10: 'models/cifar10' }, secret, host: '127.0.0.1', port: 0 };
    const origin = await serve({ ...ORIGIN, ...settings, uploads: { folder: join(folder, 'origin'), bytes: 2 ** 26 } });
    try {
      const runner = new OriginRunner(new OriginClient({ urls: [origin.url], secret }));
      await runner.inspect('mine', { bundle: bundleOf(slowLoop(1)), deadline: 60_000 });
      let isOver = false;
      const slow = runner.inspect('mine', { bundle: bundleOf(slowLoop(1000)), deadline: 4000 }).finally(() => {
        isOver = true;
      });
      const outcome = expect(slow).rejects.toMatchObject({ code: 'deadline_exceeded' });
      const statuses: number[] = [];
      while (!isOver) statuses.push((await predict(origin.url)).status);
      await outcome;
      expect(statuses.length).toBeGreaterThan(5);
      expect(new Set(statuses)).toEqual(new Set([200]));
      const next = await runner.inspect('mine', { bundle: bundleOf(cifar), deadline: 60_000 });
      expect(next.digest).toBe(sha256(cifar));
    } finally {
      await origin.stop();
    }
  });
});

const predict = (url: string) =>
  fetch(`${url}/v2/models/cifar10/infer`, {
    method: 'POST',
    headers: { 'X-Api-Key': 'whylight-demo', 'Content-Type': 'application/json' },
    body: JSON.stringify({
      inputs: [{ name: 'input', shape: [1, 3, 32, 32], datatype: 'FP32', data: new Array(3072).fill(0.5) }],
    }),
  });
