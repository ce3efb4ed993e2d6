/** Identity of a plugin's code, which keeps answers of another build of it out of the cache. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJson } from '../core/json.ts';

const OWN = fileURLToPath(new URL('../..', import.meta.url));

/** Characters of a SHA-256 in hex that tell builds apart. */
const DIGITS = 16;

const RELATIVE_IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/**
 * Returns the build of a component that a configuration names: `whylight@<version>` for those that come with whylight,
 * `<package>@<version>+<digest of its files>` for a package, `file+<digest>` for a file and the files that it imports.
 * @param root folder of the configuration
 * @param use a file that starts with `./`, or a package, with or without a path in it
 * @returns undefined for what does not exist
 *
 * @example
 * await buildOf('.', 'saliency-method-x'); // 'saliency-method-x@1.4.1+0f3a6c1d2e4b5a69'
 */
export async function buildOf(root: string, use: string): Promise<string | undefined> {
  const path = /^[./]/.test(use) ? resolve(root, use) : installedFolder(root, use);
  if (path === undefined || !existsSync(path)) return undefined;
  const real = await realpath(path);
  if (isOwn(real)) return `whylight@${await versionOf(OWN)}`;
  if (/^[./]/.test(use)) return `file+${await digest(dirname(real), await withImports(real))}`;
  return `${packageName(use)}@${await versionOf(real)}+${await digest(real, await filesOf(real))}`;
}

/** Parts of the program that decide which bytes a compiled graph has. */
const COMPILER = ['autodiff', 'onnx', 'plan', 'tensor'];

/**
 * Returns the build of the compiler: the version of whylight, and a digest of the source that compiles graphs. Graphs
 * that another build has stored are not used.
 */
export const compilerBuild = (): Promise<string> => buildOfParts(COMPILER.map((part) => join('core', part)));

/** Parts of the program that decide what is known about a model. */
const READER = ['core', 'tasks', join('edge', 'models')];

/**
 * Returns the build of what reads models: the version of whylight, a digest of the source that describes them, and the
 * builds of the tasks of a configuration, which recognise outputs. Descriptions that another build has stored are not used.
 * @param root folder of the configuration
 * @param tasks components that the configuration names
 */
export async function readerBuild(root: string, tasks: readonly string[] = []): Promise<string> {
  const builds = await Promise.all(tasks.map((use) => buildOf(root, use)));
  return [await buildOfParts(READER), ...builds].join(' ');
}

async function buildOfParts(parts: readonly string[]): Promise<string> {
  const folder = join(OWN, existsSync(join(OWN, 'src', 'core', 'onnx')) ? 'src' : 'dist');
  const files = await Promise.all(parts.map((part) => filesOf(join(folder, part))));
  return `whylight@${await versionOf(OWN)}+${await digest(folder, files.flat())}`;
}

const isOwn = (path: string): boolean => ['src', 'dist'].some((part) => path.startsWith(join(OWN, part) + sep));

/** Selects the name of a package: `@scope/name` of `@scope/name/path`. */
export const packageName = (use: string): string => use.split('/', use.startsWith('@') ? 2 : 1).join('/');

/** The folder of a package, looked for as Node does: in `node_modules` here and in every folder above. */
function installedFolder(root: string, use: string): string | undefined {
  for (let folder = resolve(root); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', packageName(use));
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

async function versionOf(folder: string): Promise<string> {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return 'unknown';
  const { version } = parseJson(await readFile(path, 'utf8'), path) as { version?: string };
  return version ?? 'unknown';
}

/** Every file of a package; its own dependencies have versions of their own. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const parts = entries.map(async (entry): Promise<string[]> => {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesOf(path) : [path];
  });
  return (await Promise.all(parts)).flat();
}

/** A file and what it imports by relative paths, without whylight's own files. */
async function withImports(entry: string): Promise<string[]> {
  const found = new Set([entry]);
  for (const file of found) {
    const text = await readFile(file, 'utf8');
    for (const [, specifier] of text.matchAll(RELATIVE_IMPORT)) {
      const imported = resolve(dirname(file), specifier as string);
      if (existsSync(imported) && !isOwn(imported)) found.add(imported);
    }
  }
  return [...found];
}

/** Digest of names and contents, whatever their order. */
async function digest(folder: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [...files].sort()) {
    hash.update(`${relative(folder, file).replaceAll('\\', '/')}\0`);
    hash.update(
      createHash('sha256')
        .update(await readFile(file))
        .digest(),
    );
  }
  return hash.digest('hex').slice(0, DIGITS);
}
