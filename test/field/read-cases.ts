/** Cases of a folder and its sub-folders, in whatever form they are described. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { FieldCase } from './expectation.ts';
import { readJson } from './read-json.ts';
import { exportCases } from './sources/exports.ts';
import { fieldCases } from './sources/field.ts';
import { trainedFolders } from './sources/folders.ts';
import { operatorCases } from './sources/operators.ts';
import type { Source } from './sources/source.ts';
import { transformersCases } from './sources/transformers.ts';
import { visionCases } from './sources/vision.ts';

const DESCRIPTIONS: readonly string[] = ['expected.json', 'case.json', 'exports.json'];
const SOURCES: readonly Source[] = [
  fieldCases,
  operatorCases,
  exportCases,
  visionCases,
  transformersCases,
  trainedFolders,
];

/**
 * Every model that an `expected.json`, `case.json` or `exports.json` describes.
 * @returns cases by name, each a path below `folder`
 */
export async function readCases(folder: string): Promise<FieldCase[]> {
  const paths = (await readdir(folder, { recursive: true })).sort();
  const cases: FieldCase[] = [];
  for (const path of paths.filter((path) => DESCRIPTIONS.includes(basename(path)))) {
    const at = dirname(path);
    const prefix = at === '.' ? '' : `${at}/`;
    const described = {
      folder: join(folder, at),
      path,
      content: await readJson(join(folder, path)),
      files: paths.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length)),
    };
    for (const source of SOURCES) {
      const found = await source(described);
      if (!found) continue;
      cases.push(
        ...found.map((one) => ({ ...one, name: relative(folder, join(folder, at, one.name)) || basename(folder) })),
      );
      break;
    }
  }
  return cases;
}
