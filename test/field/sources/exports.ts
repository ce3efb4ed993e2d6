/** Cases by `exports.json`, which describes every export of a folder: Ultralytics, tables, Keras. */
import { join } from 'node:path';
import type { FieldCase } from '../expectation.ts';
import { kerasModel } from './keras.ts';
import { isRecord, type Source } from './source.ts';
import { tabularModel } from './tabular.ts';
import { ultralyticsModel } from './ultralytics.ts';

/** Reader of one entry. Undefined for an entry of another script. */
export type ExportReader = (
  name: string,
  entry: Readonly<Record<string, unknown>>,
  folder: string,
) => Promise<Pick<FieldCase, 'expected' | 'family' | 'form'> | undefined>;

const READERS: readonly ExportReader[] = [ultralyticsModel, tabularModel, kerasModel];

export const exportCases: Source = async ({ folder, path, content }) => {
  if (!path.endsWith('exports.json')) return undefined;
  const cases: FieldCase[] = [];
  for (const [key, entry] of Object.entries(content)) {
    if (!isRecord(entry)) continue;
    const name = `${key}.onnx`;
    const place = { name, file: join(folder, name), folder };
    if (entry.error !== undefined) {
      cases.push({ ...place, expected: {}, skipped: `not exported: ${String(entry.error)}` });
      continue;
    }
    for (const read of READERS) {
      const found = await read(key, entry, folder);
      if (found) cases.push({ ...place, ...found });
    }
  }
  return cases;
};
