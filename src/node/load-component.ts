/** Loading of the components that a configuration names, by file or package, seen from its folder. */
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nearest, WhylightError } from '../core/errors.ts';
import { packageEntry } from './package-entry.ts';
import { packageName } from './plugin-build.ts';

export const CONFIG = 'plugins.config.json';

/** Folder of modules that are written to resolve a package and removed at once. */
const PROBES = join('node_modules', '.whylight');

type Module = Readonly<Record<string, unknown>>;

/**
 * Loads the module of a component.
 * @param root folder of the configuration
 * @param use a file that starts with `./`, or a package
 * @param entry place in the configuration, for messages
 * @throws WhylightError `invalid_config` that names the entry and the remedy
 */
export const loadModule = (root: string, use: string, entry: string): Promise<Module> =>
  use.startsWith('.') ? loadFile(root, use, entry) : loadPackage(root, use, entry);

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
  if (!statSync(path).isDirectory()) return load(pathToFileURL(path).href, use, entry);
  const file = packageEntry(path);
  const remedy = file === undefined ? 'name a file in it' : `name its file "./${relative(root, file)}", or install it`;
  throw wrong(entry, `"${use}" is a folder: ${remedy}.`);
}

/** A package is resolved as a file in the folder of the configuration would resolve it, so a file there asks for it. */
async function loadPackage(root: string, use: string, entry: string): Promise<Module> {
  const probe = join(root, PROBES, `probe-${process.pid}-${use.replace(/\W/g, '_')}.mjs`);
  await mkdir(dirname(probe), { recursive: true });
  await writeFile(probe, `export { default } from ${JSON.stringify(use)};\n`);
  try {
    return await load(pathToFileURL(probe).href, use, entry);
  } finally {
    await rm(probe);
  }
}

/** Name of the TypeScript file beside a missing one, where a relative import has left out or changed its extension. */
function typescriptOf(url: string, message: string): string | undefined {
  const [, missing] = /module '([^']+)'/.exec(message) ?? [];
  if (missing === undefined || !url.endsWith('.ts')) return undefined;
  const source = `${missing.replace(/\.js$/, '')}.ts`;
  return existsSync(source) ? `./${relative(dirname(fileURLToPath(url)), source)}` : undefined;
}

async function load(url: string, use: string, entry: string): Promise<Module> {
  try {
    return await import(url);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const name = packageName(use);
    if (code === 'ERR_MODULE_NOT_FOUND' && [use, name].some((missing) => message.includes(`package '${missing}'`))) {
      if (/\.[cm]?[jt]s$/.test(use)) throw wrong(entry, `the path of a file starts with "./": write "./${use}".`);
      throw wrong(
        entry,
        `the package "${name}" is not installed: run "npm install ${name}", or start a file's path with "./".`,
      );
    }
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw wrong(entry, `"${use}" is TypeScript, which Node reads from 22.18 on: build it to JavaScript first.`);
    }
    const source = code === 'ERR_MODULE_NOT_FOUND' ? typescriptOf(url, message) : undefined;
    if (source !== undefined) {
      throw wrong(entry, `"${use}" imports a file that does not exist: write its extension as it is, "${source}".`);
    }
    const reason = WhylightError.is(error) || error instanceof Error ? message : String(error);
    throw wrong(entry, `"${use}" cannot be loaded: ${reason}`);
  }
}

/**
 * Makes the error for a component that cannot be used.
 * @param entry place in the configuration, or the flag that names the component
 */
export const wrong = (entry: string, problem: string): WhylightError =>
  entry.startsWith('--')
    ? new WhylightError('invalid_config', `${entry}: ${problem}`, { entry })
    : new WhylightError('invalid_config', `${CONFIG}, ${entry}: ${problem}`, { file: CONFIG, entry });

/** Says where in the file an error comes from. */
export function at<T>(entry: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw WhylightError.is(error) ? wrong(entry, error.message) : error;
  }
}
