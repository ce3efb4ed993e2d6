/** A case whose model is open and whose inputs are filled, as the checks take it. */

import { MODALITIES } from '../../src/cli/compose.ts';
import { WhylightError } from '../../src/core/errors.ts';
import type { Explainer } from '../../src/core/explainer/explainer.ts';
import type { ReadRequest } from '../../src/core/explainer/request.ts';
import type { Prediction } from '../../src/core/task/task.ts';
import { cast } from '../../src/core/tensor/cast.ts';
import type { Inputs } from '../../src/core/tensor/rows.ts';
import type { OpenedModel } from '../../src/library/opened-model.ts';
import { type Subject, subjectsOf } from '../../src/library/subject.ts';
import type { Expectation, FieldCase } from './expectation.ts';
import { filled } from './fill.ts';

export interface OpenedCase {
  readonly opened: OpenedModel;
  readonly explainer: Explainer;
  readonly expected: Expectation;
  /** Folder that arrays are named from. */
  readonly folder: string;
  /** Every row, in the file's own axes. */
  readonly inputs: Inputs;
  /** The rows one by one. */
  readonly subjects: readonly Subject[];
}

/** A check of one side of a case: what is not as expected, in words. */
export type Check = (it: OpenedCase) => Promise<readonly string[]>;

/**
 * Fills the inputs of a case as a caller would give them: words through the model's modality, numbers as tensors.
 * @param root folder that images are named from
 */
export async function openCase(
  it: FieldCase,
  opened: OpenedModel,
  explainer: Explainer,
  root: string,
): Promise<OpenedCase> {
  const { expected, folder } = it;
  const described = expected.inputs ?? [];
  const common = { opened, explainer, expected, folder };
  if (described.some(({ dtype, fill }) => dtype === 'string' || fill?.kind === 'words')) {
    const subjects = await wordSubjects(it, opened);
    return { ...common, subjects, inputs: subjects[0]?.inputs ?? {} };
  }
  const inputs: Record<string, Inputs[string]> = {};
  for (const input of described) {
    const file = opened.model.file.inputs.find(({ name }) => name === input.name);
    const value = await filled(it, input, root);
    inputs[input.name] = file ? cast(value, file.dtype) : value;
  }
  const use = await MODALITIES.use(opened, 'tensor');
  const prepared = await use.modality.prepare(new Map(Object.entries(inputs)), use.context);
  return { ...common, inputs, subjects: subjectsOf(opened.model, use, prepared, it.name) };
}

/** A row of a table with words, or a text. */
async function wordSubjects({ name, expected }: FieldCase, opened: OpenedModel): Promise<Subject[]> {
  const values = Object.fromEntries(
    (expected.inputs ?? []).map((input) => [input.name, [input.fill?.values].flat()[0]]),
  );
  const id = 'text' in values ? 'text' : 'tabular';
  const use = await MODALITIES.use(opened, id);
  const raw =
    id === 'text'
      ? [String(values.text)]
      : await use.modality.decode(new TextEncoder().encode(JSON.stringify([values])), 'application/json', use.context);
  return subjectsOf(opened.model, use, await use.modality.prepare(raw, use.context), name);
}

/** Answer to one row, and the settings that it was read with. */
export interface CaseAnswer {
  readonly task: string;
  readonly predictions: readonly Prediction[];
  readonly read: ReadRequest;
}

/** Answer to one row, with a threshold that lets something be found where the task's own finds nothing. */
export async function answerOf({ explainer, opened }: OpenedCase, subject: Subject): Promise<CaseAnswer> {
  const readWith = async (read: ReadRequest): Promise<CaseAnswer> => {
    const { inputs, prepared } = subject;
    const features = prepared && { features: [prepared.features] };
    const { task, rows } = await explainer.answer(opened.model, { inputs, read, ...features });
    return { task, read, predictions: rows[0] ?? [] };
  };
  const answer = await readWith({});
  return answer.predictions.length > 0 ? answer : readWith({ threshold: 0.001 });
}

/** Message of whatever was thrown, on one line. */
export const messageOf = (error: unknown): string => {
  const code = WhylightError.is(error) ? `${error.code}: ` : '';
  return (code + (error instanceof Error ? error.message : String(error))).replace(/\s+/g, ' ').slice(0, 240);
};
