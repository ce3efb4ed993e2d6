/** Files of uploaded models, compared with the digests in the index of their model. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { ModelFiles } from './files.ts';
import { fileKey, type OwnedModel, type VersionRecord } from './model-record.ts';

/** State of a stored file. */
export type FileState = 'whole' | 'damaged' | 'missing';

export interface CheckedFile {
  /** Path below the model's folder. */
  readonly path: string;
  /** Digest that the index names. */
  readonly sha256: string;
  readonly state: FileState;
  readonly bytes: number;
}

/**
 * Reads every file of a version, one after the other, and compares it with its digest.
 * @throws errors of the store other than a file that is cut off
 */
export async function checkVersion(
  files: Pick<ModelFiles, 'read'>,
  place: OwnedModel,
  version: VersionRecord,
): Promise<CheckedFile[]> {
  const checked: CheckedFile[] = [];
  for (const [path, sha256] of Object.entries(version.files)) {
    const bytes = await readOrDamaged(files, fileKey(place, version, sha256));
    const found = bytes && bytes !== 'damaged' ? await sha256Hex(bytes) : undefined;
    const state = bytes === undefined ? 'missing' : found === sha256 ? 'whole' : 'damaged';
    checked.push({ path, sha256, state, bytes: bytes && bytes !== 'damaged' ? bytes.byteLength : 0 });
  }
  return checked;
}

/** Reads a file; `damaged` for one that the store cannot read to its end. */
async function readOrDamaged(
  files: Pick<ModelFiles, 'read'>,
  key: string,
): Promise<Uint8Array | 'damaged' | undefined> {
  try {
    return await files.read(key);
  } catch (error) {
    if (WhylightError.is(error, 'model_damaged')) return 'damaged';
    throw error;
  }
}
