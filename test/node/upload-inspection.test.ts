/** Inspection of uploads to the Worker in workerd: at a real origin, and in the isolate where there is none. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeOperatedProject, OPERATOR_KEY } from '../../bench/support/operated-project.ts';
import type { Project } from '../../bench/support/project.ts';
import { bundle, type RunningWorker, startWorker } from '../../bench/support/worker.ts';
import { WhylightError } from '../../src/core/errors.ts';
import type { ModelBundle } from '../../src/edge/models/model-bundle.ts';
import { OriginClient } from '../../src/edge/origin/origin-client.ts';
import { OriginRunner } from '../../src/edge/origin/origin-runner.ts';
import { type Serving, serve } from '../../src/node/serve.ts';
import { ORIGIN } from '../support/origin-settings.ts';
import { reluChain } from '../support/relu-chain.ts';
import { whileLoop } from '../support/while-loop.ts';

const secret = 'a secret that has more than 32 characters';
const cifar = new Uint8Array(readFileSync('models/cifar10/model.onnx'));
const folder = mkdtempSync(join(tmpdir(), 'whylight-inspected-'));
/** Routes that the origin has answered, with the status. */
const answered: string[] = [];
const log = (_: string, message: string, facts: Readonly<Record<string, unknown>> = {}): void => {
  if (message === 'request') answered.push(`${facts.route} ${facts.status}`);
};

let origin: Serving;
let bare: Serving;
let project: Project;
const workers: Record<string, RunningWorker> = {};
beforeAll(async () => {
  const shared = { ...ORIGIN, models: {}, secret, host: '127.0.0.1', port: 0 };
  origin = await serve({ ...shared, log, waiting: 2, uploads: { folder, bytes: 2 ** 26 } });
  bare = await serve(shared);
  project = await makeOperatedProject();
  const built = await bundle(project.folder);
  const at = (url: string) => ({ variables: { ORIGINS: url, ORIGIN_SECRET: secret } });
  workers.isolate = await startWorker(built);
  workers.origin = await startWorker(built, at(origin.url));
  workers.bare = await startWorker(built, at(bare.url));
}, 180_000);
afterAll(async () => {
  for (const worker of Object.values(workers)) await worker.stop();
  await project?.remove();
  await origin.stop();
  await bare.stop();
  rmSync(folder, { recursive: true });
});

let uploads = 0;
async function upload(where: string, bytes: Uint8Array) {
  const response = await fetch(`${workers[where]?.address}/v2/models/model-${++uploads}/versions/1`, {
    method: 'PUT',
    headers: { 'X-Api-Key': OPERATOR_KEY, 'Content-Type': 'application/octet-stream' },
    body: bytes as Uint8Array<ArrayBuffer>,
  });
  const {
    name: _,
    created: __,
    instance: ___,
    request_id: ____,
    ...facts
  } = (await response.json()) as object & {
    [member: string]: unknown;
  };
  return { status: response.status, facts };
}
const list = (where: string) =>
  fetch(`${workers[where]?.address}/v2/models`, { headers: { 'X-Api-Key': 'whylight-demo' } });

describe('the inspection of an upload', () => {
  it('runs at the origin, and gives the same answer there as in the isolate', async () => {
    answered.length = 0;
    const [here, there] = [await upload('isolate', cifar), await upload('origin', cifar)];
    expect(here.status).toBe(201);
    expect(here.facts).toMatchObject({
      methods: expect.arrayContaining(['grad_cam']),
      target_layer: expect.any(String),
    });
    expect(there).toEqual(here);
    expect(answered).toEqual([
      '/origin/inspect 409',
      '/origin/files/:sha256 204',
      '/origin/files/:sha256 204',
      '/origin/inspect 200',
    ]);
  });

  it.each([
    ['bytes that are no model', new Uint8Array(1000).fill(7), 'invalid_model'],
    ['a model that is cut off', cifar.slice(0, 200_000), 'invalid_model'],
    ['a model of too many nodes', reluChain(2600), 'payload_too_large'],
    ['a file of too many nodes', reluChain(10_400), 'payload_too_large'],
    ['a loop that its data alone bound', whileLoop(-1), 'invalid_model'],
  ])('refuses %s in the same words at the origin and in the isolate', async (_, bytes, code) => {
    const [here, there] = [await upload('isolate', bytes), await upload('origin', bytes)];
    expect(here.facts).toMatchObject({ code });
    expect(there).toEqual(here);
  });

  it('runs in the isolate where the origin stores no uploads', async () => {
    expect((await upload('bare', cifar)).status).toBe(201);
  });

  it.each(['origin', 'isolate'])('lets other tenants be answered meanwhile: %s', async (where) => {
    await list(where);
    let isOver = false;
    const uploading = upload(where, reluChain(400)).finally(() => {
      isOver = true;
    });
    const during: number[] = [];
    while (!isOver) {
      const { status } = await list(where);
      if (!isOver) during.push(status);
    }
    expect((await uploading).status).toBe(201);
    expect(during.length).toBeGreaterThan(5);
    expect(new Set(during)).toEqual(new Set([200]));
  });
});

describe('an origin that inspects', () => {
  const runner = () => new OriginRunner(new OriginClient({ urls: [origin.url], secret }));
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  function files(bytes: Uint8Array): ModelBundle {
    const manifest = new TextEncoder().encode(JSON.stringify({ name: 'mine', version: '1', file: 'model.onnx' }));
    const byDigest = new Map([manifest, bytes].map((file) => [sha256(file), file]));
    return {
      files: { 'manifest.json': sha256(manifest), 'model.onnx': sha256(bytes) },
      open: async (digest) => new Blob([byDigest.get(digest) as Uint8Array<ArrayBuffer>]).stream(),
    };
  }

  it('stops at the deadline, and inspects the next model', async () => {
    const long = runner().inspect('long', { bundle: files(reluChain(800)), deadline: 50 });
    await expect(long).rejects.toMatchObject({ code: 'deadline_exceeded' });
    const next = await runner().inspect('mine', { bundle: files(cifar), deadline: 60_000 });
    expect(next.digest).toBe(sha256(cifar));
  });

  it('refuses with Retry-After what would wait too long', async () => {
    const asked = Array.from({ length: 6 }, () =>
      runner().inspect('mine', { bundle: files(reluChain(400)), deadline: 60_000 }),
    );
    const outcomes = await Promise.allSettled(asked);
    const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(3);
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) {
      expect(WhylightError.is(reason, 'origin_unavailable') && reason.details.retry_after).toBeGreaterThan(0);
    }
  });
});
