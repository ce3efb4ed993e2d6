/** Files of models that are compared with their digest when they are read. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';

export interface ExpectedFile {
  readonly model: string;
  /** Path below the model's folder. */
  readonly file: string;
  /** SHA-256 in hex. */
  readonly sha256: string;
  /** Key of the object in the store, which the log names. */
  readonly key?: string;
}

/**
 * Reads a file that must exist, and checks it.
 * @param read reads the bytes; undefined for a file that is gone
 * @throws WhylightError `model_damaged`, naming the model and the file
 */
export async function checkedFile(
  expected: ExpectedFile,
  read: () => Promise<Uint8Array | undefined>,
): Promise<Uint8Array> {
  const bytes = await read().catch((error: unknown) => {
    throw WhylightError.is(error, 'model_damaged') ? damaged(expected, error) : error;
  });
  if (!bytes || (await sha256Hex(bytes)) !== expected.sha256) throw damaged(expected);
  return bytes;
}

/** Makes the error for a file that is gone, cut off or changed. */
export function damaged({ model, file, sha256, key }: ExpectedFile, cause?: unknown): WhylightError {
  return new WhylightError(
    'model_damaged',
    `The file ${file} of the model ${model} is missing from its store, cut off or changed: expected the SHA-256 ${sha256}. Restore the file, or upload the model under another version.`,
    { model, file, sha256 },
    { cause: cause ?? (key === undefined ? undefined : new Error(`The object ${key} is missing or changed.`)) },
  );
}
