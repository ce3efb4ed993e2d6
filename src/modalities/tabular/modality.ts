/** Tables as a modality. */

import { explainedInputs } from '../../core/modality/explained-inputs.ts';
import { foldSums } from '../../core/modality/fold.ts';
import type { Modality, ModalityContext, Prepared } from '../../core/modality/modality.ts';
import type { InputFact, ModelDescription } from '../../core/model/description.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { type SummaryKind, summaryRow } from './background.ts';
import { type TableColumn, tableColumns } from './columns.ts';
import { decodeTable, TABLE_MEDIA_TYPES } from './decode.ts';
import { drawTableAnsi } from './draw-ansi.ts';
import { drawTableHtml } from './draw-html.ts';
import { drawWaterfall } from './draw-svg.ts';
import { tableFeatures } from './features.ts';
import { matchColumns } from './match.ts';
import { nameColumns } from './name-columns.ts';
import { parseTabularSettings } from './settings.ts';
import { type Cell, invalidTable, type Table } from './table.ts';
import { type Numbers, tableNumbers, tableTensors } from './tensors.ts';

/** One row with its columns, for drawings. */
export interface TableRow {
  readonly columns: readonly TableColumn[];
  readonly cells: readonly Cell[];
}

/** Kinds of absence; the first needs background rows, and is the default where there are some. */
const ABSENT = ['median', 'mean', 'rows', 'zero'] as const;

/**
 * Tables from CSV, JSON and NumPy; each column is a feature. What is absent is the median of background rows, which the settings
 * name (`median`, the default where there are some), their `mean`, all of the `rows`, or `zero`.
 */
const tabular: Modality<Table, TableRow> = {
  apiVersion: 1,
  id: 'tabular',
  about: { title: 'Table', summary: 'Rows of named columns: numbers and categories.' },
  accepts: { mediaTypes: TABLE_MEDIA_TYPES, extensions: ['csv', 'tsv', 'json', 'npy'] },
  recognise: (description) => Math.max(0, evidence(description)),
  async load(context) {
    await background(context);
    return 0;
  },
  decode: decodeTable,
  prepare,
  absent,
  background,
  nameTensors: nameColumns,
  fold: foldSums,
  draw: (drawing, format) => DRAW[format](drawing),
};

export default tabular;

const DRAW = { svg: drawWaterfall, html: drawTableHtml, ansi: drawTableAnsi };

function prepare(table: Table, { inputs, settings }: ModalityContext): Prepared<TableRow> {
  const matched = matchColumns(table, tableColumns(inputs, parseTabularSettings(settings)));
  const numbers = tableNumbers(matched);
  return {
    inputs: tableTensors(numbers, matched.columns, inputs),
    features: matched.rows.map((cells) => tableFeatures(matched.columns, cells, inputs)),
    views: matched.rows.map((cells) => ({ columns: matched.columns, cells })),
    notices: [...matched.notices, ...numbers.notices],
  };
}

async function absent(_: Prepared<TableRow>, _row: number, context: ModalityContext, kind?: string): Promise<Inputs> {
  if (kind !== undefined && !(ABSENT as readonly string[]).includes(kind)) {
    throw invalidTable(`A table has no absence called ${JSON.stringify(kind)}: use ${ABSENT.join(', ')}.`, {
      kind,
      allowed: ABSENT,
    });
  }
  const columns = tableColumns(context.inputs, parseTabularSettings(context.settings));
  const background = kind === 'zero' ? undefined : await backgroundOf(context, columns);
  if (!background && kind !== undefined && kind !== 'zero') {
    throw invalidTable(
      `The model has no background rows to take the ${kind} of. Name a table in "background" of its settings, give baselines, or use zero.`,
      { kind },
    );
  }
  if (background && kind === 'rows') return tableTensors(background, columns, context.inputs);
  const numbers = background ?? { values: new Float64Array(columns.length), rows: 1, notices: [] };
  const row = summaryRow(numbers, columns, background ? ((kind ?? 'median') as SummaryKind) : 'zero');
  return tableTensors({ values: row, rows: 1 }, columns, context.inputs);
}

async function background(context: ModalityContext): Promise<Inputs | undefined> {
  const columns = tableColumns(context.inputs, parseTabularSettings(context.settings));
  const rows = await backgroundOf(context, columns);
  return rows && tableTensors(rows, columns, context.inputs);
}

/** Background rows that were read, by the model in use: explaining a hundred rows reads their file once. */
const readBackgrounds = new WeakMap<ModalityContext, Promise<Numbers | undefined>>();

/** Background rows of the model's settings; undefined where they name none. */
function backgroundOf(context: ModalityContext, columns: readonly TableColumn[]): Promise<Numbers | undefined> {
  const known = readBackgrounds.get(context);
  if (known) return known;
  const reading = readBackground(parseTabularSettings(context.settings).background, columns, context);
  readBackgrounds.set(context, reading);
  return reading;
}

async function readBackground(
  path: string | undefined,
  columns: readonly TableColumn[],
  context: ModalityContext,
): Promise<Numbers | undefined> {
  if (path === undefined) return undefined;
  const bytes = await context.files.read(path);
  if (!bytes) throw invalidTable(`The background table ${JSON.stringify(path)} is not beside the model.`, { path });
  const table = await decodeTable(bytes, path.endsWith('.json') ? 'application/json' : 'text/csv', context);
  return tableNumbers(matchColumns(table, columns));
}

/** A matrix without names is most likely a table; an input for each column certainly is. */
function evidence({ inputs }: ModelDescription): number {
  const explained = explainedInputs(inputs);
  if (explained.some(({ modality }) => modality.value === 'tabular' && modality.source !== 'default')) return 1;
  if (explained.length === 0 || !explained.every(isMatrix)) return 0;
  if (explained.some(({ columns }) => columns)) return 0.9;
  return explained.length > 1 && explained.every(({ shape }) => shape.at(-1) === 1) ? 0.8 : 0.4;
}

const isMatrix = ({ shape, batchAxis }: InputFact): boolean =>
  shape.length <= 2 && batchAxis.value === 0 && shape.slice(1).every((extent) => typeof extent === 'number');
