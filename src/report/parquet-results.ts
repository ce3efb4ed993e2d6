/** Results of a batch in Parquet, as `whylight batch` writes them: columns for queries, and the whole record as JSON. */
import { stat } from 'node:fs/promises';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { messageOf, WhylightError } from '../core/errors.ts';
import type { Settings } from './journal.ts';

/** Key of the settings in the metadata of the file. */
export const SETTINGS_KEY = 'whylight';
/** Column with the record as JSON. */
export const RECORD_COLUMN = 'record';

/**
 * Reads results, one row group at a time.
 * @throws WhylightError `not_found`, `invalid_request` for a file that is no such results
 */
export async function readParquetResults<R>(
  path: string,
): Promise<{ readonly settings: Settings; records(): AsyncGenerator<R> }> {
  await stat(path).catch((cause: unknown) => {
    throw new WhylightError('not_found', `Cannot read ${path}: ${messageOf(cause)}.`, { path }, { cause });
  });
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => notResults(path, cause));
  const stated = metadata.key_value_metadata?.find(({ key }) => key === SETTINGS_KEY)?.value;
  const isResults = stated !== undefined && metadata.schema.some(({ name }) => name === RECORD_COLUMN);
  if (!isResults) return notResults(path);
  return {
    settings: JSON.parse(stated) as Settings,
    async *records() {
      let rowStart = 0;
      for (const { num_rows } of metadata.row_groups) {
        const rowEnd = rowStart + Number(num_rows);
        const rows = await parquetReadObjects({ file, metadata, columns: [RECORD_COLUMN], rowStart, rowEnd });
        for (const row of rows) yield JSON.parse(row[RECORD_COLUMN] as string) as R;
        rowStart = rowEnd;
      }
    },
  };
}

function notResults(path: string, cause?: unknown): never {
  const message = `${path} is no file of results that whylight batch has written: it lacks the settings or the records.`;
  throw new WhylightError('invalid_request', message, { path }, { cause });
}
