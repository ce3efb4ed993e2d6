/** Exports of scikit-learn and boosted trees: kind of model by its name, predictions and Shapley values beside it. */
import { join } from 'node:path';
import type { Expectation, ExpectedInput, ExpectedShapley } from '../expectation.ts';
import { readJson } from '../read-json.ts';
import type { ExportReader } from './exports.ts';

interface TabularModel {
  readonly by: string;
  readonly operators: readonly string[];
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
}

interface Reference {
  readonly rows?: readonly (readonly number[])[];
  readonly predictions?: readonly (readonly number[])[];
  readonly explanations?: readonly {
    readonly explainer: string;
    readonly background: string;
    readonly values: ExpectedShapley['values'];
  }[];
}

/** Names of models whose answer is a number rather than a class. */
const REGRESSIONS = /^diabetes|iforest/;
const WORDS: Readonly<Record<string, readonly string[]>> = {
  city: ['Oslo'],
  job: ['nurse'],
  text: ['fresh bread and a kind host'],
};
const NUMBERS: Readonly<Record<string, number>> = { age: 41, income: 32.5 };

export const tabularModel: ExportReader = async (name, entry, folder) => {
  if (!('by' in entry && 'operators' in entry)) return undefined;
  const { by, operators, inputs } = entry as unknown as TabularModel;
  const reference = (await readJson(join(folder, `${name}.json`))) as Reference;
  const isRegression = REGRESSIONS.test(name);
  const { rows, predictions } = reference;
  const wanted: Expectation = {
    open: 'yes',
    explain: 'yes',
    inputs: Object.entries(inputs).map(([input, [dtype, , width]]) => expectedInput(input, dtype, width, rows)),
    tasks: [isRegression ? 'regression' : 'classification'],
    class_axis: isRegression ? null : 1,
    ...(predictions && { scores: predictions }),
    ...(reference.explanations && rows && { shapley: shapleyOf(reference, rows) }),
  };
  const estimator = operators.filter((op) => op.startsWith('ai.onnx.ml.')).map((op) => op.slice(11));
  const kind = estimator.find((op) => /Ensemble|Classifier|Regressor|SVM/.test(op)) ?? 'operators of ai.onnx';
  return { family: [by, kind], expected: wanted };
};

function expectedInput(
  name: string,
  dtype: number | string | undefined,
  width: number | string | undefined,
  rows: Reference['rows'],
): ExpectedInput {
  const words = WORDS[name];
  const value = NUMBERS[name];
  const common = { name, dtype: dtype === 'STRING' ? 'string' : 'float32', role: 'explained', batch_axis: 0 } as const;
  const modality = name === 'text' ? 'text' : 'tabular';
  if (words) return { ...common, modality, fill: { kind: 'words', values: words }, fill_shape: [1, 1] };
  if (value !== undefined) {
    return { ...common, modality, fill: { kind: 'values', values: [value] }, fill_shape: [1, 1] };
  }
  if (rows) {
    return { ...common, modality, fill: { kind: 'values', values: rows }, fill_shape: [rows.length, Number(width)] };
  }
  return { ...common, modality, fill: { kind: 'spread', low: 0, high: 8 }, fill_shape: [2, Number(width)] };
}

/** Values by the definition for a baseline of zeros; those of other baselines need numbers that are not in the file. */
function shapleyOf({ explanations = [] }: Reference, rows: readonly (readonly number[])[]): ExpectedShapley[] {
  return explanations
    .filter(({ explainer, background }) => background === 'zeros' && explainer.includes('definition'))
    .map(({ values }) => ({ baseline: (rows[0] ?? []).map(() => 0), values }));
}
