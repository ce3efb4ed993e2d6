/** `whylight restore <folder>`: tenants and models of a backup, back to a deployment. */
import { join } from 'node:path';
import { counted } from '../../core/counted.ts';
import { WhylightError } from '../../core/errors.ts';
import { haveSameFiles, indexKey } from '../../edge/models/model-record.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { MODELS, readNote, readTenants, type TenantRecords } from '../deployment/backup-folder.ts';
import { type BackedUpModel, uploadOf, wholeModels } from '../deployment/backup-models.ts';
import { DEPLOYMENT_ARGS, type DeploymentClient, deploymentOf, jsonBody } from '../deployment/client.ts';
import { modelPath } from '../deployment/model-path.ts';
import { uploadRequest } from '../deployment/model-upload.ts';
import { checkedFiles, type StoredModel, storedModels } from '../deployment/stored-models.ts';
import { positional } from '../flags.ts';
import { progressBar } from '../progress.ts';

/** Numbers of versions. */
interface RestoredModels {
  readonly uploaded: number;
  /** Versions that were there, with damaged files. */
  readonly repaired: number;
  readonly present: number;
}

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
    // The whole backup is read and checked before the first change.
    const tenants = await readTenants(folder);
    const models = await wholeModels(folder);
    const value = { ...(await restoreModels(client, models)), ...(await restoreTenants(client, tenants)) };
    console.log(
      json
        ? JSON.stringify(value)
        : `${counted(value.uploaded, 'version')} uploaded, ${value.repaired > 0 ? `${value.repaired} repaired, ` : ''}${value.present} there already; ${counted(value.changed, 'tenant record')} restored, ${value.unchanged} there already`,
    );
  },
});

/** Restores the models; tenants whose policies name them come after them. */
async function restoreModels(client: DeploymentClient, models: readonly BackedUpModel[]): Promise<RestoredModels> {
  const there = await storedModels(client);
  for (const { owner, name } of models)
    refuseDamagedIndex(there.find((one) => one.owner === owner && one.name === name));
  const bar = progressBar('models');
  const done = { uploaded: 0, repaired: 0, present: 0 };
  for (const [i, model] of models.entries()) {
    bar.update(i, models.length);
    const known = there.find(({ owner, name }) => owner === model.owner && name === model.name);
    for (const [version, entry] of Object.entries(model.record.versions)) {
      const stored = known?.versions?.[version];
      const isThere = stored !== undefined && haveSameFiles(stored, entry);
      if (isThere && (await isWhole(client, model, version))) done.present++;
      else {
        await restoreVersion(client, model, version);
        done[isThere ? 'repaired' : 'uploaded']++;
      }
    }
    await restoreRoles(client, model, known);
  }
  bar.end();
  return done;
}

const isWhole = async (client: DeploymentClient, model: BackedUpModel, version: string): Promise<boolean> =>
  (await checkedFiles(client, model, version)).every(({ state }) => state === 'whole');

/** @throws WhylightError `model_damaged` for a version that does not become what the backup says */
async function restoreVersion(client: DeploymentClient, model: BackedUpModel, version: string): Promise<void> {
  const upload = await uploadOf(model, version);
  const { digest } = await client.json<{ digest: string }>(
    modelPath({ name: model.name, version }, '', model.owner),
    uploadRequest(upload),
  );
  const expected = model.record.versions[version]?.digest;
  if (digest === expected && (await isWhole(client, model, version))) return;
  const message = `Version ${version} of ${model.owner}/${model.name} is damaged in the deployment, or has another digest than ${expected}: delete it there, and restore it again.`;
  throw new WhylightError('model_damaged', message, { owner: model.owner, model: model.name, version });
}

/** @throws WhylightError `model_damaged` for a model that cannot be changed */
function refuseDamagedIndex(model: StoredModel | undefined): void {
  if (!model?.damaged) return;
  const key = indexKey(model);
  const message = `The index of ${model.owner}/${model.name} is damaged in the deployment, and nothing was restored: put the file ${join(MODELS, key)} of the backup into its bucket as ${key}, and run the command again.`;
  throw new WhylightError('model_damaged', message, { owner: model.owner, model: model.name });
}

/** Pins the version, and sets canary and shadow, where they differ. */
async function restoreRoles(
  client: DeploymentClient,
  { owner, name, record: { pinned, canary, shadow } }: BackedUpModel,
  known: StoredModel | undefined,
): Promise<void> {
  const put = (what: string, body: unknown) =>
    client.json(modelPath({ name }, `/${what}`, owner), { method: 'PUT', ...jsonBody(body) });
  if (known?.pinned !== pinned) await put('default', { version: pinned ?? null });
  const [ours, theirs] = [JSON.stringify([canary, shadow]), JSON.stringify([known?.canary, known?.shadow])];
  if (ours !== theirs) await put('rollout', { canary: canary ?? null, shadow: shadow ?? null });
}

async function restoreTenants(
  client: DeploymentClient,
  records: TenantRecords,
): Promise<{ changed: number; unchanged: number }> {
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
