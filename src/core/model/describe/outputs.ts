/** Task, class axis and rank of outputs, by their names and shapes. */
import type { Dim, Graph, Node, ValueInfo } from '../../onnx/graph.ts';
import { type InputFact, isIndependent, type TaskId } from '../description.ts';
import type { FinalActivation } from './final-activation.ts';

/** An output with its shape as inferred, rows being on `batchAxis`. */
export interface ShapedOutput {
  readonly name: string;
  readonly dtype: ValueInfo['dtype'];
  readonly dims: readonly Dim[] | undefined;
  readonly batchAxis: number | null;
}

/** Node that produces each value, by name. */
type Makers = ReadonlyMap<string, Node>;

export interface OutputReading {
  readonly task: TaskId;
  /** Null where there are no classes; undefined where it cannot be known. */
  readonly classAxis: number | null | undefined;
  /** Places along the class axis in front of the classes: 4 rows of a box, 5 with objectness. */
  readonly reserved?: number;
}

const VALUES: OutputReading = { task: 'values', classAxis: undefined };

/** Numbers of classes that detectors have when nothing else says so: COCO, VOC and others, by places in front. */
const COCO = 80;

/**
 * Most probable task of an output. Shapes that fit several tasks are `values`, and the class axis is left open.
 *
 * @param labels number of class names, where there are some
 */
export function readOutput(
  output: ShapedOutput,
  activation: FinalActivation,
  explained: InputFact,
  labels: number | undefined,
  siblings: readonly ShapedOutput[],
): OutputReading {
  const { dims, batchAxis } = output;
  if (!dims) return VALUES;
  if (labels === undefined && isLike(output, explained)) return { task: 'values', classAxis: null };
  const isKnown = activation.activation !== 'none' || labels !== undefined;
  // Of one image without an axis for rows come the scores of one row.
  const isOneRow = explained.modality.value === 'image' && dims.length === 2 && dims[0] === 1;
  if (batchAxis === null && !isKnown && !isOneRow) return VALUES;
  const axes = dims.map((_, axis) => axis).filter((axis) => axis !== batchAxis);
  const long = axes.filter((axis) => dims[axis] !== 1);
  if (axes.length === 0) return { task: 'regression', classAxis: null };
  if (axes.length === 1 && isAnswerEnd(output, siblings)) return { task: 'question_answering', classAxis: null };
  if (EMBEDDING.test(output.name) && axes.length === 1) return { task: 'similarity', classAxis: null };
  const boxes = siblings.some((other) => other.name !== output.name && isBoxes(other));
  const isAnchors =
    axes.length === 2 && explained.modality.value === 'image' && dims[axes[1] as number] === 1 && long.length === 1;
  if (isAnchors) return { task: boxes ? 'object_detection' : 'values', classAxis: axes[1] as number };
  if (long.length <= 1) return vector(output, axes, long, activation, labels, explained.modality.value === 'image');
  if (explained.modality.value === 'text') return tokens(output, axes, activation, labels);
  const surroundings = { output, axes, final: activation, input: explained, labels };
  if (axes.length === 2) return planes(surroundings, boxes);
  if (axes.length === 3) return maps(surroundings);
  const last = dims.at(-1);
  const fits = typeof last === 'number' && (last === (labels ?? COCO) + 5 || last === COCO + 5);
  return fits ? { task: 'object_detection', classAxis: dims.length - 1, reserved: 5 } : VALUES;
}

/** First or last token of an answer in a text: an output of scores over tokens with its counterpart beside it. */
const isAnswerEnd = ({ name }: ShapedOutput, siblings: readonly ShapedOutput[]): boolean =>
  /start/i.test(name)
    ? siblings.some((other) => other.name === name.replace(/start/i, 'end'))
    : /end/i.test(name) && siblings.some((other) => other.name === name.replace(/end/i, 'start'));

/** Sound that becomes sound, or a gain for each of its frequencies: nothing in it is a class. */
function isLike({ dims = [], batchAxis }: ShapedOutput, { modality, shape, batchAxis: rows }: InputFact): boolean {
  const own = dims.filter((_, axis) => axis !== batchAxis);
  const given = shape.filter((_, axis) => axis !== rows.value);
  return modality.value === 'audio' && own.length > 0 && String(own) === String(given) && own.some((dim) => dim !== 1);
}

