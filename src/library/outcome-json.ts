/** Outcomes as JSON. */
import type { ExplainedRow } from '../core/explainer/explanation.ts';
import type { Prediction } from '../core/task/task.ts';
import type { Outcome } from './outcome.ts';

/** The explainer's top classes, or what the task read where positions or boxes are meant. */
export const predictionsOf = ({
  top,
  predictions = [],
}: Pick<ExplainedRow, 'top' | 'predictions'>): readonly Prediction[] =>
  top.length > 0 ? top.map(({ index, ...rest }) => ({ class: index, ...rest })) : predictions;

export interface JsonOptions {
  /** File that the drawing was written to. */
  readonly out?: string;
  /** Adds the map and the attribution, number by number. */
  readonly values?: boolean;
}

/** An outcome as JSON. Images have no features: their values are those of the map. */
export function toJson({ subject, explanation, row }: Outcome, { out, values }: JsonOptions): object {
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
