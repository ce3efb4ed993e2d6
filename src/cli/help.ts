/** Help texts: commands and options in two columns of at most 80 characters. */
import type { ArgsDef } from 'citty';

const WIDTH = 80;
const INDENT = 2;
/** Max characters of the left column; longer entries have their text on the next line. */
const LEFT = 24;

interface Option {
  readonly type?: string;
  readonly alias?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly required?: boolean;
  readonly valueHint?: string;
  readonly options?: readonly string[];
}

/** Titled options, shown together; an option in no group stands under OPTIONS. */
export interface OptionGroup {
  readonly title: string;
  readonly args: ArgsDef;
}

export interface CommandHelp {
  readonly name: string;
  readonly description: string;
  readonly args: ArgsDef;
  readonly groups: readonly OptionGroup[];
  /** Command lines that can be copied. */
  readonly examples: readonly string[];
}

/** Help of one command: usage, arguments, grouped options, examples. */
export function commandHelp({ name, description, args, groups, examples }: CommandHelp): string {
  const all = Object.entries(args) as [string, Option][];
  const positional = all.filter(([, option]) => option.type === 'positional');
  const named = all.filter(([, option]) => option.type !== 'positional');
  const inGroup = ({ args: members }: OptionGroup) => named.filter(([key, option]) => members[key] === option);
  const grouped = new Set(groups.flatMap((group) => inGroup(group).map(([key]) => key)));
  const usage = positional.map(([key, { required }]) => (required === false ? `[${key}]` : `<${key}>`)).join(' ');
  return [
    ...wrap(description, WIDTH),
    `\nUSAGE\n  whylight ${name} ${usage}${usage ? ' ' : ''}[options]`,
    ...section(
      'ARGUMENTS',
      positional.map(([key, option]): Row => [key, describe(option)]),
    ),
    ...section('OPTIONS', named.filter(([key]) => !grouped.has(key)).map(row)),
    ...groups.flatMap((group) => section(group.title, inGroup(group).map(row))),
    ...(examples.length > 0 ? [`\nEXAMPLES\n${examples.map((line) => `  ${line}`).join('\n')}`] : []),
  ].join('\n');
}

export type Row = readonly [left: string, right: string];

/** Title and rows in two columns; empty without rows. */
export function section(title: string, rows: readonly Row[]): string[] {
  return rows.length === 0 ? [] : [`\n${title}\n${rows.flatMap(([left, right]) => columns(left, right)).join('\n')}`];
}

function row([key, option]: readonly [string, Option]): Row {
  const short = [option.alias ?? []].flat().map((alias) => `-${alias}, `);
  const hint = option.type === 'boolean' ? '' : ` <${option.valueHint ?? option.options?.join('|') ?? 'value'}>`;
  // A switch that is on by default is there to be turned off.
  const no = option.type === 'boolean' && option.default === true ? '[no-]' : '';
  return [`${short.join('')}--${no}${key}${hint}`, describe(option)];
}

function describe({ description = '', default: value, type }: Option): string {
  const shown = value !== undefined && value !== '' && type !== 'boolean';
  return shown ? `${description} (default: ${value})` : description;
}

function columns(left: string, right: string): string[] {
  const [first = '', ...rest] = wrap(right, WIDTH - INDENT - LEFT);
  const margin = ' '.repeat(INDENT + LEFT);
  const indented = rest.map((line) => margin + line);
  if (left.length <= LEFT - 2) return [`${' '.repeat(INDENT)}${left.padEnd(LEFT)}${first}`, ...indented];
  return [...wrap(left, WIDTH - INDENT).map((line) => ' '.repeat(INDENT) + line), margin + first, ...indented];
}

/** Lines of at most `width` characters, broken at spaces, and inside words that are longer. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((long) => pieces(long, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Parts of a word that fit the width, broken behind a `|` where there is one. */
function pieces(word: string, width: number): string[] {
  if (word.length <= width) return [word];
  const bar = word.lastIndexOf('|', width - 1);
  const end = bar > 0 ? bar + 1 : width;
  return [word.slice(0, end), ...pieces(word.slice(end), width)];
}
