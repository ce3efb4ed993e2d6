/** Copies an example package under another name, as the start of a package of one's own. */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of a package that is made from an example. */
export interface Copy {
  /** Folder of the example. */
  readonly source: string;
  /** Name of the example's component: `position-ablation`. */
  readonly example: string;
  /** Path of the new folder, which is empty or does not exist yet. */
  readonly folder: string;
  /** Name of the component: `my-method`. */
  readonly name: string;
  readonly title: string;
  /** Sentence for `package.json`. */
  readonly description: string;
}

/** Copies the example without what was installed or built in it, and puts the new names in place of its own. */
export async function copyExample({ source, example, folder, name, title, description }: Copy): Promise<void> {
  await cp(source, folder, {
    recursive: true,
    filter: (path) => !/^[\\/](node_modules|dist|package-lock\.json)$/.test(path.slice(source.length)),
  });
  const own = spellings(name, title);
  const changes = spellings(example, titleOf(example)).map(
    // Whole words alone: one name may be the beginning of another word.
    (old, i) => [new RegExp(`(?<![A-Za-z0-9])${old}(?![A-Za-z0-9])`, 'g'), own[i] as string] as const,
  );
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'utf8');
    const written = entry.name.endsWith('.ts') ? (word: string) => word.replaceAll(/['\\]/g, '\\$&') : String;
    await writeFile(
      path,
      changes.reduce((changed, [old, word]) => changed.replaceAll(old, () => written(word)), text),
    );
  }
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, `${JSON.stringify({ ...manifest, description }, null, 2)}\n`);
}

/** Spellings of a name in packages, ids, titles and sentences. */
const spellings = (name: string, title: string): string[] => [
  name,
  name.replaceAll('-', '_'),
  title,
  name.replaceAll('-', ' '),
];

/** Makes the title of a name: `My Method` of `my-method`. */
export const titleOf = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
