/** Facts about inputs and outputs, as a description of a model has them. */
import type { InputFact, OutputFact } from '../../src/core/model/description.ts';

const fromGraph = <T>(value: T) => ({ value, source: 'graph' as const });

/** A float32 input of this modality that is explained; `more` replaces single facts. */
export const inputFact = (
  name: string,
  modality: string,
  layout: string,
  shape: InputFact['shape'],
  more: Partial<InputFact> = {},
): InputFact => ({
  name,
  dtype: 'float32',
  shape,
  modality: fromGraph(modality),
  layout: fromGraph(layout),
  batchAxis: fromGraph(0),
  role: fromGraph('explained'),
  ...more,
});

/** The scores of a classifier of two classes. */
export const twoClasses = (name: string): OutputFact => ({
  name,
  dtype: 'float32',
  shape: ['N', 2],
  task: fromGraph('classification'),
  batchAxis: fromGraph(0),
  activation: fromGraph('none'),
  logits: name,
});
