/** CSV files that hold one example a line: a text, a row of a table, or a series, with or without its true class. */
import { nearest, quoted, WhylightError } from '../core/errors.ts';
import type { ModalityId } from '../core/model/description.ts';
import type { Labels } from '../core/model/labels.ts';
import { readCsv } from '../modalities/tabular/csv.ts';
import { decodeText } from '../modalities/tabular/decode-text.ts';
import { type Cell, isMissing, numberOf, type Table } from '../modalities/tabular/table.ts';

/** One line of the file. */
export interface Example {
  /** Number of the line's row, as errors about tables count. */
  readonly row: number;
  /** JSON that the modality of the model reads. */
  readonly json: string;
  /** Content of the column of classes. */
  readonly label?: string;
}

export interface ExampleOptions {
  readonly modality: ModalityId;
  /** Classes of the model, by which the column of classes is found. */
  readonly labels?: Labels;
  /** Column of classes, where the caller names it. */
  readonly labelColumn?: string;
}

type NamedTable = Table & { readonly columns: readonly string[] };

/** Names that a column of classes or of texts has by custom. */
const LABEL_NAMES = /^(label|class|target|truth|y)$/i;
const TEXT_NAMES = /^(text|sentence|review|utterance|document|content|comment|title|tweet)$/i;

/**
 * Reads the examples of a CSV file. A table has one example a line; so has a file of texts with a column of texts, and a file
 * of series whose columns are numbered by time (`hour_0`, `hour_1`, ...).
 * @returns undefined for a file that is one series by itself
 * @throws WhylightError `invalid_request` for what is no CSV, for an unknown column, or a file of texts without texts
 */
export function readExamples(bytes: Uint8Array, options: ExampleOptions): Example[] | undefined {
  const table = readCsv(decodeText(bytes).text);
  const { columns } = table;
  if (!columns) {
    if (options.labelColumn !== undefined) throw unknownColumn(options.labelColumn, []);
    if (options.modality === 'text') throw noTexts([]);
    return options.modality === 'tabular' ? table.rows.map((row, i) => ({ row: i + 1, json: json([row]) })) : undefined;
  }
  const named = { ...table, columns };
  const label = labelColumnOf(named, options);
  const contentOf = contentReader(named, label, options.modality);
  return (
    contentOf &&
    table.rows.map((cells, i) => ({
      row: table.firstRow + i,
      json: json(contentOf(cells)),
      ...(label !== undefined && !isMissing(cells[label] ?? null) && { label: String(cells[label]).trim() }),
    }))
  );
}

const json = (value: unknown): string => JSON.stringify(value);

/** Index of the column of classes: the one that is named, that is called so by custom, or holds nothing but names of classes. */
function labelColumnOf({ columns, rows }: NamedTable, { labels, labelColumn }: ExampleOptions): number | undefined {
  if (labelColumn !== undefined) {
    const index = columns.indexOf(labelColumn);
    if (index < 0) throw unknownColumn(labelColumn, columns);
    return index;
  }
  const customary = columns.findIndex((name) => LABEL_NAMES.test(name));
  if (customary >= 0 || !labels) return customary >= 0 ? customary : undefined;
  // Numbers may be features as well as classes.
  const known = new Set(labels.names.filter((name) => /\p{L}/u.test(name)).map((name) => name.trim().toLowerCase()));
  const isClass = (cell: Cell): boolean => isMissing(cell) || known.has(String(cell).trim().toLowerCase());
  const found = columns.findIndex((_, i) => rows.every((row) => isClass(row[i] ?? null)));
  return found >= 0 ? found : undefined;
}

const unknownColumn = (name: string, columns: readonly string[]): WhylightError => {
  const close = nearest(name, columns, 2);
  const hint = close.length > 0 ? ` Did you mean ${close.map(quoted).join(' or ')}?` : '';
  return new WhylightError(
    'invalid_request',
    `The file has no column ${quoted(name)}; its columns are ${columns.map(quoted).join(', ') || 'without names'}.${hint}`,
    { column: name, columns, nearest: close },
  );
};

type Reader = (cells: Table['rows'][number]) => unknown;

/** Reader of the content of a line; undefined where lines are no examples. */
function contentReader(table: NamedTable, label: number | undefined, modality: ModalityId): Reader | undefined {
  const others = table.columns.flatMap((name, index) => (index === label ? [] : [{ name, index }]));
  if (modality === 'text') return textReader(table, others);
  if (modality === 'series') return seriesReader(others);
  return (cells) => Object.fromEntries(others.map(({ name, index }) => [name, cells[index]]));
}

interface Column {
  readonly name: string;
  readonly index: number;
}

/** Texts of the column that is called so, else of the only one that holds words; two columns of a pair by their names. */
function textReader({ columns, rows }: NamedTable, others: readonly Column[]): Reader {
  const named = others.find(({ name }) => TEXT_NAMES.test(name));
  const wordy = others.filter(({ index }) => rows.some((row) => /\p{L}/u.test(String(row[index] ?? ''))));
  const column = named ?? (wordy.length === 1 ? wordy[0] : undefined);
  if (!column && wordy.length > 1)
    return (cells) => [Object.fromEntries(wordy.map(({ name, index }) => [name, cells[index]]))];
  if (!column) throw noTexts(columns);
  return (cells) => [String(cells[column.index] ?? '')];
}

const noTexts = (columns: readonly string[]): WhylightError =>
  new WhylightError(
    'invalid_request',
    `The file has no column of texts; its columns are ${columns.map(quoted).join(', ') || 'without names'}. Call the column "text".`,
    { columns },
  );

/** Series of columns that are numbered by time; channels by what stands before the number. */
function seriesReader(others: readonly Column[]): Reader | undefined {
  const numbered = others.map(({ name, index }) => ({ index, match: /^(.*?)[_ .-]?(\d+)$/.exec(name.trim()) }));
  if (others.length < 2 || numbered.some(({ match }) => !match)) return undefined;
  const channels = new Map<string, number[]>();
  for (const { index, match } of numbered) {
    const channel = match?.[1] || 'value';
    channels.set(channel, [...(channels.get(channel) ?? []), index]);
  }
  // What is no number is refused by the modality, which knows its place.
  const numberIn = (cell: Cell) => (isMissing(cell) ? null : (numberOf(cell) ?? cell));
  return (cells) => ({
    channels: Object.fromEntries(
      [...channels].map(([name, indices]) => [name, indices.map((i) => numberIn(cells[i] ?? null))]),
    ),
  });
}
