/** Predictions and explanations of one input, as the server's `application/json` has them. */
import { WhylightError } from '../../core/errors.ts';
import { AUTO_METHOD } from '../../core/explainer/auto-method.ts';
import { chooseMethod } from '../../core/explainer/choose-method.ts';
import type { ExplainHooks } from '../../core/explainer/request.ts';
import type { Prediction } from '../../core/task/task.ts';
import { drawAs } from '../../library/draw-outcome.ts';
import { fileSubjects } from '../../library/file-subjects.ts';
import type { OpenedModel } from '../../library/opened-model.ts';
import { explainSubject } from '../../library/outcome.ts';
import type { Subject } from '../../library/subject.ts';
import { explanationOutputs, explanationParameters } from '../../protocol/explanation-outputs.ts';
import { encodeResponse, type NamedOutput, type Parameters } from '../../protocol/open-inference.ts';
import type { InferenceDocument } from '../answer.ts';
import type { Question } from '../api.ts';
import { hasClasses } from '../has-classes.ts';
import { device } from './engine.ts';
import { explainer, readers } from './machine.ts';
import type { WorkerInput } from './messages.ts';

export interface PredictionOfInput {
  /** The model's output, a number for each class. */
  readonly scores?: number[];
  /** Answers of models without classes, best first. */
  readonly predictions?: readonly Prediction[];
}

/** Runs the model once. */
export async function predict(opened: OpenedModel, input: WorkerInput): Promise<PredictionOfInput> {
  const { model } = opened;
  const { inputs, image, prepared } = await subjectOf(opened, input);
  if (hasClasses(model.description.explained.task.value)) {
    const [row] = await explainer.predict(model, { inputs, scores: 'output', top: 0 });
    return { scores: [...(row?.scores ?? [])] };
  }
  const { rows } = await explainer.answer(model, {
    inputs,
    read: image ? { image } : {},
    ...(prepared && { features: [prepared.features] }),
  });
  return { predictions: rows[0] ?? [] };
}

export interface Drawn {
  readonly document: InferenceDocument;
  /** Device that the model ran on, in words. */
  readonly device: string;
  /** SVG of data other than images. */
  readonly drawing?: string;
}

/** Explains one input. */
export async function explain(
  opened: OpenedModel,
  input: WorkerInput,
  { method, params, target, seed }: Question,
  hooks: ExplainHooks,
): Promise<Drawn> {
  const subject = await subjectOf(opened, input);
  const { entry } =
    method === AUTO_METHOD
      ? chooseMethod(explainer.methods, { model: opened.model, inputs: subject.inputs })
      : { entry: explainer.methods.get(method) };
  const outcome = await explainSubject(
    explainer,
    opened,
    subject,
    { method: entry.method.id, summary: true, params, seed, ...(target !== undefined && { target }) },
    hooks,
  );
  const { explanation, row } = outcome;
  // An attribution is several times the size of the map, and nothing on the page shows it.
  const outputs = explanationOutputs(explanation).filter(({ name }) => !name.startsWith('attribution'));
  const { signed } = entry.method.about.properties;
  const drawing = row.features ? drawAs('svg', outcome, signed && explanation.params.absolute !== true) : undefined;
  return {
    document: documentOf(outputs, explanationParameters(explanation, '')),
    device: await device(),
    ...(drawing !== undefined && { drawing }),
  };
}

/** Outputs as a JSON document of the protocol. */
export function documentOf(outputs: readonly NamedOutput[], parameters: Parameters = {}): InferenceDocument {
  const { body } = encodeResponse({ modelName: '', modelVersion: '', parameters, outputs: [...outputs] });
  return JSON.parse(new TextDecoder().decode(body));
}

/** @throws WhylightError `invalid_request` for a file of several rows */
async function subjectOf(opened: OpenedModel, { blob, extension }: WorkerInput): Promise<Subject> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const subjects = await fileSubjects(opened, { name: 'input', extension, bytes }, readers);
  const [subject] = subjects;
  if (subject && subjects.length === 1) return subject;
  throw new WhylightError('invalid_request', `The file has ${subjects.length} rows, and one is explained: keep one.`);
}
