/** Models that are deployed with the Worker, as static assets. */
import { WhylightError } from '../../core/errors.ts';
import { modelDigest } from '../../core/model/model-source.ts';
import { damaged } from './checked-file.ts';
import { readModelFolder } from './folder.ts';
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
  const paths = new Map(Object.entries(folders).map(([name, folder]) => [name, below(root, folder)]));
  return {
    names: [...paths.keys()],
    async open(name) {
      const folder = paths.get(name) as string;
      const read = async (path: string) => {
        // The binding ignores the host, but a URL needs one.
        const response = await assets.fetch(new URL(`/${folder}/${path}`, 'https://assets.invalid').href);
        if (!response.ok) await response.body?.cancel();
        return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
      };
      const [source, digest] = await Promise.all([readModelFolder(read, `${root}/${folder}`), read(DIGEST_FILE)]);
      if (!digest) return source;
      const expected = new TextDecoder().decode(digest);
      if ((await modelDigest(source)) !== expected) {
        const { file, external } = source.manifest;
        throw damaged({ model: name, file: [file, ...external].join(', '), sha256: expected });
      }
      return { ...source, digest: expected };
    },
  };
}

function below(root: string, folder: string): string {
  const path = folder.replace(/^\.\//, '').replace(/\/+$/, '');
  if (path.startsWith(`${root}/`)) return path.slice(root.length + 1);
  throw new WhylightError(
    'invalid_config',
    `The model folder ${folder} is not below ${root}/, the folder that is deployed with the Worker: move it there.`,
    { folder, root },
  );
}
