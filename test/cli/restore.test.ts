/** Damaged backups and stores, and odd names, against the real Worker in workerd. */
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeOperatedProject } from '../../bench/support/operated-project.ts';
import { HOST } from '../../bench/support/processes.ts';
import type { Project } from '../../bench/support/project.ts';
import { bundle, type RunningWorker, startWorker } from '../../bench/support/worker.ts';
import { filesIn, operator } from '../support/operator.ts';

const work = mkdtempSync(join(tmpdir(), 'whylight-restore-'));
const BACKUP = join(work, 'backup');
let project: Project;
let worker: RunningWorker;
const { whylight, inJson } = operator(() => worker.address);

beforeAll(async () => {
  project = await makeOperatedProject();
  worker = await startWorker(await bundle(project.folder), { state: join(work, 'state') });
  await inJson('models', 'push', 'models/cifar10', '--as', 'tiny@1');
  await inJson('models', 'pin', 'tiny@1');
  await inJson('models', 'push', 'models/cifar10', '--as', 'tiny@2');
  await inJson('models', 'push', 'models/cifar10', '--as', 'copied@1');
  await inJson('backup', BACKUP);
}, 180_000);

afterAll(async () => {
  await worker?.stop();
  await project?.remove();
  rmSync(work, { recursive: true, force: true });
});

/** Flips a bit of a stored file of this size, as a disk does. @returns number of files that have it */
function damageStore(size: number): number {
  const folder = join(work, 'state');
  const found = filesIn(folder).filter((name) => /blobs/.test(name) && statSync(join(folder, name)).size === size);
  for (const name of found) flipBit(join(folder, name));
  return found.length;
}

function flipBit(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  writeFileSync(path, bytes);
}

describe('whylight restore of a damaged backup', () => {
  const damagedCopy = (damage: (model: string) => void): string => {
    const folder = mkdtempSync(join(work, 'damaged-'));
    cpSync(BACKUP, folder, { recursive: true });
    damage(join(folder, 'models/shared/copied'));
    return folder;
  };
  const fileIn = (model: string, isLarge: boolean) => {
    const files = filesIn(model).filter((name) => name.startsWith('files'));
    return join(model, files.find((name) => statSync(join(model, name)).size > 100_000 === isLarge) as string);
  };
  const editIndex = (model: string, edit: (entry: Record<string, unknown>) => void) => {
    const index = JSON.parse(readFileSync(join(model, 'index.json'), 'utf8'));
    edit(index.versions['1']);
    writeFileSync(join(model, 'index.json'), JSON.stringify(index));
  };

  it.each<[string, (model: string) => void, RegExp]>([
    ['a manifest with a flipped bit', (model) => flipBit(fileIn(model, false)), /copied 1 manifest.json \(damaged\)/],
    ['an ONNX file with a flipped bit', (model) => flipBit(fileIn(model, true)), /copied 1 model.onnx \(damaged\)/],
    ['a missing file', (model) => rmSync(fileIn(model, true)), /copied 1 model.onnx \(missing\)/],
    [
      'a digest that leads out of the folder',
      (model) =>
        editIndex(model, ({ files }) => Object.assign(files as object, { 'labels.txt': '../../../../../secret' })),
      /copied.index.json \(damaged\)/,
    ],
    [
      'an upload that leads out of the folder',
      (model) => editIndex(model, (one) => Object.assign(one, { upload: '..' })),
      /index.json/,
    ],
    [
      'a version with the digest of another model',
      (model) => editIndex(model, (one) => Object.assign(one, { digest: '0'.repeat(64) })),
      /has the digest [0-9a-f]{64}, but 0000/,
    ],
  ])('uploads nothing of %s', async (_, damage, message) => {
    await whylight('models', 'delete', 'copied');
    writeFileSync(join(work, 'secret'), 'secret');
    const { code, stderr } = await whylight('restore', damagedCopy(damage));
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect((await whylight('models', 'list', 'copied')).stderr).toContain('model_not_found');
  });

  it('sends nothing of records whose name leads to another route', async () => {
    const folder = damagedCopy(() => undefined);
    writeFileSync(join(folder, 'tenants.json'), JSON.stringify({ '..': {} }));
    expect(await whylight('restore', folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('".."') });
  });
});

