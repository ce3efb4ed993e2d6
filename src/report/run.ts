/** Runs a study with its journal, and adds up the records. */
import { type Journal, openJournal, type Settings } from './journal.ts';
import type { ImageRecord } from './record.ts';
import { keyOf, look, rowsOfImage, type Study } from './study.ts';
import { type Summary, SummaryBuilder } from './summary.ts';

export interface Ran {
  readonly summary: Summary;
  /** The records of the study's images, one by one. */
  records(): AsyncGenerator<ImageRecord>;
  /** Rows that each image took. */
  readonly rows: number;
  /** Images that an earlier run had done. */
  readonly resumed: number;
}

/** Receiver of the progress of a study. */
export interface StudyProgress {
  /** @param rows rows of the model that each image takes */
  begin(images: number, rows: number): void;
  update(done: number, images: number): void;
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
  const journal = await openJournal<ImageRecord>(journalFile, settings, keyOf, restart);
  try {
    const [first] = study.files;
    const rows = first ? await rowsOfImage(study, first) : 0;
    const total = study.files.length;
    progress.begin(total, rows);
    const before = journal.known.size;
    const keys = await look(study, journal, (done) => progress.update(done, total)).finally(progress.end);
    const builder = new SummaryBuilder();
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

async function* recordsOf(journal: Journal<ImageRecord>, keys: ReadonlySet<string>): AsyncGenerator<ImageRecord> {
  for await (const record of journal.records()) if (keys.has(keyOf(record))) yield record;
}
