/** Outcomes as JSON. */
import type { ExplainedMap, ExplainedRow } from '../core/explainer/explanation.ts';
import type { Prediction } from '../core/task/task.ts';
import type { Float32Tensors } from '../core/tensor/rows.ts';
import type { Tensor } from '../core/tensor/tensor.ts';
import { doubtOf } from './confidence.ts';
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
export function toJson(outcome: Outcome, { out, values }: JsonOptions): object {
  const { subject, explanation, row } = outcome;
  const doubt = doubtOf(outcome);
  const { rows: _, ...rest } = explanation;
  const { values: attribution, map, maps, uncertainty, predictions = [], features = [], ...result } = row;
  const { prepared } = subject;
  const answer = { input: subject.name, task: explanation.reading?.task ?? 'values', predictions, features };
  if (row.nothing !== undefined) return { ...answer, nothing: row.nothing };
  return {
    ...answer,
    ...(doubt !== undefined && { doubt }),
    ...(prepared && prepared.notices.length > 0 && { notices: prepared.notices }),
    ...rest,
    ...result,
    ...(out !== undefined && { out }),
    ...(maps && { maps: maps.map((one) => mapJson(one, values)) }),
    ...(values && {
      map: map && numbers(map),
      attribution: allNumbers(attribution),
      ...(uncertainty && {
        uncertainty: allNumbers(uncertainty.values),
        ...(uncertainty.map && { uncertainty_map: numbers(uncertainty.map) }),
      }),
    }),
  };
}

const mapJson = ({ values, map, ...rest }: ExplainedMap, withNumbers = false): object => ({
  ...rest,
  ...(withNumbers && { ...(map && { map: numbers(map) }), attribution: allNumbers(values) }),
});

const numbers = ({ dims, data }: Tensor<'float32'>): object => ({ shape: dims, data: [...data] });

const allNumbers = (tensors: Float32Tensors): object =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, numbers(tensor)]));
