/** Cases by `expected.json` with an entry for each file, as the field folder and its fault cases have them. */
import { join } from 'node:path';
import type { Expectation } from '../expectation.ts';
import { isRecord, type Source } from './source.ts';

/** Entries keyed by file name; files lie in `models/`, in a folder of the entry's name, or beside the description. */
export const fieldCases: Source = async ({ folder, content, files }) => {
  const entries = Object.entries(content).filter(([, entry]) => isRecord(entry) && 'open' in entry);
  if (entries.length === 0) return undefined;
  return entries.flatMap(([key, entry]) => {
    const name = [`models/${key}`, `${key}/model.onnx`, key].find((path) => files.includes(path));
    if (name === undefined) return [];
    const file = join(folder, name);
    return [{ name, file, folder: join(file, '..'), expected: entry as Expectation }];
  });
};
