/** Models that are deployed with the Worker, as static assets. */
import { WhylightError } from '../../core/errors.ts';
import { modelDigest } from '../../core/model/model-source.ts';
import { damaged } from './checked-file.ts';
import { type ModelFolder, readModelFolder } from './folder.ts';
import type { ModelStore } from './store.ts';

/** File with the model's digest, written when the assets are built. */
export const DIGEST_FILE = 'model.sha256';

/** The used part of the binding of Workers' static assets. */
export interface Assets {
  fetch(url: string): Promise<Response>;
}

/**
 * Makes a store of models that are deployed as static assets. Their files are checked against the digest of the build.
 * @param folders path of each model's folder, by name
 * @param root the folder that is deployed as assets
 * @throws WhylightError `invalid_config` for a folder outside of `root`.
 */
export function assetModels(assets: Assets, folders: Readonly<Record<string, string>>, root: string): ModelStore {
  for (const folder of Object.values(folders)) below(root, folder);
  return {
    names: Object.keys(folders),
    open: (name) => openAsset(assets, root, folders[name] as string, name),
  };
}

/**
 * Opens a model that is deployed as static assets, and checks it against the digest of the build, where there is one.
 * @param root the folder that is deployed as assets; paths of models begin with it
 * @param folder path of the model's folder
 * @throws WhylightError `invalid_config` for a folder outside of `root`, or a missing file; `model_damaged`
 */
export async function openAsset(assets: Assets, root: string, folder: string, name: string): Promise<ModelFolder> {
  const place = `/${below(root, folder)}`;
  const read = async (path: string) => {
    // The binding ignores the host, but a URL needs one.
    const response = await assets.fetch(new URL(`${place}/${path}`, 'https://assets.invalid').href);
    if (!response.ok) await response.body?.cancel();
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  };
  const [source, digest] = await Promise.all([
    readModelFolder(read, folder, (path) => `The static assets have no ${place}/${path}.`),
    read(DIGEST_FILE),
  ]);
  if (!digest) return source;
  const expected = new TextDecoder().decode(digest);
  if ((await modelDigest(source)) !== expected) {
    const { file, external } = source.manifest;
    throw damaged({ model: name, file: [file, ...external].join(', '), sha256: expected });
  }
  return { ...source, digest: expected };
}

function below(root: string, folder: string): string {
  const path = trimmed(folder);
  const prefix = trimmed(root);
  if (prefix === '') return path;
  if (path.startsWith(`${prefix}/`)) return path.slice(prefix.length + 1);
  throw new WhylightError(
    'invalid_config',
    `The model folder ${folder} is not below ${root}/, the folder that is deployed with the Worker: move it there.`,
    { folder, root },
  );
}

const trimmed = (path: string): string => path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
