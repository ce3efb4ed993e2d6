/** Reading of the model's answer by its task: what it says of a row, and what of that is explained. */

import { WhylightError } from '../errors.ts';
import { answered } from '../method/answered.ts';
import type { Features } from '../modality/modality.ts';
import type { ModelDescription } from '../model/description.ts';
import type { Model } from '../model/model.ts';
import { rowsAsInFile } from '../model/row-places.ts';
import type { TargetRequest } from '../model/target-request.ts';
import { recall } from '../plan/forward-pass.ts';
import { outputsOf, runRows } from '../plan/run.ts';
import { resolveNeeds } from '../plan/variant.ts';
import { isPlaced, parseTarget } from '../task/parse-choice.ts';
import type { TaskRegistry } from '../task/registry.ts';
import type { Prediction, Task, TaskContext, TaskOutputs, TaskTarget } from '../task/task.ts';
import type { Inputs } from '../tensor/rows.ts';
import { float32 } from '../tensor/tensor.ts';
import type { Plan } from './plan.ts';
import { controlOf, type PlanRun, rowInputs } from './plan-run.ts';
import type { ExplainRequest } from './request.ts';
import { tokensOf, withWords } from './words-of-tokens.ts';

/** The answer to one row, with what it was read from. */
export interface RowAnswer {
  readonly predictions: readonly Prediction[];
  readonly outputs: TaskOutputs;
  readonly context: TaskContext;
  /** True if it comes from a run that had been made before. */
  readonly recalled: boolean;
}

/** The part of a plan that answers are read with. */
export type ReadPlan = Pick<Plan, 'inputs' | 'info' | 'model'> & {
  readonly request: Pick<ExplainRequest, 'read' | 'features' | 'top'>;
};

/** The part of a run that answers are read with. */
export type ReadRun = Pick<PlanRun, 'lease' | 'hooks'> & { readonly plan: ReadPlan };

/** The task that reads the answers of a plan; undefined where the request asks for no predictions. */
export function taskOf(
  { model, request }: { readonly model: Model; readonly request: Pick<ExplainRequest, 'read' | 'corrections'> },
  tasks: TaskRegistry,
): Task | undefined {
  if (!request.read || tasks.tasks.length === 0) return undefined;
  const stated = request.corrections?.task;
  if (stated !== undefined) return tasks.stated(stated, model.description, model.metadata);
  // A vector to compare with asks for the similarity, whatever else the output may be.
  return tasks.choose(model.description, model.metadata, request.read.similarTo && 'similarity');
}

/**
 * Tells if the target is found by the task in the outputs of a run: always where predictions have places, unless an inner
 * tensor or elements of the scores are meant, and for a choice by place.
 */
export function isChosenByTask(task: Task | undefined, { target, scores, taskTarget }: Plan['request']): boolean {
  if (!task || taskTarget) return false;
  const text = typeof target === 'string' ? target : undefined;
  if (text !== undefined && isPlaced(text)) return true;
  const isExplicit = typeof target === 'object' || text?.trimStart().startsWith('{') === true;
  return task.hasPlaces === true && (scores === undefined || scores === 'logits') && !isExplicit;
}

/** Runs the model on one row, and reads what it says. */
export async function readRow(run: ReadRun, task: Task, index: number): Promise<RowAnswer> {
  const { plan } = run;
  const inputs = rowInputs(plan, index);
  const context = contextOf(plan, task, index, inputs);
  const { outputs, recalled } = await outputsOfRow(run, inputs, index);
  const predictions = await answered(() => readBy(task, outputs, context, plan.request.features?.[index]));
  return { outputs, context, predictions, recalled };
}

/**
 * The target that a request means among the predictions; the first one when it names none. Without predictions that is
 * the one that the task has all the same (the surest token of a text without names), else the reason why there is none.
 * @throws WhylightError `label_not_found` for a target that is none of the predictions
 */
export function targetOf(
  { predictions, outputs, context }: RowAnswer,
  task: Task,
  target: TargetRequest | undefined,
): { readonly target: TaskTarget } | { readonly nothing: string } {
  const { choice, keypoint } = parseTarget(target === undefined ? undefined : String(target));
  if (keypoint !== undefined && !task.hasKeypoints) {
    const message = `Predictions of the task "${task.id}" have no key points: choose one of them, such as box:0.`;
    throw new WhylightError('label_not_found', message, { issues: [{ parameter: 'target', message }] });
  }
  try {
    return { target: task.target(choice, outputs, { ...context, ...(keypoint !== undefined && { keypoint }) }) };
  } catch (error) {
    if (target !== undefined || predictions.length > 0 || !WhylightError.is(error, 'label_not_found')) throw error;
    return { nothing: error.message };
  }
}

