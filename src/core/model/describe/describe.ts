/** Builds the description of a model from its graph and from what is stated about it, the stronger source first. */
import { columnFacts } from '../../columns/facts.ts';
import { producers } from '../../onnx/edit.ts';
import type { Dim, Graph, ValueInfo } from '../../onnx/graph.ts';
import type { Fact, FactSource, InputFact, LabelFact, ModelDescription, OutputFact, TaskId } from '../description.ts';
import { finalActivation, isClassical } from './activation.ts';
import { type BatchFacts, findBatchAxes, rowsAtOnce } from './batch-axes.ts';
import { doubtsOf } from './doubts.ts';
import { kindOf, primaryInput, roleOf } from './inputs.ts';
import { matchLabels, misfit } from './labels.ts';
import {
  isCopy,
  isLabel,
  isSetOfBoxes,
  type OutputReading,
  rankOutputs,
  readOutput,
  type ShapedOutput,
} from './outputs.ts';
import { isUnitVector } from './spelled-activation.ts';
import type { StatedFacts } from './stated-facts.ts';
import { overVocabulary, vocabularyFact } from './vocabulary.ts';
import { wholePixels } from './whole-pixels.ts';

/** A description, and what only the model needs of it. */
export interface Described {
  readonly description: ModelDescription;
  /** Number of rows of every run; undefined where any number will do. */
  readonly rowsAtOnce: number | undefined;
  /** Axis of each input that counts the rows of a run; null for one that all rows share. */
  readonly axes: Readonly<Record<string, number | null>>;
  /** Place of the rows in each output; `none` for those of a model without rows. */
  readonly outputAxes: Readonly<Record<string, number | 'none'>>;
}

/**
 * @param graph as it was read, inputs and outputs in the file's own axes
 * @throws WhylightError `invalid_config` for labels that do not fit the output, and for a stated output that is not there
 */
export function describe(graph: Graph, stated: StatedFacts = {}): Described {
  const primary = explainedInput(graph, stated);
  const batch = batchFacts(graph, primary, stated);
  const inputs = graph.inputs.map((input) => inputFact(graph, input, primary, batch, stated));
  const states = new Set(stateOutputs(graph, inputs));
  const makers = producers(graph);
  const ranked = rankOutputs(graph, states, makers);
  const shaped = new Map(graph.outputs.map((output) => [output.name, shapedOutput(output, batch, primary)]));
  const main = stated.output ? shaped.get(stated.output.value)?.name : ranked[0]?.name;
  const first = inputs.find(({ name }) => name === primary?.name) ?? inputs[0];
  const vocabulary = first && !stated.labels ? vocabularyFact(graph, first, inputs) : undefined;
  const outputs = graph.outputs.map(({ name, dims = [] }) =>
    outputFact(graph, shaped.get(name) as ShapedOutput, dims, {
      stated: name === main ? stated : { ...(stated.labels && { labels: stated.labels }) },
      isMain: name === main,
      explained: first,
      siblings: [...shaped.values()],
      vocabulary,
    }),
  );
  const explained = (outputs.find(({ name }) => name === main) ?? outputs[0]) as OutputFact;
  const rows = primary && rowsAtOnce(batch, primary, explained.name);
  const rivals = ranked.filter(
    ({ name, dtype }) =>
      name !== explained.name &&
      dtype.includes('float') &&
      !states.has(name) &&
      !isLabel({ name, dtype }, makers) &&
      !isCopy(name, new Set(Object.keys(batch.axes)), makers),
  );
  const doubts = doubtsOf({
    graph,
    inputs,
    explained,
    rivals: stated.output || isRead(explained, shaped) ? [] : rivals.map(({ name }) => name),
    batch,
    primary,
    stated,
    onlyLabels: isLabel(explained, makers),
  });
  const anyRows = Object.values(batch.axes).some((axis) => axis !== null);
  const outputAxes = Object.fromEntries(
    [...shaped.values()].map(({ name, batchAxis }) => [name, anyRows ? (batchAxis ?? 0) : ('none' as const)]),
  );
  return { description: { inputs, outputs, explained, doubts }, rowsAtOnce: rows, axes: batch.axes, outputAxes };
}

