/** Models, backup, restore and verify against the real Worker in workerd, as an operator types them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeOperatedProject, OPERATOR_KEY } from '../../bench/support/operated-project.ts';
import type { Project } from '../../bench/support/project.ts';
import { type Bundle, bundle, type RunningWorker, startWorker } from '../../bench/support/worker.ts';
import { filesIn, operator } from '../support/operator.ts';
import { startS3 } from '../support/s3-server.ts';

const work = mkdtempSync(join(tmpdir(), 'whylight-backup-'));
const IMAGE = readFileSync('examples/photos/cat.jpg');
let project: Project;
let built: Bundle;
let worker: RunningWorker;

beforeAll(async () => {
  project = await makeOperatedProject();
  built = await bundle(project.folder);
  worker = await startWorker(built, { state: join(work, 'state-1') });
}, 180_000);

afterAll(async () => {
  await worker?.stop();
  await project?.remove();
  rmSync(work, { recursive: true, force: true });
});

const { whylight, inJson } = operator(() => worker.address);

async function explain(model: string, key: string): Promise<unknown> {
  const response = await fetch(`${worker.address}/v2/models/${model}/explain?method=grad_cam`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg', 'X-Api-Key': key, 'Cache-Control': 'no-store' },
    body: IMAGE,
  });
  const { model_version, outputs, code } = (await response.json()) as Record<string, unknown>;
  return { status: response.status, model_version, outputs, code };
}

const operate = async (method: string, path: string, body: unknown): Promise<Record<string, unknown>> => {
  const headers = { 'X-Api-Key': OPERATOR_KEY, 'Content-Type': 'application/json' };
  const response = await fetch(`${worker.address}${path}`, { method, headers, body: JSON.stringify(body) });
  const answer = (await response.json()) as Record<string, unknown>;
  expect([path, response.ok, answer]).toEqual([path, true, answer]);
  return answer;
};

describe('whylight models', () => {
  it('pushes a folder, lists, pins, and pulls the same files back', async () => {
    const pushed = await inJson<{ methods: string[] }>('models', 'push', 'models/cifar10', '--as', 'tiny@1');
    expect(pushed.methods).toContain('grad_cam');
    await inJson('models', 'pin', 'tiny@1');
    await inJson('models', 'push', 'models/cifar10', '--as', 'tiny@2');
    const { models } = await inJson<{ models: object[] }>('models', 'list', 'tiny');
    expect(models).toMatchObject([
      { name: 'tiny', default: '1', pinned: true, versions: [{ version: '1' }, { version: '2' }] },
    ]);
    const out = join(work, 'pulled');
    expect(await inJson('models', 'pull', 'tiny', '-o', out)).toMatchObject({ version: '1', fetched: 2 });
    expect(readFileSync(join(out, 'model.onnx')).equals(readFileSync('models/cifar10/model.onnx'))).toBe(true);
    expect(await inJson('models', 'pull', 'tiny', '-o', out)).toMatchObject({ fetched: 0 });
    // Half a file, as an interrupted run leaves it.
    writeFileSync(join(out, 'model.onnx'), readFileSync(join(out, 'model.onnx')).subarray(0, 1000));
    expect(await inJson('models', 'pull', 'tiny', '-o', out)).toMatchObject({ fetched: 1 });
    expect(await inJson('models', 'push', out, '--as', 'copied@1')).toMatchObject({ version: '1' });
  });

  it('pushes a model of texts with its tokenizer, which then explains a text', async () => {
    await inJson('models', 'push', 'models/movie_reviews', '--as', 'words');
    const response = await fetch(`${worker.address}/v2/models/words/explain?method=occlusion`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain', 'X-Api-Key': OPERATOR_KEY },
      body: 'an excellent film with a weak plot',
    });
    expect([response.status, await response.json()]).toMatchObject([200, { model_name: 'words' }]);
    await inJson('models', 'delete', 'words');
    expect((await whylight('models', 'pull', 'words')).stderr).toContain('model_not_found');
  });

  it('refuses a file that is no model before anything is sent, and a second content under a version', async () => {
    const file = join(work, 'broken.onnx');
    writeFileSync(file, 'no model');
    expect(await whylight('models', 'push', file, '--as', 'broken@1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('invalid_model'),
    });
    expect(await whylight('models', 'push', 'models/italy_power', '--as', 'tiny@1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('conflict'),
    });
    expect((await whylight('models', 'list', '--server', 'http://127.0.0.1:9', '--key', 'x')).stderr).toContain(
      'cannot be reached',
    );
  });
});

describe('whylight batch --jobs', () => {
  it('explains images through the queue of the deployment, each once, and keeps them for the next run', async () => {
    const out = join(work, 'jobs.ndjson');
    const images = ['cat', 'tabby'].map((name) => `examples/photos/${name}.jpg`);
    const run = () =>
      inJson('batch', ...images, '--model', 'cifar10', '--method', 'saliency', '--jobs', '-o', out, '--no-thumbnails');
    expect(await run()).toMatchObject({ explained: 2, resumed: 0, failed: 0 });
    const lines = readFileSync(out, 'utf8').trim().split('\n').slice(1);
    expect(lines.map((line) => (JSON.parse(line) as { run: { route: string } }).run.route)).toEqual(['job', 'job']);
    expect(await run()).toMatchObject({ explained: 0, resumed: 2 });
  });
});

describe('whylight backup and restore', () => {
  it('bring tenants and models to an empty deployment, with the same answers, and change nothing twice', async () => {
    await inJson('models', 'push', 'models/cifar10', '--as', 'own@7', '--owner', 'tenants/acme');
    await operate('PUT', '/admin/tenants/acme', { methods: ['grad_cam'], models: ['tiny', 'own'] });
    const { key } = (await operate('POST', '/admin/tenants/acme/keys', {
      scopes: ['explain', 'predict', 'admin'],
    })) as {
      key: string;
    };
    const before = [await explain('tiny', key), await explain('own', key)];
    expect(before).toMatchObject([
      { status: 200, model_version: '1' },
      { status: 200, model_version: '7' },
    ]);
    const folder = join(work, 'backup');
    const saved = await inJson<{ models: number; versions: number; fetched: number }>('backup', folder);
    expect(saved).toMatchObject({ models: 3, versions: 4, fetched: 8, damaged: [] });
    expect(await inJson('backup', folder)).toMatchObject({ fetched: 0 });
    expect(await inJson('verify', folder)).toMatchObject({ checked: { models: 8 }, damaged: [] });

    await worker.stop();
    worker = await startWorker(built, { state: join(work, 'state-2') });
    expect(await explain('tiny', key)).toMatchObject({ status: 401 });
    expect(await inJson('restore', folder)).toMatchObject({ uploaded: 4, present: 0 });
    // Isolates believe for ten seconds that a key or a model does not exist.
    await expect.poll(() => explain('tiny', key)).toEqual(before[0]);
    expect(await explain('own', key)).toEqual(before[1]);
    expect(await inJson('restore', folder)).toMatchObject({ uploaded: 0, present: 4, changed: 0 });
    const again = join(work, 'backup-2');
    await inJson('backup', again);
    expect(
      filesIn(again)
        .map((name) => name.split('/').at(-1))
        .sort(),
    ).toEqual(
      filesIn(folder)
        .map((name) => name.split('/').at(-1))
        .sort(),
    );
  });

  it('are refused for a folder without a finished backup', async () => {
    const folder = join(work, 'unfinished');
    mkdirSync(folder);
    expect((await whylight('restore', folder)).stderr).toContain('backup.json');
  });
});

describe('whylight verify', () => {
  it('finds a whole deployment whole', async () => {
    const { checked, damaged } = await inJson<{ checked: Record<string, number>; damaged: object[] }>('verify');
    expect(damaged).toEqual([]);
    expect(checked).toMatchObject({ models: 8, answers: expect.any(Number), jobs: 0 });
  });

  it('names a damaged and a missing file of a backup, and ends with 1', async () => {
    const folder = join(work, 'backup');
    const files = filesIn(folder).filter((name) => /shared.tiny.files/.test(name));
    const large = files.filter((name) => statSync(join(folder, name)).size > 100_000);
    const bytes = readFileSync(join(folder, large[0] as string));
    bytes[1000] = (bytes[1000] as number) ^ 1;
    writeFileSync(join(folder, large[0] as string), bytes);
    rmSync(join(folder, large[1] as string));
    const { code, stdout } = await whylight('verify', folder);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^damaged {2}models {2}shared\/tiny [12] model\.onnx$/m);
    expect(stdout).toMatch(/^missing {2}models {2}shared\/tiny [12] model\.onnx$/m);
    expect(stdout).toMatch(/models: 8 read .*; 2 damaged$/m);
  });

  it('names the damaged file of a bucket over the API of S3', async () => {
    const folder = join(work, 'backup', 'models');
    const objects = new Map(filesIn(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
    const s3 = await startS3('models', objects, 2);
    try {
      const { code, stdout } = await whylight('verify', 's3://models', '--endpoint', s3.endpoint);
      expect([code, stdout]).toEqual([
        1,
        expect.stringMatching(/^damaged {2}models {2}shared\/tiny [12] model\.onnx$/m),
      ]);
    } finally {
      await s3.stop();
    }
  });

  it('checks the models of a build, and names one that was changed', async () => {
    expect((await whylight('verify', 'generated/assets')).code).toBe(0);
    const folder = join(work, 'shipped');
    mkdirSync(folder);
    for (const name of ['manifest.json', 'model.sha256', 'model.onnx']) {
      writeFileSync(join(folder, name), readFileSync(join('generated/assets/cifar10', name)));
    }
    expect((await whylight('verify', folder)).code).toBe(0);
    const bytes = readFileSync(join(folder, 'model.onnx'));
    writeFileSync(join(folder, 'model.onnx'), bytes.subarray(0, -1));
    expect(await whylight('verify', folder)).toMatchObject({ code: 1, stdout: expect.stringContaining('damaged') });
  });
});

describe('whylight erase', () => {
  it('erases the answers of a tenant, and tells how many there were', async () => {
    await operate('PUT', '/admin/tenants/gone', {});
    const { key } = await operate('POST', '/admin/tenants/gone/keys', {});
    const response = await fetch(`${worker.address}/v2/models/cifar10/explain?method=saliency`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg', 'X-Api-Key': key as string },
      body: IMAGE,
    });
    expect(response.status).toBe(200);
    // Answers are stored behind the response.
    const erased = () => inJson<{ answers: number }>('erase', '--tenant', 'gone');
    await expect.poll(async () => (await erased()).answers, { interval: 1000 }).toBe(1);
    expect(await erased()).toEqual({ answers: 0, jobs: 0, models: 0 });
  });

  it('names a tenant that does not exist', async () => {
    const { code, stderr } = await whylight('erase', '--tenant', 'nobody');
    expect([code, stderr]).toEqual([1, expect.stringContaining('There is no tenant with this name')]);
  });
});
