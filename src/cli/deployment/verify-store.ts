/** Checks stored data on this machine or in a bucket, without a server. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { modelDigest } from '../../core/model/model-source.ts';
import { DIGEST_FILE } from '../../edge/models/assets.ts';
import { checkVersion } from '../../edge/models/check-version.ts';
import { isSha256 } from '../../edge/models/model-bundle.ts';
import { indexKey, type OwnedModel, recordOf } from '../../edge/models/model-record.ts';
import { exists } from '../../node/files.ts';
import { openFolder } from '../../node/model-folders.ts';
import type { S3Bucket } from '../../node/s3-bucket.ts';
import { unseal } from '../../protocol/sealed.ts';
import { folderStore, MODELS, modelsIn, NOTE, type ReadableModels, readNote, readTenants } from './backup-folder.ts';
import { oddNameIn } from './odd-names.ts';
import type { Verified } from './verified.ts';

/**
 * Checks a folder: a backup, the cache of an origin's uploaded models, or models that are shipped with a Worker.
 * @throws WhylightError `not_found` for a folder that holds nothing with a digest
 */
export async function verifyFolder(folder: string, found: Verified, told: () => void): Promise<void> {
  const names = await readdir(folder);
  if (names.includes(NOTE)) {
    await readNote(folder);
    await readTenants(folder);
    return verifyModels(folderStore(join(folder, MODELS)), found, told);
  }
  if (names.some(isSha256)) return verifyNamedFiles(folder, names.filter(isSha256), found, told);
  const shipped = names.includes(DIGEST_FILE) ? ['.'] : await shippedIn(folder, names);
  if (shipped.length > 0) return verifyShipped(folder, shipped, found, told);
  throw new WhylightError(
    'not_found',
    `${folder} holds nothing that has a digest: give a backup, the folder of --uploads of an origin, or generated/assets.`,
    { folder },
  );
}

/** Checks a bucket of uploaded models, or of jobs. */
export async function verifyBucket(bucket: S3Bucket, prefix: string, found: Verified, told: () => void): Promise<void> {
  const below = (path: string) => bucket.below(`${prefix}${path}`);
  const read = (key: string) => bucket.read(`${prefix}${key}`);
  if ((await modelsIn({ below })).length > 0) return verifyModels({ below, read }, found, told);
  for await (const { key } of bucket.objects(prefix)) {
    const sealed = await bucket.read(key);
    found.count('jobs', 1, sealed?.byteLength ?? 0);
    if (sealed && !(await unseal(key, sealed))) found.note('jobs', key);
    told();
  }
}

async function verifyModels(store: ReadableModels, found: Verified, told: () => void): Promise<void> {
  found.count('models', 0, 0);
  for (const place of await modelsIn(store)) {
    const key = indexKey(place);
    const text = await store.read(key);
    const record = text && recordOrDamage(new TextDecoder().decode(text), place);
    if (!text || record === 'damaged') found.note('models', key, text ? 'damaged' : 'missing');
    if (!record || record === 'damaged') continue;
    for (const [version, entry] of Object.entries(record.versions)) {
      for (const { path, state, bytes } of await checkVersion(store, place, entry)) {
        found.count('models', 1, bytes);
        if (state !== 'whole') found.note('models', `${place.owner}/${place.name} ${version} ${path}`, state);
      }
      told();
    }
  }
}

/** Parses an index; one whose names lead out of its folder counts as damaged, and none of its files is read. */
export function recordOrDamage(text: string, place: OwnedModel): ReturnType<typeof recordOf> | 'damaged' {
  try {
    const record = recordOf(text, place.name);
    return record && oddNameIn(place, record.versions) !== undefined ? 'damaged' : record;
  } catch (error) {
    if (WhylightError.is(error, 'model_damaged')) return 'damaged';
    throw error;
  }
}

/** Checks files that are named by their digest. */
async function verifyNamedFiles(folder: string, names: readonly string[], found: Verified, told: () => void) {
  for (const name of names) {
    const bytes = await readFile(join(folder, name));
    found.count('files', 1, bytes.byteLength);
    if ((await sha256Hex(bytes)) !== name) found.note('files', join(folder, name));
    told();
  }
}

async function shippedIn(folder: string, names: readonly string[]): Promise<string[]> {
  const has = await Promise.all(names.map((name) => exists(join(folder, name, DIGEST_FILE))));
  return names.filter((_, i) => has[i]);
}

/** Checks models with a digest of the build beside them. */
async function verifyShipped(folder: string, names: readonly string[], found: Verified, told: () => void) {
  for (const name of names) {
    const path = join(folder, name);
    const expected = (await readFile(join(path, DIGEST_FILE), 'utf8')).trim();
    const source = await openFolder(path, name).catch((error: unknown) => {
      if (WhylightError.is(error, 'invalid_config')) return undefined;
      throw error;
    });
    found.count('models', 1, source?.bytes.byteLength ?? 0);
    if (!source || (await modelDigest(source)) !== expected) found.note('models', path, source ? 'damaged' : 'missing');
    told();
  }
}
