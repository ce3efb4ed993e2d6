/** Runs a study with its journal, and adds up the records. */
import { nounOf } from '../core/modality/noun.ts';
import { modalityOf } from '../core/modality/registry.ts';
import { type Journal, openJournal, type Settings } from './journal.ts';
import type { InputRecord } from './record.ts';
import { keyOf, look, rowsOfInput, type Study } from './study.ts';
import { type Summary, SummaryBuilder } from './summary.ts';

export interface Ran {
  readonly summary: Summary;
  /** The records of the study's inputs, one by one. */
  records(): AsyncGenerator<InputRecord>;
  /** Rows that the first input took. */
  readonly rows: number;
  /** Inputs that an earlier run had done. */
  readonly resumed: number;
}

/** Receiver of the progress of a study. */
export interface StudyProgress {
  /** @param rows rows of the model that the first input takes */
  begin(inputs: number, rows: number): void;
  update(done: number, inputs: number): void;
  end(): void;
}

/**
 * @param journalFile where the records go; a run that finds them there goes on from them
 * @param restart throws them away first
 */
export async function runStudy(
  study: Study,
  settings: Settings,
  journalFile: string,
  restart: boolean,
  progress: StudyProgress,
): Promise<Ran> {
  const journal = await openJournal<InputRecord>(journalFile, settings, keyOf, restart);
  try {
    const [first] = study.inputs;
    const rows = first ? await rowsOfInput(study, first) : 0;
    const total = study.inputs.length;
    progress.begin(total, rows);
    const before = journal.known.size;
    const keys = await look(study, journal, (done) => progress.update(done, total)).finally(progress.end);
    const builder = new SummaryBuilder(nounOf(modalityOf(study.opened.model)));
    for await (const record of recordsOf(journal, keys)) builder.add(record);
    return {
      summary: builder.finish(),
      records: () => recordsOf(journal, keys),
      rows,
      resumed: Math.min(before, total),
    };
  } finally {
    await journal.close();
  }
}

async function* recordsOf(journal: Journal<InputRecord>, keys: ReadonlySet<string>): AsyncGenerator<InputRecord> {
  for await (const record of journal.records()) if (keys.has(keyOf(record))) yield record;
}
