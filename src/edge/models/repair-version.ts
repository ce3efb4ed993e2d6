/** Repairs a stored version whose files are damaged, from an upload of the same content. */

import type { Log } from '../observe/log.ts';
import type { ArrivedUpload } from './arrived-upload.ts';
import { checkVersion } from './check-version.ts';
import type { ModelFiles } from './files.ts';
import { fileKey, filesOf, indexKey, type OwnedModel, recordOf, type VersionRecord } from './model-record.ts';

/**
 * Writes the files of a version anew where one is damaged or missing.
 * @param arrived upload of the same files
 * @returns the paths that were damaged or missing
 */
export async function repairVersion(
  { files, log }: { readonly files: ModelFiles; readonly log: Log },
  place: OwnedModel,
  version: string,
  record: VersionRecord,
  arrived: ArrivedUpload,
): Promise<readonly string[]> {
  const checked = await checkVersion(files, place, record);
  const paths = checked.filter(({ state }) => state !== 'whole').map(({ path }) => path);
  if (paths.length === 0) return [];
  await arrived.copyTo((sha256) => fileKey(place, record, sha256));
  // The version may have been deleted since its index was read: then nothing refers to the files.
  const index = await files.readTagged(indexKey(place));
  const current = index && recordOf(index.text, place.name)?.versions[version];
  if (current?.upload !== record.upload) await files.remove(filesOf(place, record));
  log('warn', 'damaged files of a model were written anew', { ...place, version, files: paths });
  return paths;
}
