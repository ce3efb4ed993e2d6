/** Models of a backup, checked before any of their files is sent. */
import { join } from 'node:path';
import { WhylightError } from '../../core/errors.ts';
import type { Manifest } from '../../core/model/manifest.ts';
import { modelDigest } from '../../core/model/model-source.ts';
import { checkedFile } from '../../edge/models/checked-file.ts';
import { fileKey, indexKey, type ModelRecord, type OwnedModel, versionOf } from '../../edge/models/model-record.ts';
import { folderStore, MODELS, modelsIn, readJson } from './backup-folder.ts';
import type { ModelUpload, UploadedFile } from './model-upload.ts';
import { Verified } from './verified.ts';
import { verifyFolder } from './verify-store.ts';

/** A model of a backup. */
export interface BackedUpModel extends OwnedModel {
  readonly record: ModelRecord;
  /** Folder of the models of the backup. */
  readonly folder: string;
}

const MANIFEST = 'manifest.json';
/** Maximum number of damaged files that an error names. */
const MAX_NAMED = 10;

/**
 * Lists the models of a backup, whose every file was compared with its SHA-256.
 * @throws WhylightError `model_damaged`, naming the files that are damaged or missing
 */
export async function wholeModels(backup: string): Promise<BackedUpModel[]> {
  const { damage } = await verified(backup);
  if (damage.length > 0) {
    const named = damage.slice(0, MAX_NAMED).map(({ state, name }) => `${name} (${state})`);
    const more = damage.length > MAX_NAMED ? ` and ${damage.length - MAX_NAMED} more` : '';
    const message = `The backup ${backup} is damaged, and nothing was restored: ${named.join(', ')}${more}. Use another backup, or take these versions out of their index.json.`;
    throw new WhylightError('model_damaged', message, { folder: backup, damaged: damage });
  }
  const folder = join(backup, MODELS);
  const found: BackedUpModel[] = [];
  for (const place of await modelsIn(folderStore(folder))) {
    const record = await readJson<ModelRecord>(join(folder, indexKey(place)), 'index of a model');
    found.push({ ...place, record, folder });
  }
  return found;
}

async function verified(backup: string): Promise<Verified> {
  const found = new Verified();
  await verifyFolder(backup, found, () => undefined);
  return found;
}

/**
 * Reads the files of a version into memory, each compared with its SHA-256: what is checked is what is sent.
 * @throws WhylightError `model_damaged`
 */
export async function uploadOf(model: BackedUpModel, version: string): Promise<ModelUpload> {
  const { name, record, folder } = model;
  const entry = versionOf(record, name, version);
  const store = folderStore(folder);
  const contents = new Map<string, Uint8Array>();
  for (const [file, sha256] of Object.entries(entry.files)) {
    const read = () => store.read(fileKey(model, entry, sha256));
    contents.set(file, await checkedFile({ model: name, file, sha256 }, read));
  }
  const manifest = JSON.parse(new TextDecoder().decode(contents.get(MANIFEST))) as Manifest;
  const { file, external = [] } = manifest;
  const digest = await digestOf(contents, file, external);
  if (digest !== entry.digest) {
    const message = `Version ${version} of ${model.owner}/${name} has the digest ${digest ?? 'of no model'}, but ${entry.digest} in the index of the backup: nothing was sent of it.`;
    throw new WhylightError('model_damaged', message, { model: name, version });
  }
  // The ONNX file comes first, as the manifest of an upload assumes.
  const paths = [file, ...[...contents.keys()].filter((path) => path !== file && path !== MANIFEST)];
  return { manifest, files: paths.map((path) => uploaded(path, contents.get(path) as Uint8Array)) };
}

async function digestOf(
  contents: ReadonlyMap<string, Uint8Array>,
  file: string,
  external: readonly string[],
): Promise<string | undefined> {
  const bytes = contents.get(file);
  const others = external.map((path) => [path, contents.get(path)] as const);
  if (!bytes || others.some(([, data]) => data === undefined)) return undefined;
  return modelDigest({ bytes, external: new Map(others as (readonly [string, Uint8Array])[]) });
}

const uploaded = (path: string, source: Uint8Array): UploadedFile => ({ path, size: source.byteLength, source });