const EMBEDDING = /(embed|embedding|pooler_output|feature_vector)/i;

/** Points that landmark models find: on faces, hands and bodies. */
const LANDMARKS: readonly number[] = [68, 98, 106, 468, 478];

const LANDMARK_NAME = /landmark|keypoint|kpts?([^a-z]|$)|coord/i;

/** Two or three coordinates of each landmark. */
function isLandmarks({ dims = [], name }: ShapedOutput, axis: number | undefined): boolean {
  const length = axis === undefined ? undefined : dims[axis];
  if (LANDMARK_NAME.test(name)) return true;
  return typeof length === 'number' && LANDMARKS.some((points) => length === 2 * points || length === 3 * points);
}

/** One axis at most is longer than 1: a list of classes, or one number. */
function vector(
  output: ShapedOutput,
  axes: readonly number[],
  long: readonly number[],
  { activation, axis }: FinalActivation,
  labels: number | undefined,
  fromImage: boolean,
): OutputReading {
  const { dims = [] } = output;
  const isUnnamed = fromImage && activation === 'none' && labels === undefined;
  if (isUnnamed && isLandmarks(output, long[0])) return { task: 'regression', classAxis: null };
  // One channel of one place: a score or a measurement, nothing tells which.
  if (isUnnamed && long.length === 0 && axes.length === 3) return { task: 'values', classAxis: axes[0] as number };
  const [classAxis = long[0] ?? axes.at(axes.length > 2 ? 0 : -1) ?? null] =
    axis === undefined ? [] : [axis < 0 ? axis + dims.length : axis];
  if (long.length === 0) {
    const isClass = isIndependent(activation) || (labels ?? 0) > 0;
    return isClass ? { task: 'classification', classAxis } : { task: 'regression', classAxis: null };
  }
  if (isIndependent(activation) && axis === undefined) return { task: 'multi_label', classAxis };
  return { task: 'classification', classAxis };
}

function tokens(
  { dims = [], name }: ShapedOutput,
  axes: readonly number[],
  { activation }: FinalActivation,
  labels: number | undefined,
): OutputReading {
  if (axes.length !== 2) return VALUES;
  const last = dims.length - 1;
  const classes = dims[last];
  if (/hidden_state|embedding/i.test(name)) return { task: 'similarity', classAxis: null };
  if (labels !== undefined && classes === labels) return { task: 'token_classification', classAxis: last };
  const isScores = activation !== 'none' || /logits|scores|prob/i.test(name);
  return isScores ? { task: 'token_classification', classAxis: last } : { task: 'values', classAxis: undefined };
}

const isNumber = (dim: Dim | undefined): dim is number => typeof dim === 'number';

/** A set of boxes, each with the scores of its classes and, last, of no object: DETR and its kin. */
export const isSetOfBoxes = ({ name }: ShapedOutput, siblings: readonly ShapedOutput[]): boolean =>
  /logits|scores/i.test(name) && siblings.some((other) => /pred_boxes/i.test(other.name) && isBoxes(other));

/** Boxes beside scores: [N, anchors, 4]. */
const isBoxes = ({ dims, name }: Pick<ValueInfo, 'dims' | 'name'>): boolean =>
  (dims?.length === 3 && dims[2] === 4) || (/box|bbox|loc/i.test(name) && dims?.at(-1) === 4);

/** An output with what its axes are read by. */
interface Surroundings {
  readonly output: ShapedOutput;
  /** Axes that are no batch axis. */
  readonly axes: readonly number[];
  readonly final: FinalActivation;
  /** The explained input. */
  readonly input: InputFact;
  readonly labels: number | undefined;
}

