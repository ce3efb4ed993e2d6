/**
 * The journal of a long run: a JSON line with the settings, then one for each image that is done. A run that was
 * interrupted goes on from there; a line that was cut short is done again.
 */
import { createReadStream } from 'node:fs';
import { open, rm, stat, truncate } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { WhylightError } from '../core/errors.ts';
import { reasonOf } from '../node/system-errors.ts';

/** Settings of a run; records of runs with different settings are not mixed. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Journal<R> {
  /** Records that were there at the start, by name. */
  readonly known: ReadonlySet<string>;
  add(record: R): Promise<void>;
  /** Every record, in the order of the file. */
  records(): AsyncGenerator<R>;
  close(): Promise<void>;
}

/**
 * @param keyOf names a record among all
 * @param restart throws away what is there
 * @throws WhylightError `invalid_request` when the file is the journal of another run, or none.
 */
export async function openJournal<R>(
  path: string,
  settings: Settings,
  keyOf: (record: R) => string,
  restart = false,
): Promise<Journal<R>> {
  if (restart) await rm(path, { force: true });
  const known = new Set<string>();
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) {
    let [line, whole] = [0, 0];
    for await (const { text, end, complete } of lines(path)) {
      line++;
      const value = complete ? parse(text) : undefined;
      if (line === 1) checkSettings(value, settings, path);
      else if (value === undefined) break;
      else known.add(keyOf(value as R));
      whole = end;
    }
    await truncate(path, whole);
  }
  const file = await open(path, 'a').catch((cause: NodeJS.ErrnoException) => {
    throw new WhylightError(
      'invalid_request',
      `Cannot write the journal ${path}: ${reasonOf(cause)}.`,
      { path },
      { cause },
    );
  });
  if ((await file.stat()).size === 0) await file.write(`${JSON.stringify(settings)}\n`);
  return {
    known,
    add: async (record) => {
      await file.write(`${JSON.stringify(record)}\n`);
    },
    async *records() {
      let line = 0;
      for await (const { text } of lines(path)) if (line++ > 0) yield JSON.parse(text) as R;
    },
    close: () => file.close(),
  };
}

/**
 * Reads the journal of a run that may go on: its settings, and every complete record as often as it is asked for.
 * @throws WhylightError `not_found`, `invalid_request` for a file that is no journal
 */
export async function readJournal<R>(path: string): Promise<{ settings: Settings; records(): AsyncGenerator<R> }> {
  const first = await firstLine(path);
  const settings = parse(first ?? '') as Settings | undefined;
  if (typeof settings !== 'object' || settings === null || !('whylight' in settings)) {
    throw new WhylightError('invalid_request', `${path} is no file of results: its first line has no settings.`, {
      path,
    });
  }
  return {
    settings,
    async *records() {
      let line = 0;
      for await (const { text, complete } of lines(path)) if (line++ > 0 && complete) yield JSON.parse(text) as R;
    },
  };
}

async function firstLine(path: string): Promise<string | undefined> {
  try {
    for await (const { text } of lines(path)) return text;
    return undefined;
  } catch (cause) {
    throw new WhylightError('not_found', `Cannot read ${path}: ${reasonOf(cause)}.`, { path }, { cause });
  }
}

async function* lines(path: string): AsyncGenerator<{ text: string; end: number; complete: boolean }> {
  const { size } = await stat(path);
  let end = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    end += Buffer.byteLength(text) + 1;
    yield { text, end, complete: end <= size };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkSettings(found: unknown, wanted: Settings, path: string): void {
  const before = (found ?? {}) as Settings;
  const differing = [...new Set([...Object.keys(before), ...Object.keys(wanted)])].filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(wanted[key]),
  );
  if (differing.length === 0) return;
  throw new WhylightError(
    'invalid_request',
    `${path} is the journal of another run: ${differing.join(', ')} differ. Add --restart to begin anew, or give another --out.`,
    { path, differing },
  );
}