/** True where the outputs beside the explained one are parts of the same answer: ends of spans, boxes, masks. */
function isRead({ name, task }: OutputFact, shaped: ReadonlyMap<string, ShapedOutput>): boolean {
  const output = shaped.get(name);
  const isSet = output !== undefined && isSetOfBoxes(output, [...shaped.values()]);
  return task.value === 'question_answering' || isSet || (BOX_TASKS.has(task.value) && task.source !== 'graph');
}

const fact = <T>(value: T, source: FactSource = 'graph'): Fact<T> => ({ value, source });

function explainedInput(graph: Graph, { inputs = {} }: StatedFacts): ValueInfo | undefined {
  return graph.inputs.find(({ name }) => inputs[name]?.role?.value === 'explained') ?? primaryInput(graph);
}

function batchFacts(graph: Graph, primary: ValueInfo | undefined, { inputs = {} }: StatedFacts): BatchFacts {
  if (!primary) return { axes: {} };
  const given = Object.entries(inputs).flatMap(([name, { batchAxis }]) =>
    batchAxis ? [[name, batchAxis.value] as const] : [],
  );
  return findBatchAxes(graph, primary, Object.fromEntries(given));
}

function inputFact(
  graph: Graph,
  input: ValueInfo,
  primary: ValueInfo | undefined,
  { axes }: BatchFacts,
  { inputs = {}, hold, preprocessing }: StatedFacts,
): InputFact {
  const { name, dtype, dims = [] } = input;
  const stated = inputs[name] ?? {};
  const rows = axes[name] ?? null;
  const held = hold?.value.includes(name) ? fact('fixed' as const, hold.source) : undefined;
  const columns = input.words?.split ? undefined : columnFacts(graph).get(name);
  const isColumn = columns !== undefined || input.words !== undefined;
  // A column of words or whole numbers beside columns of numbers is no mask.
  const role =
    held ?? stated.role ?? fact(primary && !isColumn ? roleOf(graph, input, primary, rows) : ('explained' as const));
  const { modality, layout } =
    isColumn && !input.words?.split
      ? ({ modality: 'tabular', layout: rows === 0 ? 'NF' : 'F' } as const)
      : kindOf(graph, input, role.value, rows);
  // Preprocessing makes images, so what it is stated for is one.
  const isMade = preprocessing !== undefined && dims.length === 4 && role.value === 'explained';
  const isImage = isMade || ((stated.modality?.value ?? modality) === 'image' && role.value === 'explained');
  const stacked = isImage && preprocessing ? fact(preprocessing.value.layout, preprocessing.source) : undefined;
  const pixels = isImage ? wholePixels(input, stated.layout?.value ?? layout, rows) : undefined;
  const prepared = preprocessing ?? (pixels && fact(pixels));
  return {
    name,
    dtype,
    shape: dims.map(readable),
    modality: stated.modality ?? (isMade ? fact('image', preprocessing?.source) : fact(modality)),
    layout: stated.layout ?? (rows === 0 && stacked ? stacked : fact(layout)),
    batchAxis: stated.batchAxis ?? fact(ownRows(input, primary, rows)),
    role,
    ...(isImage && prepared && { preprocessing: prepared }),
    ...(columns && { columns: fact(columns) }),
    ...(input.words && { words: input.words }),
  };
}

/** An input with rows of its own (the texts beside images of two towers) counts them along its first axis. */
function ownRows({ name, dims = [] }: ValueInfo, primary: ValueInfo | undefined, rows: number | null): number | null {
  const isOwn = rows === null && name !== primary?.name && dims.length > 1 && /batch/i.test(String(dims[0]));
  return isOwn ? 0 : rows;
}

const readable = (dim: Dim): number | string => (typeof dim === 'string' && dim.startsWith('?') ? '?' : dim);

