/** Models in local folders. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readModelFolder } from '../edge/models/folder.ts';
import type { ModelStore } from '../edge/models/store.ts';

/**
 * Makes a store of models in folders. Only a missing file counts as absent: one that cannot be read is an error.
 * @param folders path of each model's folder, by name
 */
export function folderModels(folders: Readonly<Record<string, string>>): ModelStore {
  return {
    names: Object.keys(folders),
    open(name) {
      const folder = folders[name] as string;
      const read = async (path: string) => {
        try {
          return new Uint8Array(await readFile(join(folder, path)));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
          throw error;
        }
      };
      return readModelFolder(read, folder);
    },
  };
}
