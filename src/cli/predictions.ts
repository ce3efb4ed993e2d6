/** Reading of a model's answer by its task. */
import type { Explainer } from '../core/explainer/explainer.ts';
import type { PlacedImage } from '../core/image/placement.ts';
import type { Features } from '../core/modality/modality.ts';
import { describe } from '../core/model/describe/describe.ts';
import { type StatedFacts, strongest } from '../core/model/describe/stated-facts.ts';
import { type ModelDescription, type OutputFact, TASK_IDS } from '../core/model/description.ts';
import type { Model } from '../core/model/model.ts';
import type { ValueInfo } from '../core/onnx/graph.ts';
import { infer } from '../core/onnx/infer.ts';
import type { Prediction, Task, TaskContext, TaskOutputs, TaskTarget } from '../core/task/task.ts';
import { cast } from '../core/tensor/cast.ts';
import type { Inputs } from '../core/tensor/rows.ts';
import { float32 } from '../core/tensor/tensor.ts';
import { chooseTask } from '../tasks/choose-task.ts';
import type { TaskDescription } from '../tasks/description.ts';
import { recogniseDetector } from '../tasks/detection/formats.ts';
import { kindOf } from '../tasks/detection/task.ts';
import { builtinTasks } from '../tasks/index.ts';
import { isPlaced, parseChoice } from '../tasks/parse-choice.ts';
import { UsageError } from './arguments.ts';
import type { OpenedModel } from './model-file.ts';

export const TASK_ARGS = {
  task: {
    type: 'string',
    valueHint: 'id',
    description: 'What the model answers: classification, object_detection, segmentation, ...; found out when left out',
  },
  threshold: { type: 'string', valueHint: 'x', description: 'Predictions below this score are left out' },
} as const;

/** Flags that say what is explained. */
export interface TaskFlags {
  readonly task?: string;
  readonly threshold?: string;
  readonly target?: string;
  readonly scores?: string;
}

/** Parts of a subject that its answer is read with. */
export interface AnsweredSubject {
  /** One row of each input. */
  readonly inputs: Inputs;
  readonly image?: PlacedImage;
  readonly prepared?: { readonly features: Features };
}

/** A prediction, with its word where it is one at a token. */
export type WordPrediction = Prediction & { readonly word?: string };

/** The answer of a model to one row, read by its task. */
export interface ReadAnswer {
  readonly task: Task;
  readonly predictions: readonly WordPrediction[];
  /** Target of a task whose answers are places; classes are chosen by the explainer. */
  readonly target: () => TaskTarget | undefined;
}

/** Runs the model once and reads what it says. */
export async function readAnswer(
  explainer: Explainer,
  opened: OpenedModel,
  { inputs, image, prepared }: AnsweredSubject,
  flags: TaskFlags,
): Promise<ReadAnswer> {
  const { model, metadata } = opened;
  const description = describeModel(opened, flags.task);
  const task = chooseTask(builtinTasks, description, metadata, flags.task);
  const outputs = await outputsOf(explainer, opened, inputs, description.explained);
  const context: TaskContext = {
    description,
    metadata,
    ...(image && { image }),
    ...imageSizeOf(description, inputs, model.preprocessing?.layout),
    ...(task.id === 'token_classification' && prepared
      ? { attentionMask: wordsAmong(prepared.features) }
      : attentionOf(description, inputs)),
    ...(flags.threshold !== undefined && { threshold: decimal('threshold', flags.threshold) }),
  };
  return {
    task,
    predictions: task.read(outputs, context).map((prediction) => withWord(prediction, prepared?.features)),
    target() {
      const { target, scores } = flags;
      const chosen = target !== undefined && isPlaced(target);
      const byClass =
        !WITH_PLACES.has(task.id) || (scores !== undefined && scores !== 'logits') || target?.startsWith('{');
      return byClass && !chosen ? undefined : task.target(parseChoice(target), outputs, context);
    },
  };
}

