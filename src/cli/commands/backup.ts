/** `whylight backup <folder>`: tenants and uploaded models of a deployment, on this machine. */
import { join } from 'node:path';
import { counted } from '../../core/counted.ts';
import type { TenantRecord } from '../../edge/tenants/record.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { BACKUP_FORMAT, type BackupNote, MODELS, NOTE, TENANTS, writeJson } from '../deployment/backup-folder.ts';
import { DEPLOYMENT_ARGS, type DeploymentClient, deploymentOf } from '../deployment/client.ts';
import { saveModels } from '../deployment/save-models.ts';
import { storedModels } from '../deployment/stored-models.ts';
import { positional } from '../flags.ts';

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
    const models = all.filter((model) => !model.damaged);
    const { versions, fetched, damaged } = await saveModels(client, join(folder, MODELS), models);
    const unread = all.filter((model) => model.damaged);
    const left = [...unread.map(({ owner, name }) => `${owner}/${name}: its index.json cannot be read`), ...damaged];
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
    if (left.length > 0) process.exitCode = 1;
    console.log(
      json
        ? JSON.stringify({ ...note, folder, fetched, damaged: left })
        : [
            `${counted(note.tenants, 'tenant record')}, ${counted(models.length, 'model')} in ${counted(versions, 'version')}, ${counted(fetched, 'file')} fetched: ${folder}`,
            ...left.map((text) => `damaged and not saved: ${text}`),
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
