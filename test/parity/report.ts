/** The table that `parity` prints. */
import type { Comparison } from './comparison.ts';
import type { Result } from './run.ts';

/** Lines of a table whose columns are wide enough for these comparisons. */
export function table(comparisons: readonly Comparison[]) {
  const widest = (key: 'model' | 'entry') => Math.max(...comparisons.map((each) => each[key].length), 5);
  const [model, entry] = [widest('model'), widest('entry')];
  const line = (
    ...[first, second, engine, errors, verdict]: readonly [string, string, string, string, string]
  ): string =>
    [first.padEnd(model), second.padEnd(entry), engine.padEnd(16), errors.padEnd(18), verdict].join('  ').trimEnd();
  return {
    header: line('model', 'entry', 'engine', 'error per example', 'verdict'),
    line: (result: Result): string => {
      const verdict = result.note ? `${result.verdict}  (${result.note})` : result.verdict;
      return line(result.model, result.entry, result.engine, result.errors.map(short).join(' '), verdict);
    },
  };
}

export function summary(results: readonly Result[]): string {
  const count = (verdict: Result['verdict']) => results.filter((result) => result.verdict === verdict).length;
  return `${count('pass')} passed, ${count('FAIL')} failed, ${count('skip')} skipped`;
}

const short = (error: number): string => (error === 0 ? '0' : error.toExponential(1));
