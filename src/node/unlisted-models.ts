/** Models that lie in a project but are in no entry of its configuration. */
import { readdir } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { CONFIG } from './load-component.ts';

const FOLDER = 'models';

/**
 * Looks for folders below `models` that hold an ONNX file and that no entry names.
 * @param root folder of the configuration
 * @param models folders of the configured models, by name
 * @returns a sentence for each, with the entry to add
 */
export async function unlistedModels(root: string, models: Readonly<Record<string, string>>): Promise<string[]> {
  const listed = new Set(Object.values(models).map((path) => join(root, normalize(path), '.')));
  const entries = await readdir(join(root, FOLDER), { withFileTypes: true }).catch(() => []);
  const notes = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && !listed.has(join(root, FOLDER, entry.name)))
      .map(async ({ name }) => {
        const files = await readdir(join(root, FOLDER, name)).catch(() => []);
        return files.some((file) => file.endsWith('.onnx')) ? [noteOn(name)] : [];
      }),
  );
  return notes.flat();
}

const noteOn = (name: string): string =>
  `${FOLDER}/${name} is not served, since ${CONFIG} does not list it. To serve it, add "${name}": "./${FOLDER}/${name}" to its "models".`;
