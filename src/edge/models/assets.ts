/** Models that are deployed with the Worker, as static assets. */
import { readModelFolder } from './folder.ts';
import type { ModelStore } from './store.ts';

/** The binding of Workers' static assets, as much of it as is used here. */
export interface Assets {
  fetch(url: string): Promise<Response>;
}

/**
 * @param folders path of each model's folder below the assets directory, by name
 */
export function assetModels(assets: Assets, folders: Readonly<Record<string, string>>): ModelStore {
  return {
    names: Object.keys(folders),
    open(name) {
      const folder = folders[name] as string;
      const read = async (path: string) => {
        // The host means nothing to the binding, but a URL needs one.
        const response = await assets.fetch(new URL(`/${folder}/${path}`, 'https://assets.invalid').href);
        if (!response.ok) await response.body?.cancel();
        return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
      };
      return readModelFolder(read, folder);
    },
  };
}