/** Outputs by which a state comes back: those of the shape of a state input, in order. */
function stateOutputs(graph: Graph, inputs: readonly InputFact[]): string[] {
  const shapeOf = (dims: readonly (number | string)[] = []): string =>
    dims.map((dim) => (typeof dim === 'number' ? dim : '?')).join();
  const states = inputs.filter(({ role }) => role.value === 'state').map(({ shape }) => shapeOf(shape));
  return graph.outputs
    .slice(1)
    .filter(({ dims, dtype }) => dtype.includes('float') && states.includes(shapeOf(dims)))
    .map(({ name }) => name);
}

function shapedOutput(
  { name, dtype, dims }: ValueInfo,
  { axes, analysis }: BatchFacts,
  primary: ValueInfo | undefined,
): ShapedOutput {
  const inferred = analysis?.dimsOf(name) ?? dims;
  const counted = analysis?.axisOf(name);
  const hasRows = Object.values(axes).some((axis) => axis !== null);
  const rows = primary?.dims?.[axes[primary.name] ?? 0];
  // Shapes that hold a fixed number of rows mislead an analysis with another: the file's own shape decides.
  const isFixed = typeof rows === 'number' && dims !== undefined;
  const fits = counted !== null && counted !== undefined && (!isFixed || dims[counted] === rows);
  // A batch that is frozen inside is still the first axis of what comes out.
  const batchAxis = fits ? counted : hasRows && inferred && inferred.length > 0 ? 0 : null;
  return { name, dtype, dims: isFixed && !fits ? dims : inferred, batchAxis };
}

interface OutputContext {
  readonly stated: StatedFacts;
  readonly isMain: boolean;
  readonly explained: InputFact | undefined;
  readonly siblings: readonly ShapedOutput[];
  readonly vocabulary: StatedFacts['vocabulary'] | undefined;
}

function outputFact(graph: Graph, output: ShapedOutput, declared: readonly Dim[], context: OutputContext): OutputFact {
  const { stated, isMain, explained, siblings } = context;
  const activation = finalActivation(graph, output.name);
  const names = stated.labels?.value;
  const read: OutputReading = explained
    ? readOutput(output, activation, explained, names?.length, siblings)
    : { task: 'values', classAxis: undefined };
  // Classifiers of ai.onnx.ml choose one of their labels, also where two sigmoids add up to 1.
  const isChoice = read.task === 'multi_label' && isClassical(graph, activation.logits);
  const spoken = stated.task ? undefined : overVocabulary(output.dims, stated.vocabulary ?? context.vocabulary);
  const isEmbedding = !names && read.task === 'classification' && activation.activation === 'none';
  const own: OutputReading = isChoice
    ? { ...read, task: 'classification' }
    : isEmbedding && isUnitVector(graph, output.name)
      ? { task: 'similarity', classAxis: null }
      : read;
  const reading = spoken?.reading ?? own;
  const task = stated.task ?? spoken?.task ?? fact(reading.task);
  const classAxis = classAxisOf(output, reading, stated, task);
  const isSet = isSetOfBoxes(output, siblings);
  const labels = isMain ? labelsOf(output, classAxis?.value, { ...reading, isSet }, stated) : undefined;
  return {
    name: output.name,
    dtype: output.dtype,
    shape: shapeOf(declared, output.dims).map(readable),
    task,
    ...(classAxis && { classAxis }),
    batchAxis: fact(output.batchAxis),
    // The scores of boxes that a graph has chosen are probabilities already.
    activation: isMain && stated.endToEnd ? fact('sigmoid', stated.endToEnd.source) : fact(activation.activation),
    logits: activation.logits,
    ...(labels && { labels }),
  };
}

/** As the file declares it; dims that it leaves open and the graph settles are those of the graph. */
const shapeOf = (declared: readonly Dim[], inferred: readonly Dim[] = []): readonly Dim[] =>
  declared.length === 0
    ? inferred
    : declared.map((dim, axis) =>
        typeof inferred[axis] === 'number' && typeof dim === 'string' ? inferred[axis] : dim,
      );

