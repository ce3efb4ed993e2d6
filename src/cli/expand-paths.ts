/** Files from what a command line names: files, folders with their sub-folders, patterns. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { WhylightError } from '../core/errors.ts';

/**
 * @param extensions of the files that are taken from folders, lower case, without the dot
 * @throws WhylightError `not_found` for a folder or pattern without files
 */
export async function expandPaths(paths: readonly string[], extensions: readonly string[]): Promise<string[]> {
  const files = await Promise.all(paths.map((path) => expand(path, extensions)));
  return files.flat();
}

async function expand(path: string, extensions: readonly string[]): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    const ending = new RegExp(`\\.(${extensions.join('|')})$`, 'i');
    const names = (await readdir(path, { recursive: true })).filter((name) => ending.test(name)).sort();
    if (names.length > 0) return names.map((name) => join(path, name));
    throw new WhylightError(
      'not_found',
      `The folder ${path} holds no file that the model takes: ${extensions.map((name) => `.${name}`).join(', ')}.`,
      { path, extensions },
    );
  }
  const pattern = basename(path);
  if (found || !/[*?]/.test(pattern)) return [path];
  const matches = wildcard(pattern);
  const names = (await readdir(dirname(path)).catch(() => [])).filter((name) => matches.test(name)).sort();
  if (names.length > 0) return names.map((name) => join(dirname(path), name));
  throw new WhylightError('not_found', `No file matches ${path}.`, { path });
}

/** `*` stands for any characters of a file's name, `?` for one. */
function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
