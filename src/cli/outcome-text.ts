/** Outcomes for a terminal and as JSON. */

import { stripVTControlCharacters } from 'node:util';
import { counted } from '../core/counted.ts';
import { drawRow, targetName } from '../core/explainer/draw-row.ts';
import type { ExplainedRow } from '../core/explainer/explanation.ts';
import type { Prediction } from '../core/task/task.ts';
import type { Outcome } from './outcome.ts';
import { listPredictions } from './prediction-lines.ts';

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

export interface PageOptions {
  /** File that the drawing was written to. */
  readonly out?: string;
  /** The method's values have a sign. */
  readonly signed: boolean;
  /** 24-bit colours. */
  readonly color: boolean;
}

/** Predictions, the features with their values, and what it took. */
export function page(outcome: Outcome, { out, signed, color }: PageOptions): string {
  const { subject, explanation, row } = outcome;
  const notices = (subject.prepared?.notices ?? []).map((notice) => `note: ${notice}`);
  if (row.nothing !== undefined) return [...notices, `${subject.name}: ${row.nothing}`].join('\n');
  const { model, engine } = explanation;
  const drawing = drawAs('ansi', outcome, signed);
  const shown =
    drawing === undefined ? layerNote(outcome) : ['', color ? drawing : stripVTControlCharacters(drawing), ''];
  const hint = subject.image ? ['Add "-o map.png" to see where.'] : [];
  return [
    `${model.name} ${model.version}, ${engine}`,
    ...notices,
    ...listPredictions(predictionsOf(row)),
    costLine(outcome),
    ...shown,
    ...(row.summary ? [row.summary.text] : []),
    ...(out === undefined ? hint : [`written to ${out}`]),
  ].join('\n');
}

const layerNote = ({ subject }: Outcome): string[] =>
  subject.prepared
    ? ['The values are those of an inner layer: they have no features. Add "-o values.npy" for them.']
    : [];

function costLine({ explanation, row }: Outcome): string {
  const { method, timings, samples } = explanation;
  const rows = samples.forwards + samples.backwards;
  return (
    `${method} of ${targetName(row.target)} (score ${row.score.toFixed(3)}): ` +
    `${counted(rows, 'row')} in ${ms(timings.total)}` +
    ` (compile ${ms(timings.compile)}, session ${ms(timings.session)}, run ${ms(timings.run)})`
  );
}

/** The explainer's top classes, or what the task read where positions or boxes are meant. */
const predictionsOf = ({ top, predictions = [] }: ExplainedRow): readonly Prediction[] =>
  top.length > 0 ? top.map(({ index, ...rest }) => ({ class: index, ...rest })) : predictions;

/** The drawing of what was explained; undefined for an image. */
export const drawAs = (
  format: 'svg' | 'html' | 'ansi',
  { subject: { prepared }, row }: Outcome,
  signed: boolean,
): string | undefined => prepared && drawRow({ modality: prepared.use.modality, ...prepared }, row, signed, format);

/** An outcome for `--json`. Images have no features: their values are those of the map. */
export function toJson(outcome: Outcome, { out, values }: { out?: string; values?: boolean }): object {
  const { subject, explanation, row } = outcome;
  const { rows: _, ...rest } = explanation;
  const { values: attribution, map, predictions = [], features = [], ...result } = row;
  const { prepared } = subject;
  const answer = { input: subject.name, task: explanation.reading?.task ?? 'values', predictions, features };
  if (row.nothing !== undefined) return { ...answer, nothing: row.nothing };
  return {
    ...answer,
    ...(prepared && prepared.notices.length > 0 && { notices: prepared.notices }),
    ...rest,
    ...result,
    ...(out !== undefined && { out }),
    ...(values && {
      map: map && { shape: map.dims, data: [...map.data] },
      attribution: Object.fromEntries(
        Object.entries(attribution).map(([name, { dims, data }]) => [name, { shape: dims, data: [...data] }]),
      ),
    }),
  };
}
