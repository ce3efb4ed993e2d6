/** Files of a model that a page opens by itself: a folder, or an ONNX file with those beside it that belong to it. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { WhylightError } from '../core/errors.ts';

const MAX_FILES = 64;
/** Files of a folder that a model may refer to; notes on its training are none. */
const OF_MODEL = /(^|[\\/])(?!training\.json$)[^\\/]+\.(onnx|data|bin|json|txt|csv|model)$/i;
/** Files beside a single ONNX file that belong to it: weights, class names, tokenizer, manifest. */
const BESIDE = /\.(data|bin|json|txt)$/i;
const NEEDS = '--model takes an ONNX file or a folder of a model.';

/** Fragment of the page's address that opens the model that the server was started with. */
export const OPEN_OWN = encodeURIComponent(JSON.stringify({ own: true }));

export interface OwnModelFiles {
  /** Folder that the paths are relative to. */
  readonly root: string;
  /** Paths with `/` between folders. */
  readonly paths: readonly string[];
}

/**
 * Lists the files of a model.
 * @param path an ONNX file, or a folder that holds one
 * @throws WhylightError `model_not_found` for a path without a model, `invalid_config` for a folder with many files
 */
export async function ownModelFiles(path: string): Promise<OwnModelFiles> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new WhylightError('model_not_found', `There is no file or folder ${path}. ${NEEDS}`, { path });
  const root = found.isDirectory() ? path : dirname(path);
  const paths = found.isDirectory() ? await filesOf(path) : [basename(path), ...(await besideOf(path))];
  if (!paths.some((file) => /\.onnx$/i.test(file))) {
    throw new WhylightError('model_not_found', `${path} holds no .onnx file. ${NEEDS}`, { path });
  }
  if (paths.length > MAX_FILES) {
    throw new WhylightError(
      'invalid_config',
      `${path} holds ${paths.length} files, more than ${MAX_FILES}. Give a folder of the model alone.`,
      { path, files: paths.length, limit: MAX_FILES },
    );
  }
  return { root, paths };
}

/** Files of a folder that belong to its model, by path; hidden ones are left out. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => OF_MODEL.test(file) && !file.split('/').some((part) => part.startsWith('.')));
}

/** Files beside an ONNX file with its name, and those that hold class names. */
async function besideOf(path: string): Promise<string[]> {
  const name = basename(path).replace(/\.onnx$/i, '');
  const names = await readdir(dirname(path));
  return names.filter(
    (file) => BESIDE.test(file) && (file.startsWith(name) || /label|classes|names|synset/i.test(file)),
  );
}