/** Tasks whose raw head is [4 + classes + more, anchors] or its transpose. */
const BOX_TASKS: ReadonlySet<TaskId> = new Set([
  'object_detection',
  'oriented_detection',
  'pose',
  'instance_segmentation',
]);

const NO_CLASSES: ReadonlySet<TaskId> = new Set([
  'regression',
  'depth',
  'image_to_image',
  'similarity',
  'question_answering',
]);

function classAxisOf(
  { dims }: ShapedOutput,
  reading: OutputReading,
  { classAxis, task: statedTask, labels, endToEnd }: StatedFacts,
  task: Fact<TaskId>,
): Fact<number | null> | undefined {
  if (classAxis) return classAxis;
  // A form that was recognised says no more about the axes than the output itself.
  const isRecognised = statedTask?.source === 'graph' && reading.task === task.value;
  if (isRecognised && reading.classAxis !== undefined) return fact(reading.classAxis);
  if (statedTask && BOX_TASKS.has(task.value) && dims)
    return reading.task === 'object_detection' && reading.classAxis !== null && reading.reserved === undefined
      ? fact(reading.classAxis ?? null)
      : boxAxis(dims, labels?.value.length, endToEnd, statedTask.source);
  if (NO_CLASSES.has(task.value)) return fact(null, statedTask?.source ?? 'graph');
  if (reading.classAxis !== undefined) return fact(reading.classAxis);
  if (!dims || dims.length < 2 || !statedTask) return undefined;
  if (task.value === 'token_classification' || task.value === 'next_token' || task.value === 'fill_mask') {
    return fact(dims.length - 1, statedTask.source);
  }
  if (task.value === 'segmentation' && dims.length === 4) return fact(1, statedTask.source);
  return dims.length === 2 ? fact(1, statedTask.source) : undefined;
}

/** Axis of [N, a, b] that holds boxes and classes: long enough for them, and shorter than that of the anchors. */
function boxAxis(
  dims: readonly Dim[],
  classes: number | undefined,
  endToEnd: Fact<boolean> | undefined,
  source: FactSource,
): Fact<number | null> {
  const [, a, b] = dims;
  // [found, 6]: a list of boxes, each with its score and class.
  if (endToEnd?.value === true || dims.length !== 3) return fact(null, endToEnd?.source ?? source);
  // Two corners, score and class: of more classes than such a row has room for scores of.
  const isListed = b === 6 && classes !== undefined && classes > 2 && a !== 4 + classes;
  if (isListed) return fact(null, source);
  const holds = (dim: Dim | undefined): boolean => typeof dim === 'number' && dim >= 4 + (classes ?? 1);
  if (holds(a) && (!holds(b) || (a as number) <= (b as number))) return fact(1, source);
  return fact(holds(b) ? 2 : null, source);
}

function labelsOf(
  { dims }: ShapedOutput,
  axis: number | null | undefined,
  { reserved, isSet }: Pick<OutputReading, 'reserved'> & { readonly isSet: boolean },
  { labels, labelOffset, task }: StatedFacts,
): Fact<LabelFact> | undefined {
  if (!labels) return undefined;
  const length = axis === null || axis === undefined ? undefined : dims?.[axis];
  // Without a class axis, or with one of open length, the names are for the task to use.
  if (typeof length !== 'number') return fact({ names: labels.value, first: labelOffset?.value ?? 0 }, labels.source);
  // The last place of a set prediction is that of no object.
  if (isSet && !labelOffset && labels.value.length + 1 === length) {
    return fact({ names: labels.value, first: 0 }, labels.source);
  }
  const places = task && BOX_TASKS.has(task.value) ? 4 : reserved;
  const matched = matchLabels(labels.value, length, labelOffset?.value, places);
  if (matched) return fact(matched, labels.source);
  // Places behind the classes: mask coefficients, keypoints, an angle.
  if (places === 4 && labels.value.length + 4 < length) return fact({ names: labels.value, first: 4 }, labels.source);
  throw misfit(labels.value.length, length);
}
