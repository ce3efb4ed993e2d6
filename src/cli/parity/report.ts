/** The table that `parity` prints. */
import type { Result } from './run.ts';

const COLUMNS = { model: 18, entry: 30, engine: 16, errors: 22 };

export const HEADER = line('model', 'entry', 'engine', 'error per example', 'verdict');

export function resultLine({ model, entry, engine, errors, verdict, note }: Result): string {
  return line(model, entry, engine, errors.map(short).join(' '), note ? `${verdict}  (${note})` : verdict);
}

export function summary(results: readonly Result[]): string {
  const count = (verdict: Result['verdict']) => results.filter((result) => result.verdict === verdict).length;
  return `${count('pass')} passed, ${count('FAIL')} failed, ${count('skip')} skipped`;
}

function line(model: string, entry: string, engine: string, errors: string, verdict: string): string {
  const cells = [model.padEnd(COLUMNS.model), entry.padEnd(COLUMNS.entry), engine.padEnd(COLUMNS.engine)];
  return [...cells, errors.padEnd(COLUMNS.errors), verdict].join('  ').trimEnd();
}

const short = (error: number): string => (error === 0 ? '0' : error.toExponential(1));