/** Two axes: boxes by classes, or steps by classes. */
function planes(
  { output: { dims = [], dtype }, axes, final: { activation, axis }, input, labels }: Surroundings,
  boxes: boolean,
): OutputReading {
  const { modality, shape, layout } = input;
  const [a, b] = axes as [number, number];
  const [da, db] = [dims[a], dims[b]];
  const task: TaskId = modality.value === 'image' ? 'object_detection' : 'classification';
  if (boxes) return { task: 'object_detection', classAxis: b };
  if (modality.value === 'image') {
    const raw = rawHead(da, db, labels);
    if (raw) return { task: 'object_detection', classAxis: raw.last ? b : a, reserved: raw.reserved };
    if (db === 6 || db === 7) return { task: 'object_detection', classAxis: null };
    const isMap = axis === undefined && dtype.includes('float') && isPlane(da, db, sidesOf(shape, layout.value));
    if (isMap) return { task: 'depth', classAxis: null };
  } else if (
    labels === undefined &&
    axis === undefined &&
    isNumber(da) &&
    da === db &&
    da >= MIN_SIDE &&
    (modality.value === 'tabular' || (modality.value === 'tensor' && shape.length === 2))
  ) {
    return { task: 'image_to_image', classAxis: null };
  }
  if (axis !== undefined) return { task, classAxis: axis < 0 ? axis + dims.length : axis };
  if (labels !== undefined && (da === labels) !== (db === labels)) return { task, classAxis: da === labels ? a : b };
  if (isIndependent(activation)) return { task: modality.value === 'image' ? 'values' : 'multi_label', classAxis: b };
  return VALUES;
}

/** Side of a map, at least. */
const MIN_SIDE = 8;

/** Sides that differ from those of the image by more than this factor are no sides of a map of it. */
const MAX_STRETCH = 1.25;

/** Height and width of the image that an input takes. */
const sidesOf = (shape: InputFact['shape'], layout: string): readonly [Dim | undefined, Dim | undefined] => [
  shape[layout.indexOf('H')],
  shape[layout.indexOf('W')],
];

/** Two axes that may be the height and the width of a map of the image: of its proportions, where all are known. */
function isPlane(
  height: Dim | undefined,
  width: Dim | undefined,
  [imageHeight, imageWidth]: readonly [Dim | undefined, Dim | undefined],
): boolean {
  if ([height, width].some((side) => isNumber(side) && side < MIN_SIDE)) return false;
  if (!isNumber(height) || !isNumber(width) || !isNumber(imageHeight) || !isNumber(imageWidth)) return true;
  return Math.abs(Math.log(height / width / (imageHeight / imageWidth))) <= Math.log(MAX_STRETCH);
}

/** A detector's raw head: [4 + C, anchors], [anchors, 4 + C] or [anchors, 5 + C]. */
function rawHead(
  da: Dim | undefined,
  db: Dim | undefined,
  labels: number | undefined,
): { readonly last: boolean; readonly reserved: number } | undefined {
  const classes = labels ?? COCO;
  for (const reserved of [4, 5]) {
    if (db === classes + reserved) return { last: true, reserved };
    if (da === classes + reserved) return { last: false, reserved };
  }
  return undefined;
}

/** Three axes: channels by height by width, in one of two orders. */
function maps({ output, axes, final: { activation, axis }, input, labels }: Surroundings): OutputReading {
  const { dims = [], name } = output;
  const { modality, shape, layout } = input;
  const [a, b, c] = axes as [number, number, number];
  if (modality.value !== 'image' && activation === 'none' && labels === undefined) return VALUES;
  if (activation === 'none' && labels === undefined && isPyramid(dims, axes, shape, layout.value)) return VALUES;
  const last =
    axis !== undefined
      ? (axis < 0 ? axis + dims.length : axis) === c
      : channelsLast(dims[a], dims[b], dims[c], shape, layout.value, labels);
  const channel = last ? c : a;
  const channels = dims[channel];
  const fromVector = modality.value !== 'image';
  if (channels === 1) {
    if (fromVector) return { task: 'image_to_image', classAxis: null };
    if (activation === 'none' && /depth|dispar/i.test(name)) return { task: 'depth', classAxis: null };
    return isIndependent(activation) || last
      ? { task: 'segmentation', classAxis: channel }
      : { task: 'image_to_image', classAxis: null };
  }
  const isImage = channels === 3 && activation !== 'softmax' && labels !== 3;
  return isImage ? { task: 'image_to_image', classAxis: null } : { task: 'segmentation', classAxis: channel };
}

/** Maps of open extents that are those of a smaller image: features of a backbone, as far as anything tells. */
function isPyramid(dims: readonly Dim[], axes: readonly number[], shape: InputFact['shape'], layout: string): boolean {
  const [height, width] = sidesOf(shape, layout);
  const [, b, c] = axes.map((axis) => dims[axis]);
  return (
    typeof b === 'string' &&
    typeof c === 'string' &&
    b !== height &&
    c !== width &&
    (dims[axes[0] as number] ?? 1) !== 1
  );
}

