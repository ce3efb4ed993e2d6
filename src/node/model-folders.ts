/** Models in local folders and files. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ModelSource } from '../core/model/model-source.ts';
import { readModelFolder } from '../edge/models/folder.ts';
import type { ModelStore } from '../edge/models/store.ts';
import { FilesBeside } from './files-beside.ts';

/**
 * Makes a store of models in folders and ONNX files. Only a missing file counts as absent: one that cannot be read is
 * an error.
 * @param paths path of each model's folder or `.onnx` file, by name
 */
export function folderModels(paths: Readonly<Record<string, string>>): ModelStore {
  return { names: Object.keys(paths), open: (name) => openFolder(paths[name] as string, name) };
}

/**
 * Opens a model in a folder, or an ONNX file.
 * @throws WhylightError `invalid_config` for a missing file
 */
export const openFolder = async (path: string, name: string): Promise<ModelSource> =>
  isModelFile(path)
    ? openFile(path, name)
    : withFilesBeside(await readModelFolder((file) => readIn(path, file), path), path);

/** External data is looked for in the folder where the manifest states none. */
const withFilesBeside = (source: ModelSource, folder: string): ModelSource =>
  source.external ? source : { ...source, external: new FilesBeside(folder) };

/** Tells if a path names an ONNX file rather than a folder. */
export const isModelFile = (path: string): boolean => /\.onnx$/i.test(path);

/** Opens an ONNX file with the manifest beside it, `x.manifest.json` for `x.onnx`, if there is one. */
async function openFile(path: string, name: string): Promise<ModelSource> {
  const folder = dirname(path);
  const manifest = await readIn(folder, `${basename(path).replace(/\.onnx$/i, '')}.manifest.json`);
  const written = manifest ? new TextDecoder().decode(manifest) : JSON.stringify({ name, file: basename(path) });
  const read = async (file: string) =>
    file === 'manifest.json' ? new TextEncoder().encode(written) : readIn(folder, file);
  return withFilesBeside(await readModelFolder(read, folder), folder);
}

/** Reads a file of a folder; undefined where there is none. */
export async function readIn(folder: string, file: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(join(folder, file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
