/** Models that are deployed with the Worker, as static assets. */

import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { modelDigest } from '../../core/model/model-source.ts';
import { unseal } from '../../protocol/sealed.ts';
import type { Log } from '../observe/log.ts';
import { damaged } from './checked-file.ts';
import { type DescribedFolder, describedSource, type StoredDescription, unpackDescription } from './description.ts';
import { type ReadFile, readModelFolder } from './folder.ts';
import type { ModelStore } from './store.ts';

/** File with the model's digest, written when the assets are built. */
export const DIGEST_FILE = 'model.sha256';

/** File with the description of the model, sealed under this name; written when the assets are built. */
export const DESCRIPTION_FILE = 'model.description';

/** Descriptions that a server takes: those of its own build. */
export interface TakenDescriptions {
  /** Build of the source that describes models. */
  readonly reader: string;
  readonly log: Log;
}

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
 * Opens a model that is deployed as static assets, and checks it against the digest of the build, where there is one. It
 * comes with the description of the build, if that is undamaged, of the same build as the server, and made from the same
 * manifest and model.
 * @param root the folder that is deployed as assets; paths of models begin with it
 * @param folder path of the model's folder
 * @param taken none when left out
 * @throws WhylightError `invalid_config` for a folder outside of `root`, or a missing file; `model_damaged`
 */
export async function openAsset(
  assets: Assets,
  root: string,
  folder: string,
  name: string,
  taken?: TakenDescriptions,
): Promise<DescribedFolder> {
  const place = `/${below(root, folder)}`;
  const read = async (path: string) => {
    // The binding ignores the host, but a URL needs one.
    const response = await assets.fetch(new URL(`${place}/${path}`, 'https://assets.invalid').href);
    if (!response.ok) await response.body?.cancel();
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  };
  const described = taken && (await readDescription(read, name, taken));
  if (described) return described;
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

/** Reads a description and the files that it is for; undefined where it does not hold for them. */
async function readDescription(
  read: ReadFile,
  model: string,
  { reader, log }: TakenDescriptions,
): Promise<DescribedFolder | undefined> {
  // Nearly every description was made from the manifest alone, beside the model.
  const manifest = read('manifest.json');
  const [sealed] = await Promise.all([read(DESCRIPTION_FILE), manifest.catch(() => undefined)]);
  if (!sealed) return undefined;
  const bytes = await unseal(DESCRIPTION_FILE, sealed);
  if (!bytes) log('warn', 'a description among the static assets is damaged', { model });
  const described = bytes && unpackDescription(bytes, reader);
  if (!described) return undefined;
  const source = await describedSource(described, read);
  const [digest, areSame] = await Promise.all([
    source && modelDigest(source),
    haveSameFiles(described, (path) => (path === 'manifest.json' ? manifest : read(path))),
  ]);
  return areSame && digest === described.facts.digest ? source : undefined;
}

/** Tells if the files that a description was made from are still the same. */
async function haveSameFiles({ files }: StoredDescription, read: ReadFile): Promise<boolean> {
  const same = Object.entries(files).map(async ([path, sha256]) => {
    const bytes = await read(path);
    return bytes !== undefined && (await sha256Hex(bytes)) === sha256;
  });
  return (await Promise.all(same)).every(Boolean);
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
