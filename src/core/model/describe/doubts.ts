/** Doubts about a description: what is not certain, and the flag or manifest key that settles it. */
import { ancestorsOf } from '../../onnx/edit.ts';
import type { Graph, ValueInfo } from '../../onnx/graph.ts';
import type { Doubt, InputFact, OutputFact } from '../description.ts';
import type { BatchFacts } from './batch-axes.ts';
import type { StatedFacts } from './stated-facts.ts';
import { hasState } from './vocabulary.ts';

export interface DoubtContext {
  readonly graph: Graph;
  readonly inputs: readonly InputFact[];
  readonly explained: OutputFact;
  /** Other outputs that might be meant. */
  readonly rivals: readonly string[];
  readonly batch: BatchFacts;
  readonly primary: ValueInfo | undefined;
  readonly stated: StatedFacts;
  /** The explained output holds class numbers, not scores. */
  readonly onlyLabels: boolean;
}

/** @returns doubts, those that block an explanation first */
export function doubtsOf(context: DoubtContext): Doubt[] {
  const doubts = [
    ...outputDoubts(context),
    ...embeddingDoubts(context),
    ...vocabularyDoubts(context),
    ...inputDoubts(context),
    ...rowDoubts(context),
  ];
  return doubts.sort((a, b) => Number(b.blocking ?? false) - Number(a.blocking ?? false));
}

function outputDoubts({ graph, explained, rivals, stated, onlyLabels }: DoubtContext): Doubt[] {
  const { name } = explained;
  const shape = `[${explained.shape.join(', ')}]`;
  const doubts: Doubt[] = [];
  if (onlyLabels) {
    const scores = graph.nodes.find(({ op }) => op === 'ArgMax' || op === 'TopK')?.inputs[0];
    doubts.push({
      about: 'output',
      tensor: name,
      blocking: true,
      message: `The output "${name}" holds class numbers, not scores, and has no derivative. ${scores ? `Explain the scores in front of it with --scores ${scores}.` : 'Export the model with its scores as an output.'}`,
    });
  }
  const ranked = explained.task.value === 'classification' ? rankedScores(graph, name) : undefined;
  if (ranked !== undefined && !stated.task) {
    doubts.push({
      about: 'output',
      tensor: name,
      blocking: true,
      message: `The values of "${name}" ${shape} are the largest scores in order: which class each belongs to depends on the data. Explain all scores with --scores ${ranked}, or state what the values mean with --task.`,
    });
  }
  // A list of rows without a batch axis: which rows there are depends on the input.
  const isList = explained.shape.length === 2 || explained.task.value === 'values';
  const isStated = stated.endToEnd !== undefined || (stated.task !== undefined && stated.task.source !== 'graph');
  const suppressed = isList && !isStated ? suppressedScores(graph, name) : undefined;
  if (suppressed !== undefined) {
    doubts.push({
      about: 'output',
      tensor: name,
      blocking: true,
      message: `The rows of "${name}" ${shape} are chosen by NonMaxSuppression: their number and order depend on the data. Explain the scores in front of it with --scores ${suppressed}, or state what the rows hold with --task object_detection.`,
    });
  }
  if (rivals.length > 0) {
    doubts.push({
      about: 'output',
      tensor: name,
      message: `The output "${name}" is explained; the model also has ${rivals.map((other) => `"${other}"`).join(', ')}. Choose one with --output, output= in a request, or "output" in the manifest.`,
    });
  }
  if (explained.task.value === 'values' && !stated.task) {
    doubts.push({
      about: 'task',
      tensor: name,
      message: `Nothing says what the output "${name}" ${shape} means, so raw values are shown. State it with --task, task= in a request, or "task" in the manifest.`,
    });
  }
  if (explained.classAxis === undefined) {
    doubts.push({
      about: 'class_axis',
      tensor: name,
      message: `Nothing says which axis of "${name}" ${shape} counts classes. State it with --class-axis, class_axis= in a request, or "class_axis" in the manifest, or give a target with a position.`,
    });
  }
  if (isUnnamedVector(explained, stated)) {
    doubts.push({
      about: 'task',
      tensor: name,
      message: `The values of "${name}" ${shape} are taken for scores of classes, because no activation and no labels say otherwise. If they are measurements, state --task regression (task=regression in a request).`,
    });
  }
  if (explained.task.value === 'regression' && !stated.task) {
    doubts.push({
      about: 'task',
      tensor: name,
      message: `The value of "${name}" ${shape} is taken for a measurement, because no activation says otherwise. If it is the score of a class, state --task classification (task=classification in a request).`,
    });
  }
  return doubts;
}

