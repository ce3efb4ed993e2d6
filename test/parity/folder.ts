/** JSON files of a folder with references. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { WhylightError } from '../../src/core/errors.ts';
import { parseJson } from '../../src/core/json.ts';
import type { Comparison } from './comparison.ts';

interface FileKind<S extends z.ZodType> {
  readonly schema: S;
  /** True for the JSON of this kind, false for another file that happens to lie there. */
  readonly matches: (json: unknown) => boolean;
  readonly read: (path: string, content: z.output<S>) => Promise<Comparison[]>;
}

/**
 * Comparisons of every file of a kind in the folder itself, in the order of names.
 * @throws WhylightError `invalid_config` for a file that does not fit its schema
 */
export async function readFiles<S extends z.ZodType>(
  folder: string,
  { schema, matches, read }: FileKind<S>,
): Promise<Comparison[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json') && name !== 'cases.json').sort();
  const all: Comparison[] = [];
  for (const file of files) {
    const path = join(folder, file);
    const json = parseJson(await readFile(path, 'utf8'), path);
    if (!matches(json)) continue;
    const parsed = schema.safeParse(json);
    if (!parsed.success) {
      throw new WhylightError('invalid_config', `${path} is no reference: ${z.prettifyError(parsed.error)}`);
    }
    all.push(...(await read(path, parsed.data)));
  }
  return all;
}
