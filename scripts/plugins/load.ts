/** Components that plugins.config.json names, loaded from files and packages to be checked. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { satisfies, validRange } from 'semver';
import { parseJson } from '../../src/core/json.ts';
import { isolate } from '../../src/node/isolation/load-isolated.ts';
import { at, loadModule, wrong } from '../../src/node/load-component.ts';

export const FOLDER = 'generated';

/** Entry of the configuration that names a component. */
export interface Used {
  /** A file, starting with `./`, or a package. */
  readonly use: string;
  /** Range of versions of a package. */
  readonly version?: string | undefined;
  /** True for a method that is loaded in a thread alone. */
  readonly isolated?: boolean | undefined;
  /** Id in place of the component's own. */
  readonly as?: string | undefined;
}

/**
 * Loads components of one kind.
 * @param key of the configuration, for messages
 * @param check throws for what breaks the contract
 * @throws WhylightError `invalid_config` that names the entry, also for an id that two of them have
 */
export async function loadComponents<T extends { readonly id: string }>(
  root: string,
  key: string,
  used: readonly Used[],
  check: (value: unknown) => asserts value is T,
): Promise<T[]> {
  const loaded: T[] = [];
  for (const [i, entry] of used.entries()) {
    const component = await loadComponent(root, entry, `${key}[${i}]`, check);
    const same = loaded.findIndex(({ id }) => id === component.id);
    if (same >= 0) {
      throw wrong(
        `${key}[${i}]`,
        `"${entry.use}" has the id "${component.id}", and so has ${key}[${same}] "${used[same]?.use}": remove one of them, or give a method another id by "as".`,
      );
    }
    loaded.push(component);
  }
  return loaded;
}

async function loadComponent<T>(
  root: string,
  { use, version, as, isolated }: Used,
  entry: string,
  check: (value: unknown) => asserts value is T,
): Promise<T> {
  if (version !== undefined) await checkVersion(root, use, version, entry);
  const component: unknown = isolated ? await isolate(use, root) : (await loadModule(root, use, entry)).default;
  return at(entry, () => {
    check(component);
    return as === undefined ? component : Object.freeze({ ...component, id: as });
  });
}

/** Before it is loaded: a version that does not fit may fail in ways that say less. */
async function checkVersion(root: string, use: string, range: string, entry: string): Promise<void> {
  if (use.startsWith('.')) throw wrong(`${entry}.version`, 'a file has no version: leave it out.');
  if (validRange(range) === null)
    throw wrong(`${entry}.version`, `"${range}" is no range of versions: write it as npm does, such as "^1.2.0".`);
  const text = await readFile(join(root, 'node_modules', use, 'package.json'), 'utf8').catch(() => undefined);
  // What is not installed is said by the attempt to load it.
  if (text === undefined) return;
  const { version } = parseJson(text, `node_modules/${use}/package.json`) as { version?: string };
  if (version !== undefined && satisfies(version, range)) return;
  throw wrong(
    entry,
    `"${use}" is installed in version ${version ?? 'unknown'}, but ${range} is asked for: run "npm install ${use}@${range}", or change the range.`,
  );
}
