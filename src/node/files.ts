/** Files: of a model's folder, and single ones. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { WhylightError } from '../core/errors.ts';
import type { ModelFolder } from '../core/model/folder.ts';
import { reasonOf } from './system-errors.ts';

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Bytes of a file. */
export const sizeOfFile = async (path: string): Promise<number> => (await stat(path)).size;

/** @throws WhylightError `not_found` that says what the file was wanted for. */
export async function readBytes(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const reason = reasonOf(error);
    throw new WhylightError('not_found', `Cannot read the ${what} ${path}: ${reason}.`, { path }, { cause: error });
  }
}

/** @throws WhylightError `invalid_request` with the reason in words */
export async function writeBytes(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new WhylightError('invalid_request', `Cannot write ${path}: ${reasonOf(error)}.`, { path }, { cause: error });
  }
}

/** @throws WhylightError `invalid_request` with the reason in words */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const reason = reasonOf(error);
    throw new WhylightError(
      'invalid_request',
      `Cannot make the folder ${path}: ${reason}.`,
      { path },
      { cause: error },
    );
  }
}

const isInside = (folder: string, path: string): boolean =>
  !isAbsolute(path) && !relative(folder, resolve(folder, path)).startsWith('..');

/** Files of a model's folder; none outside of it. */
export const openFolder = (folder: string): ModelFolder => ({
  async list() {
    const [own, inner] = await Promise.all([readdir(folder), readdir(join(folder, 'onnx')).catch(() => [])]);
    return [...own, ...inner.map((name) => `onnx/${name}`)];
  },
  async read(path) {
    const file = join(folder, path);
    return isInside(folder, path) && (await exists(file)) ? readBytes(file, 'file') : undefined;
  },
});