describe('a damaged file of a deployment', () => {
  const size = statSync('models/cifar10/model.onnx').size;
  const damagedIn = async () => (await whylight('verify')).stdout.match(/^damaged {2}models {2}.*$/gm) ?? [];

  it('is left out of a backup, which saves the rest, names it and ends with 1', async () => {
    expect(await inJson('restore', BACKUP)).toMatchObject({ uploaded: 1, present: 2 });
    expect(damageStore(size)).toBeGreaterThanOrEqual(3);
    expect(await damagedIn()).toHaveLength(3);
    const folder = join(work, 'rest');
    const { code, stdout } = await whylight('backup', folder);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^damaged and not saved: shared\/copied 1: .*model.onnx/m),
    ]);
    expect(stdout).toMatch(/2 models in 0 versions/);
    expect(filesIn(folder)).toEqual(expect.arrayContaining(['backup.json', 'tenants.json']));
    expect((await whylight('verify', folder)).code).toBe(0);
    // A folder that has the file from before keeps it.
    expect(await inJson('backup', BACKUP)).toMatchObject({ versions: 3, fetched: 0, damaged: [] });
  }, 120_000);

  it('is repaired by restore, and by the same push', async () => {
    expect(await inJson('restore', BACKUP)).toMatchObject({ uploaded: 0, repaired: 3, present: 0 });
    expect(await damagedIn()).toEqual([]);
    damageStore(size);
    expect(await inJson('models', 'push', 'models/cifar10', '--as', 'copied@1')).toMatchObject({
      repaired: ['model.onnx'],
    });
    expect(await damagedIn()).toHaveLength(2);
    expect(await inJson('restore', BACKUP)).toMatchObject({ repaired: 2, present: 1 });
    expect(await damagedIn()).toEqual([]);
  }, 120_000);
});

describe('whylight models delete', () => {
  it('refuses a model in use, and names the versions', async () => {
    await inJson('models', 'rollout', 'tiny', '--canary', '2');
    const { code, stderr } = await whylight('models', 'delete', 'tiny');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/version 1 is pinned, version 2 is the canary/)]);
    await inJson('models', 'rollout', 'tiny', '--canary', 'none');
  });

  it.each(['../../admin/tenants/acme', 'a/../../x', '..', 'tiny@../../x', 'tiny?owner=x'])(
    'refuses the name %s before anything is sent',
    async (name) => {
      for (const action of ['delete', 'list', 'pull', 'pin', 'rollout']) {
        const more = action === 'rollout' ? ['--canary', '1'] : [];
        const named = action === 'pin' && !name.includes('@') ? `${name}@1` : name;
        const { code, stderr } = await whylight('models', action, named, ...more, '--server', 'http://127.0.0.1:9');
        expect([action, code, stderr]).toEqual([action, 1, expect.stringContaining('is no name of a model')]);
      }
    },
  );
});

describe('whylight models rollout', () => {
  it('keeps share and tenants that are left out, and refuses a shadow that is the default version', async () => {
    const canaryAfter = async (...more: string[]) =>
      (await inJson<{ canary?: object }>('models', 'rollout', 'tiny', '--canary', ...more)).canary;
    expect(await canaryAfter('2')).toEqual({ version: '2', share: 0.1, tenants: [] });
    expect(await canaryAfter('2', '--share', '0.5')).toMatchObject({ share: 0.5 });
    expect(await canaryAfter('2', '--tenants', 'acme')).toEqual({ version: '2', share: 0.5, tenants: ['acme'] });
    expect(await canaryAfter('2', '--share', '0.2')).toEqual({ version: '2', share: 0.2, tenants: ['acme'] });
    expect(await canaryAfter('none')).toBeUndefined();
    const refused = async (...more: string[]) => (await whylight('models', 'rollout', 'tiny', ...more)).stderr;
    expect(await refused('--shadow', '1')).toContain('compared with itself');
    expect(await refused('--canary', '2', '--tenants', 'No Such')).toContain('no name of a tenant');
  });
});

describe('whylight backup of a server that lists odd names', () => {
  const version = {
    digest: 'a'.repeat(64),
    created: '',
    bytes: 1,
    upload: 'u',
    files: { 'manifest.json': 'b'.repeat(64) },
  };
  const model = { owner: 'shared', name: 'm', damaged: false, versions: { 1: version } };
  it.each<[string, object]>([
    ['an owner', { ...model, owner: '../..' }],
    ['a model', { ...model, name: '../../../../pw' }],
    ['a damaged model', { owner: 'shared', name: '..', damaged: true }],
    ['a version', { ...model, versions: { '../1': version } }],
    ['an upload', { ...model, versions: { 1: { ...version, upload: '../../../u1' } } }],
    ['a digest', { ...model, versions: { 1: { ...version, files: { 'manifest.json': '../x' } } } }],
    ['a file', { ...model, versions: { 1: { ...version, files: { ...version.files, '../x': 'c'.repeat(64) } } } }],
  ])('writes nothing for %s', async (_, listed) => {
    const server = createServer(({ url = '' }, answer) => {
      answer.setHeader('Content-Type', 'application/json');
      answer.end(JSON.stringify(url.startsWith('/admin/records') ? { records: {} } : { models: [listed] }));
    });
    await once(server.listen(0, HOST), 'listening');
    const folder = mkdtempSync(join(work, 'hostile-'));
    try {
      const { port } = server.address() as AddressInfo;
      const { code, stderr } = await whylight('backup', folder, '--server', `http://${HOST}:${port}`);
      expect([code, stderr]).toEqual([1, expect.stringContaining('may lead out of a folder')]);
      expect(filesIn(folder)).toEqual(['tenants.json']);
    } finally {
      server.close();
    }
  });
});
