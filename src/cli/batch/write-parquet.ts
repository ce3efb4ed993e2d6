/** Results of a batch as Parquet: made of the journal when the batch ends. */
import { rename, rm } from 'node:fs/promises';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import type { Settings } from '../../report/journal.ts';
import { RECORD_COLUMN, SETTINGS_KEY } from '../../report/parquet-results.ts';
import { type BatchRecord, isFailed } from './record.ts';

/** Rows of a row group: what is in memory at a time. */
const ROW_GROUP = 1000;

const COLUMNS = [
  { name: 'name', type: 'STRING', nullable: false },
  { name: 'digest', type: 'STRING', nullable: false },
  { name: 'truth', type: 'STRING' },
  { name: 'label', type: 'STRING' },
  { name: 'score', type: 'DOUBLE' },
  { name: 'probability', type: 'DOUBLE' },
  { name: 'method', type: 'STRING' },
  { name: 'target', type: 'STRING' },
  { name: 'route', type: 'STRING' },
  { name: 'ms', type: 'DOUBLE' },
  { name: 'usd', type: 'DOUBLE' },
  { name: 'model_version', type: 'STRING' },
  { name: 'error', type: 'STRING' },
  { name: RECORD_COLUMN, type: 'STRING', nullable: false },
] as const;

type Row = { readonly [Name in (typeof COLUMNS)[number]['name']]?: string | number };

/** Writes the file beside its place and then puts it there, so that a reader sees all of it or what was there before. */
export async function writeParquetResults(
  path: string,
  settings: Settings,
  records: AsyncIterable<BatchRecord>,
): Promise<void> {
  const part = `${path}.part`;
  try {
    await parquetWriteRows({
      writer: fileWriter(part),
      rows: rowsOf(records),
      columns: COLUMNS.map((column) => ({ ...column })),
      rowGroupSize: ROW_GROUP,
      kvMetadata: [{ key: SETTINGS_KEY, value: JSON.stringify(settings) }],
      createdBy: 'whylight',
    });
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

async function* rowsOf(records: AsyncIterable<BatchRecord>): AsyncGenerator<Row> {
  for await (const record of records) yield rowOf(record);
}

function rowOf(record: BatchRecord): Row {
  const { name, digest } = record;
  const whole = { name, digest, record: JSON.stringify(record) };
  if (isFailed(record)) return { ...whole, error: `${record.error.code}: ${record.error.message}` };
  const { truth, top, methods, run } = record;
  const [best] = top;
  const [[method, explained] = []] = Object.entries(methods);
  return defined({
    ...whole,
    truth,
    label: best?.label,
    score: best?.score,
    probability: best?.probability,
    method,
    target: explained?.target,
    route: run.route,
    ms: run.ms,
    usd: run.usd,
    model_version: run.model_version,
  });
}

/** Without the members that are undefined. */
const defined = (row: { readonly [Name in keyof Row]: string | number | undefined }): Row =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
