/** Saves the uploaded models of a deployment into the folder of a backup. */
import { join } from 'node:path';
import { WhylightError } from '../../core/errors.ts';
import {
  fileKey,
  haveSameFiles,
  indexKey,
  type ModelRecord,
  type VersionRecord,
} from '../../edge/models/model-record.ts';
import { progressBar } from '../progress.ts';
import { folderStore, writeJson } from './backup-folder.ts';
import type { DeploymentClient } from './client.ts';
import { bringFile } from './model-download.ts';
import { modelPath } from './model-path.ts';
import type { StoredModel } from './stored-models.ts';
import { recordOrDamage } from './verify-store.ts';

/** Result of {@link saveModels}. */
export interface Saved {
  /** Versions that the folder has now. */
  readonly versions: number;
  /** Files that were fetched. */
  readonly fetched: number;
  /** Files that the deployment has damaged, and the folder does not have. */
  readonly damaged: readonly string[];
}

/**
 * Saves models. A version that is damaged in the deployment stays in the folder where it was whole before, and is left
 * out otherwise.
 */
export async function saveModels(
  client: DeploymentClient,
  folder: string,
  models: readonly StoredModel[],
): Promise<Saved> {
  const bar = progressBar('models');
  let [versions, fetched] = [0, 0];
  const damaged: string[] = [];
  for (const [i, model] of models.entries()) {
    bar.update(i, models.length);
    const before = await savedVersions(folder, model);
    const saved: Record<string, VersionRecord> = {};
    for (const [version, listed] of Object.entries(model.versions ?? {})) {
      const known = before[version];
      // An upload of the same files to another deployment has another folder.
      const entry = known && haveSameFiles(known, listed) ? { ...listed, upload: known.upload } : listed;
      try {
        fetched += await saveVersion(client, folder, model, version, entry);
        saved[version] = entry;
      } catch (error) {
        if (!WhylightError.is(error, 'model_damaged')) throw error;
        damaged.push(`${model.owner}/${model.name} ${version}: ${error.message}`);
      }
    }
    versions += Object.keys(saved).length;
    await writeJson(join(folder, indexKey(model)), recordWith(model, saved));
  }
  bar.end();
  return { versions, fetched, damaged };
}

/** Reads the versions that the folder has of a model; none where its index is damaged. */
async function savedVersions(folder: string, model: StoredModel): Promise<ModelRecord['versions']> {
  const text = await folderStore(folder).read(indexKey(model));
  const record = text && recordOrDamage(new TextDecoder().decode(text), model);
  return record && record !== 'damaged' ? record.versions : {};
}

/** Makes the index of a model with the versions that were saved, without pin, canary and shadow of the others. */
function recordWith({ pinned, canary, shadow }: StoredModel, versions: ModelRecord['versions']): ModelRecord {
  const has = (version: string | undefined): boolean => version !== undefined && Object.hasOwn(versions, version);
  return {
    versions,
    ...(pinned !== undefined && has(pinned) && { pinned }),
    ...(canary && has(canary.version) && { canary }),
    ...(shadow && has(shadow.version) && { shadow }),
  };
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
    const fetch = () => client.bytes(modelPath({ name: model.name, version }, `/files/${path}`, model.owner));
    if (await bringFile({ target, sha256, fetch })) fetched++;
  }
  return fetched;
}
