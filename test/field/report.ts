/** Lines of the field tool, and the figures of model families. */
import { STRATEGIES, type Strategy } from './checks/methods.ts';
import type { Verdict } from './judge.ts';

export function line({ name, verdict, reasons }: Verdict): string {
  return [`${verdict}  ${name}`, ...reasons.map((reason) => `      ${reason}`)].join('\n');
}

/** Last line: `N passed, N failed, N skipped`. */
export function summary(verdicts: readonly Verdict[]): string {
  const count = (wanted: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === wanted).length;
  return `${count('pass')} passed, ${count('FAIL')} failed, ${count('skip')} skipped`;
}

/** Methods that were chosen, with the numbers of answers and refusals, then the reasons of the refusals. */
export function autoLines(verdicts: readonly Verdict[]): readonly string[] {
  const runs = verdicts.flatMap(({ name, auto }) => (auto ? [{ name, ...auto }] : []));
  const methods = [...new Set(runs.map(({ method = '' }) => method))].sort();
  const count = (method: string, wanted: string) =>
    runs.filter((run) => run.method === method && run.verdict === wanted).length;
  return [
    '',
    ...methods.map(
      (method) =>
        `${method}: ${count(method, 'runs')} answers, ${count(method, 'refused')} refusals, ${count(method, 'fails')} failures`,
    ),
    ...runs.flatMap(({ name, verdict, reason }) => (verdict === 'refused' ? [`refused  ${name}: ${reason}`] : [])),
  ];
}

/** Numbers of files of one family. */
export interface FamilyFigures {
  readonly files: number;
  /** Files that are read as they are meant, with right numbers. */
  readonly right: number;
  /** Files that a method of each strategy runs on; `refused` in words on the rest. */
  readonly methods: Readonly<Record<Strategy, { readonly runs: number; readonly refused: number }>>;
}

/** Figures by origin (exporter or library) and name; skipped files do not count. */
export function familyFigures(verdicts: readonly Verdict[]): Record<string, Record<string, FamilyFigures>> {
  const groups = new Map<string, Map<string, Verdict[]>>();
  for (const one of verdicts) {
    if (!one.family || one.verdict === 'skip') continue;
    const [origin, name] = one.family;
    const names = groups.get(origin) ?? new Map<string, Verdict[]>();
    names.set(name, [...(names.get(name) ?? []), one]);
    groups.set(origin, names);
  }
  return Object.fromEntries(
    [...groups].map(([origin, names]) => [
      origin,
      Object.fromEntries([...names].sort().map(([name, files]) => [name, figuresOf(files)])),
    ]),
  );
}

function figuresOf(files: readonly Verdict[]): FamilyFigures {
  const count = (strategy: Strategy, wanted: string) =>
    files.filter(({ methods }) => methods?.[strategy]?.verdict === wanted).length;
  return {
    files: files.length,
    right: files.filter(({ verdict }) => verdict === 'pass').length,
    methods: Object.fromEntries(
      STRATEGIES.map((strategy) => [strategy, { runs: count(strategy, 'runs'), refused: count(strategy, 'refused') }]),
    ) as FamilyFigures['methods'],
  };
}
