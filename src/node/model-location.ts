/** Finds the files of a model: a folder with a manifest, an ONNX file beside one, or an ONNX file alone. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { nearest, WhylightError } from '../core/errors.ts';
import { findModel } from '../core/model/folder.ts';
import { type Manifest, parseManifest } from '../core/model/manifest.ts';
import { exists, openFolder, readBytes } from './files.ts';

/** Files of a model. */
export interface ModelLocation {
  readonly file: string;
  readonly manifest: Partial<Manifest>;
  /** Folder that paths in the manifest are relative to. */
  readonly folder: string;
  /** Name of a model whose manifest gives none. */
  readonly name?: string;
  readonly notices?: readonly string[];
}

/** Folders of the models that come with a program, by name. */
export interface EmbeddedModels {
  /** Relative to `root`. */
  readonly folders: Readonly<Record<string, string>>;
  readonly root: string;
}

/**
 * Finds a model.
 * @param name path of an ONNX file, a manifest or a folder, or the name of an embedded model
 * @throws WhylightError `model_not_found`, `invalid_config`
 */
export async function locateModel(name: string, embedded: EmbeddedModels): Promise<ModelLocation> {
  const path = resolve(name);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return fromFolder(path);
  if (found && path.endsWith('.json')) return fromManifest(path);
  if (found) return besideManifest(path);
  const { folders, root } = embedded;
  const folder = Object.hasOwn(folders, name) ? folders[name] : undefined;
  if (folder !== undefined) return fromManifest(join(root, folder, 'manifest.json'));
  const close = nearest(name, Object.keys(folders));
  const known = Object.keys(folders).join(', ');
  throw new WhylightError(
    'model_not_found',
    `There is no file, folder or embedded model "${name}". ${close.length > 0 ? `Did you mean ${close[0]}?` : `Embedded: ${known}.`}`,
    { model: name, nearest: close },
  );
}

/** A folder with a manifest, or with files of a Hugging Face model. */
async function fromFolder(folder: string): Promise<ModelLocation> {
  const manifest = join(folder, 'manifest.json');
  if (await exists(manifest)) return fromManifest(manifest);
  const { file, notices } = await findModel(openFolder(folder), folder);
  return { file: join(folder, file), manifest: {}, folder, name: basename(folder), notices };
}

async function fromManifest(path: string): Promise<ModelLocation> {
  const manifest = parseManifest((await readBytes(path, 'manifest')).toString('utf8'), path);
  const folder = dirname(path);
  return { file: join(folder, manifest.file), manifest, folder };
}

/** `x.manifest.json` beside `x.onnx`, or a `manifest.json` that names it; else nothing is known of it. */
async function besideManifest(file: string): Promise<ModelLocation> {
  const folder = dirname(file);
  const own = join(folder, `${basename(file, extname(file))}.manifest.json`);
  if (await exists(own)) return { ...(await fromManifest(own)), file };
  const shared = join(folder, 'manifest.json');
  if (await exists(shared)) {
    const place = await fromManifest(shared);
    if (place.file === file) return place;
  }
  return { file, manifest: {}, folder: (await isOnnxPart(folder)) ? dirname(folder) : folder };
}

/** True for the `onnx` folder within a Hugging Face folder: what is known of its models lies one level up. */
const isOnnxPart = async (folder: string): Promise<boolean> =>
  basename(folder) === 'onnx' &&
  !(await exists(join(folder, 'config.json'))) &&
  (await exists(join(dirname(folder), 'config.json')));
