/** Components that plugins.config.json names, loaded from files and packages to be checked. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { satisfies, validRange } from 'semver';
import { nearest, WhylightError } from '../../src/core/errors.ts';
import { parseJson } from '../../src/core/json.ts';

export const CONFIG = 'plugins.config.json';
export const FOLDER = 'generated';

/** Entry of the configuration that names a component. */
export interface Used {
  /** A file, starting with `./`, or a package. */
  readonly use: string;
  /** Range of versions of a package. */
  readonly version?: string | undefined;
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
  { use, version, as }: Used,
  entry: string,
  check: (value: unknown) => asserts value is T,
): Promise<T> {
  if (version !== undefined) await checkVersion(root, use, version, entry);
  const module = use.startsWith('.') ? await loadFile(root, use, entry) : await loadPackage(root, use, entry);
  return at(entry, () => {
    const component: unknown = module.default;
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

type Module = Readonly<Record<string, unknown>>;

async function loadFile(root: string, use: string, entry: string): Promise<Module> {
  const path = resolve(root, use);
  if (!existsSync(path)) {
    const folder = dirname(path);
    const files = existsSync(folder) ? await readdir(folder) : [];
    const close = nearest(
      use,
      files.map((file) => `./${relative(root, join(folder, file))}`),
    );
    throw wrong(
      entry,
      `there is no file "${use}". ${close.length > 0 ? `Did you mean "${close[0]}"?` : 'Give its path from here, starting with "./".'}`,
    );
  }
  return load(pathToFileURL(path).href, use, entry);
}

/** A package is resolved from the folder of the generated file, as it will be later; so a file there has to ask for it. */
async function loadPackage(root: string, use: string, entry: string): Promise<Module> {
  const probe = join(root, FOLDER, `probe-${process.pid}-${use.replace(/\W/g, '_')}.mjs`);
  await mkdir(dirname(probe), { recursive: true });
  await writeFile(probe, `export { default } from ${JSON.stringify(use)};\n`);
  try {
    return await load(pathToFileURL(probe).href, use, entry);
  } finally {
    await rm(probe);
  }
}

async function load(url: string, use: string, entry: string): Promise<Module> {
  try {
    return await import(url);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${use}'`)) {
      throw wrong(
        entry,
        `the package "${use}" is not installed: run "npm install ${use}", or start a file's path with "./".`,
      );
    }
    const reason = WhylightError.is(error) || error instanceof Error ? message : String(error);
    throw wrong(entry, `"${use}" cannot be loaded: ${reason}`);
  }
}

export const wrong = (entry: string, problem: string): WhylightError =>
  new WhylightError('invalid_config', `${CONFIG}, ${entry}: ${problem}`, { file: CONFIG, entry });

/** Says where in the file an error comes from. */
export function at<T>(entry: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw WhylightError.is(error) ? wrong(entry, error.message) : error;
  }
}
