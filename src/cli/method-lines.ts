/** Methods of a model as lines of a terminal: rows that they need, or the reason why they do not apply. */
import { counted } from '../core/counted.ts';
import type { MethodReport } from '../tools/inspect.ts';
import { wrap } from './help.ts';

const WIDTH = 80;

/** Lines of all methods: those that apply by id, the others below, together where the reason is the same. */
export const methodLines = (methods: readonly MethodReport[]): string[] => [
  '\nMETHODS',
  ...methods.filter(({ runs }) => runs).map((one) => `  ${one.method.padEnd(28)} runs, ${rowsOf(one)}`),
  ...refusals(methods.filter(({ runs }) => !runs)),
];

/** Rows that a method needs with default parameters: `52 rows`; `-` where it does not apply. */
export const rowsOf = ({ cost, runs }: MethodReport): string =>
  runs && cost ? counted(cost.forwards + cost.backwards, 'row') : '-';

function refusals(refused: readonly MethodReport[]): string[] {
  if (refused.length === 0) return [];
  const byReason = new Map<string, string[]>();
  for (const { method, reason = '' } of refused) {
    // The code of the error is the same for all. A method names itself first, and others say the same.
    const text = reason.replace(/^\w+: /, '').replace(new RegExp(`^${method} needs`), 'Needs');
    byReason.set(text, [...(byReason.get(text) ?? []), method]);
  }
  return [
    '\nMETHODS THAT DO NOT APPLY',
    ...[...byReason].flatMap(([text, ids]) => [
      ...wrap(ids.join(', '), WIDTH - 2).map((line) => `  ${line}`),
      ...wrap(text, WIDTH - 6).map((line) => `      ${line}`),
    ]),
  ];
}
