/** `whylight backup <folder>`: tenants and uploaded models of a deployment, on this machine. */
import { join } from 'node:path';
import { counted } from '../../core/counted.ts';
import { fileKey, indexKey, type VersionRecord } from '../../edge/models/model-record.ts';
import type { TenantRecord } from '../../edge/tenants/record.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { BACKUP_FORMAT, type BackupNote, MODELS, NOTE, TENANTS, writeJson } from '../deployment/backup-folder.ts';
import { DEPLOYMENT_ARGS, type DeploymentClient, deploymentOf } from '../deployment/client.ts';
import { bringFile } from '../deployment/model-download.ts';
import { type StoredModel, storedModels, versionPath } from '../deployment/stored-models.ts';
import { positional } from '../flags.ts';
import { progressBar } from '../progress.ts';

const args = {
  folder: positional('Folder to write; what it holds already is not fetched again', { required: true }),
  ...DEPLOYMENT_ARGS,
  ...JSON_ARG,
} as const;

export default defineCommand({
  name: 'backup',
  description: 'Saves the stored changes of all tenants and every uploaded model of a deployment into a folder.',
  examples: ['whylight backup ./backup --server https://whylight.example.com'],
  args,
  async run({ folder, json, ...flags }) {
    const client = deploymentOf(flags);
    const tenants = await readTenants(client);
    await writeJson(join(folder, TENANTS), tenants);
    const all = await storedModels(client);
    const damaged = all.filter((model) => model.damaged);
    const models = all.filter((model) => !model.damaged);
    const fetched = await saveModels(client, join(folder, MODELS), models);
    const versions = models.reduce((sum, model) => sum + Object.keys(model.versions ?? {}).length, 0);
    const note: BackupNote = {
      format: BACKUP_FORMAT,
      created: new Date().toISOString(),
      server: client.url,
      tenants: Object.keys(tenants).length,
      models: models.length,
      versions,
    };
    // The note comes last: a folder without one is no complete backup.
    await writeJson(join(folder, NOTE), note);
    const left = damaged.map(({ owner, name }) => `${owner}/${name}`);
    if (left.length > 0) process.exitCode = 1;
    console.log(
      json
        ? JSON.stringify({ ...note, folder, fetched, damaged: left })
        : [
            `${counted(note.tenants, 'tenant record')}, ${counted(models.length, 'model')} in ${counted(versions, 'version')}, ${counted(fetched, 'file')} fetched: ${folder}`,
            ...left.map((name) => `damaged and not saved: ${name} (its index.json cannot be read)`),
          ].join('\n'),
    );
  },
});

/** Reads the records of all tenants, page by page. */
async function readTenants(client: DeploymentClient): Promise<Record<string, TenantRecord>> {
  const all: Record<string, TenantRecord> = {};
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: { records: Record<string, TenantRecord>; next?: string } = await client.json(
      `/admin/records?after=${encodeURIComponent(after)}`,
    );
    Object.assign(all, page.records);
    after = page.next;
  }
  return all;
}

/** @returns number of files that were fetched */
async function saveModels(client: DeploymentClient, folder: string, models: readonly StoredModel[]): Promise<number> {
  const bar = progressBar('models');
  let fetched = 0;
  for (const [i, model] of models.entries()) {
    bar.update(i, models.length);
    const { owner, name, damaged: _, ...record } = model;
    for (const [version, entry] of Object.entries(model.versions ?? {})) {
      fetched += await saveVersion(client, folder, model, version, entry);
    }
    await writeJson(join(folder, indexKey({ owner, name })), record);
  }
  bar.end();
  return fetched;
}

async function saveVersion(
  client: DeploymentClient,
  folder: string,
  model: StoredModel,
  version: string,
  entry: VersionRecord,
): Promise<number> {
  let fetched = 0;
  for (const [path, sha256] of Object.entries(entry.files)) {
    const target = join(folder, fileKey(model, entry, sha256));
    const fetch = () => client.bytes(versionPath(model, version, `/files/${path}`));
    if (await bringFile({ target, sha256, fetch })) fetched++;
  }
  return fetched;
}
