/** `whylight restore <folder>`: tenants and models of a backup, back to a deployment. */
import { join } from 'node:path';
import { counted } from '../../core/counted.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Manifest } from '../../core/model/manifest.ts';
import {
  fileKey,
  haveSameFiles,
  indexKey,
  type ModelRecord,
  type VersionRecord,
} from '../../edge/models/model-record.ts';
import type { TenantRecord } from '../../edge/tenants/record.ts';
import { sizeOfFile } from '../../node/files.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { folderStore, MODELS, modelsIn, readJson, readNote, TENANTS } from '../deployment/backup-folder.ts';
import { DEPLOYMENT_ARGS, type DeploymentClient, deploymentOf, jsonBody } from '../deployment/client.ts';
import { uploadRequest } from '../deployment/model-upload.ts';
import { type StoredModel, storedModels, versionPath } from '../deployment/stored-models.ts';
import { positional } from '../flags.ts';
import { progressBar } from '../progress.ts';

const args = {
  folder: positional('Folder that "whylight backup" wrote', { required: true }),
  ...DEPLOYMENT_ARGS,
  ...JSON_ARG,
} as const;

export default defineCommand({
  name: 'restore',
  description: 'Brings tenants and models of a backup back to a deployment. A second run changes nothing.',
  examples: ['whylight restore ./backup --server https://whylight.example.com'],
  args,
  async run({ folder, json, ...flags }) {
    const client = deploymentOf(flags);
    await readNote(folder);
    const models = await restoreModels(client, join(folder, MODELS));
    const tenants = await restoreTenants(client, join(folder, TENANTS));
    const value = { ...models, ...tenants };
    console.log(
      json
        ? JSON.stringify(value)
        : `${counted(value.uploaded, 'version')} uploaded, ${value.present} there already; ${counted(value.changed, 'tenant record')} restored, ${value.unchanged} there already`,
    );
  },
});

/** Restores the models; tenants whose policies name them come after them. */
async function restoreModels(client: DeploymentClient, folder: string): Promise<{ uploaded: number; present: number }> {
  const found = await modelsIn(folderStore(folder));
  const there = await storedModels(client);
  const bar = progressBar('models');
  let [uploaded, present] = [0, 0];
  for (const [i, place] of found.entries()) {
    bar.update(i, found.length);
    const record = await readJson<ModelRecord>(join(folder, indexKey(place)), 'index of a model');
    const known = there.find(({ owner, name }) => owner === place.owner && name === place.name);
    const model = { ...place, damaged: false };
    for (const [version, entry] of Object.entries(record.versions)) {
      const stored = known?.versions?.[version];
      if (stored && haveSameFiles(stored, entry)) present++;
      else {
        await restoreVersion(client, folder, model, version, entry);
        uploaded++;
      }
    }
    await restoreRoles(client, model, record, known);
  }
  bar.end();
  return { uploaded, present };
}

/** @throws WhylightError `model_damaged` for a version that does not become what the backup says */
async function restoreVersion(
  client: DeploymentClient,
  folder: string,
  model: StoredModel,
  version: string,
  entry: VersionRecord,
): Promise<void> {
  const sourceOf = (path: string) => join(folder, fileKey(model, entry, entry.files[path] as string));
  const manifest = await readJson<Manifest>(sourceOf('manifest.json'), `manifest of ${model.name}`);
  // The ONNX file comes first, as the manifest of an upload assumes.
  const paths = [manifest.file, ...Object.keys(entry.files).filter((path) => path !== manifest.file)];
  const files = await Promise.all(
    paths
      .filter((path) => path !== 'manifest.json')
      .map(async (path) => ({ path, source: sourceOf(path), size: await sizeOfFile(sourceOf(path)) })),
  );
  const { digest } = await client.json<{ digest: string }>(
    versionPath(model, version),
    uploadRequest({ manifest, files }),
  );
  if (digest === entry.digest) return;
  const message = `Version ${version} of ${model.name} has the digest ${digest} now, but ${entry.digest} in the backup: verify the backup.`;
  throw new WhylightError('model_damaged', message, { model: model.name, version });
}

/** Pins the version, and sets canary and shadow, where they differ. */
async function restoreRoles(
  client: DeploymentClient,
  model: StoredModel,
  { pinned, canary, shadow }: ModelRecord,
  known: StoredModel | undefined,
): Promise<void> {
  const path = (what: string) => `/v2/models/${model.name}/${what}?owner=${encodeURIComponent(model.owner)}`;
  const put = (what: string, body: unknown) => client.json(path(what), { method: 'PUT', ...jsonBody(body) });
  if (known?.pinned !== pinned) await put('default', { version: pinned ?? null });
  const [ours, theirs] = [JSON.stringify([canary, shadow]), JSON.stringify([known?.canary, known?.shadow])];
  if (ours !== theirs) await put('rollout', { canary: canary ?? null, shadow: shadow ?? null });
}

async function restoreTenants(client: DeploymentClient, file: string): Promise<{ changed: number; unchanged: number }> {
  const records = await readJson<Record<string, TenantRecord>>(file, 'records of tenants');
  let changed = 0;
  for (const [id, record] of Object.entries(records)) {
    const answer = await client.json<{ changed: boolean }>(`/admin/records/${encodeURIComponent(id)}`, {
      method: 'PUT',
      ...jsonBody(record),
    });
    if (answer.changed) changed++;
  }
  return { changed, unchanged: Object.keys(records).length - changed };
}
