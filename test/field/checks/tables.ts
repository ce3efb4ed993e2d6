/** Checks of tables: scores of each row, and Shapley values of the first row's top class. */
import { float32 } from '../../../src/core/tensor/tensor.ts';
import type { Check } from '../opened-case.ts';
import { largestOf, relativeMax } from './errors.ts';

/** Number of features up to which Shapley values are computed by their definition. */
const MAX_FEATURES = 12;

export const scoreFaults: Check = async ({ opened, explainer, expected: { scores = [] }, inputs }) => {
  if (scores.length === 0) return [];
  const rows = await explainer.predict(opened.model, { inputs, scores: 'output' });
  return scores.flatMap((want, row) => {
    const error = relativeMax(rows[row]?.scores ?? [], want);
    return error <= 1e-4 ? [] : [`scores of row ${row}: off by ${error.toExponential(1)}`];
  });
};

export const shapleyFaults: Check = async ({ opened, explainer, expected, subjects: [subject] }) => {
  const { shapley = [], scores = [] } = expected;
  if (!subject) return [];
  const [name = ''] = Object.keys(subject.inputs);
  const top = largestOf(scores[0] ?? []);
  const faults: string[] = [];
  for (const { baseline, values } of shapley) {
    if (baseline.length > MAX_FEATURES) continue;
    const { rows } = await explainer.explain(opened.model, {
      method: 'shapley_exact',
      inputs: subject.inputs,
      baselines: { [name]: float32([1, baseline.length], baseline) },
      scores: 'output',
      target: { weights: [{ index: top, weight: 1 }] },
    });
    const want = (values[0] ?? []).map((outputs) => outputs[top] as number);
    const error = relativeMax(rows[0]?.values[name]?.data ?? [], want);
    if (!(error <= 1e-3)) faults.push(`Shapley values: off by ${error.toExponential(1)}`);
  }
  return faults;
};
