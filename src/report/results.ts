/** Results of a batch as a report takes them. */
import { WhylightError } from '../core/errors.ts';
import { readJournal, type Settings } from './journal.ts';
import { isParquet } from './parquet-name.ts';
import type { InputRecord } from './record.ts';
import { type Summary, SummaryBuilder } from './summary.ts';

export interface Results {
  readonly settings: Settings;
  readonly summary: Summary;
  /** Every input that was explained, as often as it is asked for. */
  records(): AsyncGenerator<InputRecord>;
}

/**
 * Reads the results of a batch, without the inputs that failed.
 * @throws WhylightError `not_found`, also for results without any input; `invalid_request`
 */
export async function readResults(path: string): Promise<Results> {
  const journal = await read<InputRecord | { readonly error: object }>(path);
  async function* records(): AsyncGenerator<InputRecord> {
    for await (const record of journal.records()) if (!('error' in record)) yield record;
  }
  for await (const { features } of records()) {
    const builder = new SummaryBuilder(features ? 'input' : 'image');
    for await (const record of records()) builder.add(record);
    return { settings: journal.settings, summary: builder.finish(), records };
  }
  throw new WhylightError('not_found', `${path} holds no input that was explained.`, { path });
}

async function read<R>(path: string): ReturnType<typeof readJournal<R>> {
  if (!isParquet(path)) return readJournal<R>(path);
  const { readParquetResults } = await import('./parquet-results.ts');
  return readParquetResults<R>(path);
}