/** Tells if the channels come last: by the labels, else by the pair of axes that has the shape of the input image. */
function channelsLast(
  a: Dim | undefined,
  b: Dim | undefined,
  c: Dim | undefined,
  shape: InputFact['shape'],
  layout: string,
  labels: number | undefined,
): boolean {
  if (labels !== undefined && (a === labels) !== (c === labels)) return c === labels;
  const [height, width] = sidesOf(shape, layout);
  if (isNumber(a) && isNumber(b) && isNumber(c)) {
    const ratio = isNumber(height) && isNumber(width) ? height / width : 1;
    const first = Math.abs(Math.log(b / c / ratio));
    const other = Math.abs(Math.log(a / b / ratio));
    if (first !== other) return other < first;
    return c < a;
  }
  return isNumber(c) && !isNumber(a);
}

/** Names by which exporters call what is to be read first. */
const MAIN_NAME = /^(logits|logits_per_image|prob(abilit(y|ies))?(_tensor)?)$/i;
const POINTS_NAME = /landm|keypoint|kpts?([^a-z]|$)|kps|anchors?([^a-z]|$)/i;
const AUXILIARY_NAME = /(aux|state|cache|present|hidden_states|attentions?|cross_attn|loss)/i;

/**
 * Outputs that may be explained, the likeliest first: floating point scores before labels, main outputs before auxiliary
 * ones and states; otherwise in the order of the file.
 */
export function rankOutputs(graph: Graph, states: ReadonlySet<string>, makers: Makers): readonly ValueInfo[] {
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const hasBoxes = graph.outputs.some(isBoxes);
  const rank = (output: ValueInfo): number => {
    if (isLabel(output, makers) || isCopy(output.name, inputs, makers)) return 4;
    if (states.has(output.name)) return 3;
    if (AUXILIARY_NAME.test(output.name)) return 2;
    // Places of what is found, beside the scores of its classes.
    if (hasBoxes && (isBoxes(output) || POINTS_NAME.test(output.name))) return 2;
    return MAIN_NAME.test(output.name) ? 0 : 1;
  };
  const ranked = graph.outputs.map((output, i) => ({ output, i, rank: rank(output) }));
  // A main name moves in front of others of float only where those come after it or are labels.
  return ranked.sort((a, b) => a.rank - b.rank || a.i - b.i).map(({ output }) => output);
}

/** An output that is an input again. */
export function isCopy(output: string, inputs: ReadonlySet<string>, makers: Makers): boolean {
  let tensor = output;
  for (let node = makers.get(tensor); node; node = makers.get(tensor)) {
    if (!['Identity', 'Cast', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'].includes(node.op)) return false;
    tensor = node.inputs[0] ?? '';
  }
  return inputs.has(tensor);
}

/** Class numbers rather than scores: an ArgMax, also cast or reshaped, or the label output of a classifier. */
export function isLabel(output: ValueInfo, makers: Makers): boolean {
  let tensor = output.name;
  let node = makers.get(tensor);
  for (let steps = 0; node && steps < 8; steps++) {
    if (node.op === 'ArgMax' || node.op === 'ArgMin') return true;
    if (node.op === 'TopK') return node.outputs[1] === tensor;
    const classifies = /Classifier$/.test(node.op) && node.domain === 'ai.onnx.ml';
    if (classifies) return node.outputs.length > 1 && node.outputs[0] === tensorBefore(output.name, makers);
    if (
      !['Cast', 'Reshape', 'Squeeze', 'Unsqueeze', 'Identity', 'ArrayFeatureExtractor', 'Flatten'].includes(node.op)
    ) {
      return false;
    }
    tensor = node.inputs[node.op === 'ArrayFeatureExtractor' ? 1 : 0] ?? '';
    node = makers.get(tensor);
  }
  return false;
}

function tensorBefore(name: string, makers: Makers): string {
  let tensor = name;
  for (let node = makers.get(tensor); node && node.domain !== 'ai.onnx.ml'; node = makers.get(tensor)) {
    tensor = node.inputs[0] ?? '';
  }
  return tensor;
}
