/** Outcomes for a terminal and as JSON. */

import { stripVTControlCharacters } from 'node:util';
import { counted } from '../core/counted.ts';
import type { Prediction } from '../core/task/task.ts';
import type { Explained, Outcome } from './outcome.ts';
import { listPredictions, nameOf } from './prediction-lines.ts';
import { listFeatures } from './subject.ts';

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
  const { subject, explained } = outcome;
  const notices = (subject.prepared?.notices ?? []).map((notice) => `note: ${notice}`);
  if (!explained)
    return [...notices, `${subject.name}: the model finds nothing, so there is nothing to explain.`].join('\n');
  const { explanation, row } = explained;
  const { model, engine } = explanation;
  const drawing = drawAs('ansi', outcome, signed);
  const shown =
    drawing === undefined ? layerNote(outcome) : ['', color ? drawing : stripVTControlCharacters(drawing), ''];
  const hint = subject.image ? ['Add "-o map.png" to see where.'] : [];
  return [
    `${model.name} ${model.version}, ${engine}`,
    ...notices,
    ...listPredictions(predictionsOf(outcome, explained)),
    costLine(explained),
    ...shown,
    ...(row.summary ? [row.summary.text] : []),
    ...(out === undefined ? hint : [`written to ${out}`]),
  ].join('\n');
}

const layerNote = ({ subject }: Outcome): string[] =>
  subject.prepared
    ? ['The values are those of an inner layer: they have no features. Add "-o values.npy" for them.']
    : [];

function costLine({ explanation, row }: Explained): string {
  const { method, timings, samples } = explanation;
  const { label, index } = row.target;
  const rows = samples.forwards + samples.backwards;
  return (
    `${method} of ${nameOf({ ...(label !== undefined && { label }), ...(index !== undefined && { class: index }) })} (score ${row.score.toFixed(3)}): ` +
    `${counted(rows, 'row')} in ${ms(timings.total)}` +
    ` (compile ${ms(timings.compile)}, session ${ms(timings.session)}, run ${ms(timings.run)})`
  );
}

/** The explainer's top classes, or what the task read where positions or boxes are meant. */
function predictionsOf({ predictions }: Outcome, { row }: Explained): readonly Prediction[] {
  return row.top.length > 0 ? row.top.map(({ index, ...rest }) => ({ class: index, ...rest })) : predictions;
}

/** The drawing of what was explained; undefined for an image. */
export function drawAs(
  format: 'svg' | 'html' | 'ansi',
  { subject, explained }: Outcome,
  signed: boolean,
): string | undefined {
  const { prepared } = subject;
  if (!prepared || !explained?.values) return undefined;
  const { use, features, view } = prepared;
  const { values: elements, target } = explained.row;
  const title = nameOf({
    ...(target.label !== undefined && { label: target.label }),
    ...(target.index !== undefined && { class: target.index }),
  });
  return use.modality.draw({ view, features, values: explained.values, elements, title, signed }, format);
}

/** An outcome for `--json`. Images have no features: their values are those of the map. */
export function toJson(outcome: Outcome, { out, values }: { out?: string; values?: boolean }): object {
  const { subject, task, predictions, explained } = outcome;
  if (!explained) return { input: subject.name, task: task.id, predictions, features: [] };
  const { rows: _, ...rest } = explained.explanation;
  const { values: attribution, map, ...result } = explained.row;
  const { prepared } = subject;
  return {
    input: subject.name,
    task: task.id,
    predictions,
    features: prepared && explained.values ? listFeatures(prepared.features, explained.values) : [],
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
