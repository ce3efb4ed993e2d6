/** Outcomes for a terminal. */
import { stripVTControlCharacters } from 'node:util';
import { counted } from '../core/counted.ts';
import { targetName } from '../core/explainer/draw-row.ts';
import type { ExplainedRow, Explanation } from '../core/explainer/explanation.ts';
import { doubtOf } from '../library/confidence.ts';
import { drawAs } from '../library/draw-outcome.ts';
import type { Outcome } from '../library/outcome.ts';
import { predictionsOf } from '../library/outcome-json.ts';
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
  const doubt = doubtOf(outcome);
  const drawing = drawAs('ansi', outcome, signed);
  const shown =
    drawing === undefined ? layerNote(outcome) : ['', color ? drawing : stripVTControlCharacters(drawing), ''];
  const hint = subject.image ? ['Add "-o map.png" to see where.'] : [];
  return [
    `${model.name} ${model.version}, ${engine}`,
    ...notices,
    ...listPredictions(predictionsOf(row)),
    ...(doubt === undefined ? [] : [doubt]),
    costLine(outcome),
    ...shown,
    ...(row.summary ? [row.summary.text] : []),
    ...resultLines(row),
    ...(out === undefined ? hint : [`written to ${out}`]),
  ].join('\n');
}

/** Further results of the method: its text, the names of its maps, its boxes. */
function resultLines({ text, maps = [], uncertainty, boxes = [] }: ExplainedRow): string[] {
  const named = maps.map(({ name, score }) => (score === undefined ? name : `${name} (${score.toPrecision(3)})`));
  return [
    ...(text === undefined ? [] : [text]),
    ...(maps.length > 0 ? [`${counted(maps.length, 'map')}: ${named.join(', ')}; "--show maps" draws them.`] : []),
    ...(uncertainty ? ['The standard error of each value is known; "--show uncertainty" draws it.'] : []),
    ...boxes.map(({ name, box, score }) => `${name} at ${box.map(Math.round).join(', ')} (${score.toPrecision(3)})`),
  ];
}

const layerNote = ({ subject }: Outcome): string[] =>
  subject.prepared
    ? ['The values are those of an inner layer: they have no features. Add "-o values.npy" for them.']
    : [];

/** The target with its score, or the neuron with its value where the method explains one. */
export const explainedPart = ({ params }: Pick<Explanation, 'params'>, { target, score }: ExplainedRow): string =>
  'neuron' in params ? `the neuron (value ${score.toFixed(3)})` : `${targetName(target)} (score ${score.toFixed(3)})`;

function costLine({ explanation, row }: Outcome): string {
  const { method, timings, samples } = explanation;
  const rows = samples.forwards + samples.backwards;
  return (
    `${method} of ${explainedPart(explanation, row)}: ` +
    `${counted(rows, 'row')} in ${ms(timings.total)}` +
    ` (compile ${ms(timings.compile)}, session ${ms(timings.session)}, run ${ms(timings.run)})`
  );
}
