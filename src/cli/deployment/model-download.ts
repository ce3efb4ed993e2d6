/** Files of an uploaded model on this machine. What is there already is not asked for again. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';

export interface WantedFile {
  /** Path on this machine. */
  readonly target: string;
  readonly sha256: string;
  /** Fetches the content. */
  readonly fetch: () => Promise<Uint8Array>;
}

/**
 * Brings a file to its place, complete or not at all.
 * @returns true if it was fetched; false if it was there with its digest
 * @throws WhylightError `model_damaged` for content with another digest
 */
export async function bringFile({ target, sha256, fetch }: WantedFile): Promise<boolean> {
  const present = await readFile(target).catch(() => undefined);
  if (present && (await sha256Hex(present)) === sha256) return false;
  const bytes = await fetch();
  if ((await sha256Hex(bytes)) !== sha256) {
    const message = `What arrived for ${target} is not the file with the SHA-256 ${sha256}: run the command again.`;
    throw new WhylightError('model_damaged', message, { file: target, sha256 });
  }
  await mkdir(dirname(target), { recursive: true });
  const part = `${target}.part`;
  await writeFile(part, bytes);
  await rename(part, target);
  return true;
}

/** Path of a file below a folder. @throws WhylightError `invalid_request` for a name that leads out of it */
export function targetIn(folder: string, name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return join(folder, name);
  throw new WhylightError('invalid_request', `The server lists a file named "${name}", which is no name of a file.`);
}