/** Predictions of a task that reads nothing but the explained scores. */
export function readScores(
  task: Task,
  plan: Plan,
  index: number,
  scores: Float32Array,
): readonly Prediction[] | undefined {
  const { info, model, request } = plan;
  const { explained } = model.description;
  if (!info.labelled || (info.scores.name !== explained.logits && info.scores.name !== explained.name))
    return undefined;
  const outputs = { [info.scores.name]: float32([1, ...info.scores.dims.map(Number)], scores) };
  return readBy(task, outputs, contextOf(plan, task, index, rowInputs(plan, index)), request.features?.[index]);
}

const readBy = (
  task: Task,
  outputs: TaskOutputs,
  context: TaskContext,
  features: Features | undefined,
): readonly Prediction[] => task.read(outputs, context).map((prediction) => withWords(prediction, features));

/** Tensors that tasks read beside the scores: all outputs, and the logits. */
export function namesRead({ model, info }: Pick<ReadPlan, 'model' | 'info'>): string[] {
  const outputs = model.file.outputs.map(({ name }) => name);
  return [...new Set([...outputs, model.description.explained.logits])].filter((name) => name !== info.scores.name);
}

/** All outputs in the file's own axes, and the logits where the graph goes on to a softmax or sigmoid. */
async function outputsOfRow(
  { plan, lease, hooks }: ReadRun,
  inputs: Inputs,
  index: number,
): Promise<Pick<RowAnswer, 'outputs' | 'recalled'>> {
  const { model, info } = plan;
  const needs = resolveNeeds({ activations: namesRead(plan) }, info);
  const known = recall(hooks.pass, index, needs);
  const raw = outputsOf(
    known ?? (await runRows(await lease.load(needs), inputs, undefined, controlOf(hooks))),
    info.scores.name,
  );
  const outputs = Object.fromEntries(
    Object.entries(raw).map(([name, tensor]) => [name, rowsAsInFile(tensor, model.places[name] ?? 0)]),
  );
  return { outputs, recalled: known !== undefined };
}

function contextOf({ model, request }: ReadPlan, task: Task, index: number, inputs: Inputs): TaskContext {
  const { description, metadata, preprocessing } = model;
  const { read = {}, features, top } = request;
  const { image, threshold, boxScore, similarTo } = read;
  const words = features?.[index];
  return {
    description,
    metadata,
    ...(image && { image }),
    ...imageSizeOf(description, inputs, preprocessing?.layout),
    ...(task.tokens && words ? { attentionMask: tokensOf(words, task.tokens) } : attentionOf(description, inputs)),
    ...(words?.asked && { positions: words.asked }),
    ...(words?.vocabulary && { vocabulary: words.vocabulary }),
    ...(threshold !== undefined && { threshold }),
    ...(boxScore && { boxScore }),
    ...(similarTo && { similarTo }),
    ...(top !== undefined && !task.hasPlaces && { top }),
  };
}

/** The attention mask among the inputs, where there is one. */
function attentionOf({ inputs: facts }: ModelDescription, inputs: Inputs): Pick<TaskContext, 'attentionMask'> {
  const mask = facts.find(({ name, role }) => role.value === 'fixed' && /mask/i.test(name));
  const values = mask && inputs[mask.name];
  return values ? { attentionMask: values.data } : {};
}

/** Size of the explained image, by the tensor that is given for it. */
function imageSizeOf(
  { inputs: facts }: ModelDescription,
  inputs: Inputs,
  stated: string | undefined,
): Pick<TaskContext, 'inputSize'> | undefined {
  const fact = facts.find(({ modality, role }) => modality.value === 'image' && role.value === 'explained');
  const layout = stated ?? fact?.layout.value ?? 'NCHW';
  const { dims = [] } = inputs[fact?.name ?? Object.keys(inputs)[0] ?? ''] ?? {};
  const [height, width] = [dims[layout.indexOf('H')], dims[layout.indexOf('W')]];
  return height === undefined || width === undefined ? undefined : { inputSize: [height, width] };
}