function embeddingDoubts({ explained: { name, shape, task } }: DoubtContext): Doubt[] {
  if (task.value !== 'similarity') return [];
  return [
    {
      about: 'target',
      tensor: name,
      message: `The output "${name}" [${shape.join(', ')}] is an embedding: where no other is given to compare it with, its largest component is explained, which is no class. Choose another component by a target, or state what the output means with --task, task= in a request, or "task" in the manifest.`,
    },
  ];
}

/** Scores over all tokens that the model reads: of which token they are, the graph alone does not say. */
function vocabularyDoubts({ explained: { name, shape, task }, inputs }: DoubtContext): Doubt[] {
  const other = task.value === 'next_token' ? 'fill_mask' : task.value === 'fill_mask' ? 'next_token' : undefined;
  if (other === undefined || task.source !== 'graph' || hasState(inputs)) return [];
  return [
    {
      about: 'task',
      tensor: name,
      message: `The output "${name}" [${shape.join(', ')}] has a score for each token of the vocabulary, taken as ${task.value}. If it is ${other}, state --task ${other} (task=${other} in a request).`,
    },
  ];
}

/** Scores that a NonMaxSuppression in front of an output chooses by; undefined where there is none. */
function suppressedScores(graph: Graph, output: string): string | undefined {
  const before = ancestorsOf(graph, output);
  return graph.nodes.find(({ op, outputs }) => op === 'NonMaxSuppression' && outputs.some((name) => before.has(name)))
    ?.inputs[1];
}

/** Scores that the TopK behind an output sorts; undefined where there is none. */
function rankedScores({ nodes }: Graph, output: string): string | undefined {
  let tensor = output;
  for (const node of nodes.toReversed()) {
    if (node.outputs[0] !== tensor) continue;
    if (node.op === 'TopK') return node.inputs[0];
    if (!/^(Cast|Identity|Squeeze|Unsqueeze|Reshape|Flatten)$/.test(node.op)) return undefined;
    tensor = node.inputs[0] ?? '';
  }
  return undefined;
}

const isUnnamedVector = ({ task, activation, labels }: OutputFact, stated: StatedFacts): boolean =>
  task.value === 'classification' && !stated.task && activation.value === 'none' && !labels;

function inputDoubts({ inputs }: DoubtContext): Doubt[] {
  return inputs
    .filter(
      ({ modality, role, preprocessing }) => modality.value === 'image' && role.value === 'explained' && !preprocessing,
    )
    .map(({ name }) => ({
      about: 'preprocessing',
      tensor: name,
      message: `Nothing says how an image becomes the input "${name}". State --mean, --std and --scale, or "preprocessing" in the manifest; tensors are taken as they are.`,
    }));
}

function rowDoubts({ batch, primary }: DoubtContext): Doubt[] {
  const mixed = batch.analysis?.mixedBy;
  const axis = primary && batch.axes[primary.name];
  if (!mixed || !primary || axis === null || axis === undefined) return [];
  if (typeof primary.dims?.[axis] === 'number') return [];
  return [
    {
      about: 'rows',
      tensor: primary.name,
      message: `${mixed.op} "${mixed.name}" mixes the rows of a batch, so each row is run by itself. If axis ${axis} of "${primary.name}" does not count rows, state "batch_axis" in the manifest.`,
    },
  ];
}