const WITHOUT_PLACES: readonly string[] = ['classification', 'multi_label', 'regression', 'values'];

/** Tasks whose predictions have a place in the input: a class alone does not say which of them is meant. */
const WITH_PLACES: ReadonlySet<string> = new Set(TASK_IDS.filter((id) => !WITHOUT_PLACES.includes(id)));

/** 1 for tokens of words, 0 for special ones, which have no class. */
const wordsAmong = ({ mask }: Features): number[] =>
  Array.from(Object.values(mask)[0] ?? [], (feature) => (feature >= 0 ? 1 : 0));

/** The prediction at a token with the word that the token belongs to. */
function withWord(prediction: Prediction, features: Features | undefined): WordPrediction {
  const { position } = prediction;
  const feature = typeof position === 'number' ? Object.values(features?.mask ?? {})[0]?.[position] : undefined;
  const word = features?.list[feature ?? -1]?.name;
  return word === undefined ? prediction : { ...prediction, word };
}

/** The attention mask among the inputs, where there is one. */
function attentionOf({ inputs: facts }: ModelDescription, inputs: Inputs): Pick<TaskContext, 'attentionMask'> {
  const mask = facts.find(({ name, role }) => role.value === 'fixed' && /mask/i.test(name));
  const values = mask && inputs[mask.name];
  return values ? { attentionMask: values.data } : {};
}

function describeModel({ model, metadata, stated }: OpenedModel, task: string | undefined): ModelDescription {
  const { output, label_offset: offset, preprocessing } = model.manifest;
  // Class names fit a detector's channels behind the box, which shapes alone do not say.
  const labels = model.labels?.names ?? stated.labels?.value;
  const detector = recogniseDetector({ ...shapesOf(model), metadata, ...(labels && { labels }) });
  const isKnown = model.description.explained.task.source !== 'graph';
  if (task === undefined && (!detector || isKnown)) return model.description;
  const detected: StatedFacts = detector ? { task: { value: kindOf(detector.format), source: 'graph' } } : {};
  const manifest: StatedFacts = {
    ...(task !== undefined ? { task: { value: task, source: 'request' } } : detected),
    ...(output !== undefined && { output: { value: output, source: 'manifest' } }),
    ...(model.labels && { labels: { value: model.labels.names, source: 'manifest' } }),
    ...(offset !== undefined && { labelOffset: { value: offset, source: 'manifest' } }),
    ...(preprocessing && { preprocessing: { value: preprocessing, source: 'manifest' } }),
  };
  return describe(model.graph, strongest([manifest, stated])).description;
}

/** Inputs and outputs with the shapes that the graph settles. */
function shapesOf({ graph }: Model): Pick<TaskDescription, 'inputs' | 'outputs'> {
  const inferred = infer(graph);
  const fact = ({ name, dtype, dims }: ValueInfo) => ({ name, dtype, shape: inferred.get(name)?.dims ?? dims ?? [] });
  return { inputs: graph.inputs.map(fact), outputs: graph.outputs.map(fact) };
}

/** All outputs as float32, and the logits of the explained one where the graph goes on to a softmax or sigmoid. */
async function outputsOf(
  explainer: Explainer,
  { model }: OpenedModel,
  inputs: Inputs,
  explained: OutputFact,
): Promise<TaskOutputs> {
  const names = model.graph.outputs.map(({ name }) => name);
  const given = await explainer.infer(model, { inputs, names });
  const outputs = Object.fromEntries(Object.entries(given).map(([name, tensor]) => [name, cast(tensor, 'float32')]));
  const { dims, data } = outputs[explained.name] ?? float32([0]);
  if (explained.logits === explained.name) return outputs;
  const [row] = await explainer.predict(model, { inputs, scores: explained.logits });
  return row?.scores.length === data.length ? { ...outputs, [explained.logits]: float32(dims, row.scores) } : outputs;
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

function decimal(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`--${name} takes a number, not "${text}".`);
}
