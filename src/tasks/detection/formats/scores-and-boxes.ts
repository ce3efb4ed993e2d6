/**
 * Two outputs, scores `[N, candidates, classes]` and boxes `[N, candidates, 4]`: DETR and its kin (logits, boxes by
 * centre), and single-shot detectors whose boxes are decoded in the graph (UltraFace).
 * @see https://arxiv.org/abs/2005.12872 (DETR), https://arxiv.org/abs/2304.08069 (RT-DETR)
 */

import { isFloat, isImageInput, type TaskDescription, type TensorFact } from '../../description.ts';
import { fourElements } from '../box-source.ts';
import { type DetectionFormat, defineFormat, type InputSize } from '../format.ts';
import { fourFrom } from '../four.ts';
import type { Head } from '../head.ts';
import { type Row, rowOf, sigmoid, softmax } from '../rows.ts';

export interface ScoresAndBoxesFormat extends DetectionFormat {
  readonly id: 'scores_and_boxes';
  readonly scores: string;
  readonly boxes: string;
  /** Output with the probability that a candidate holds an object at all. */
  readonly objectness?: string;
  /** A set of queries, each its own object, rather than anchors that overlap. */
  readonly set: boolean;
  /** Number of classes without background. */
  readonly classes: number;
  /** Place of the class that means "nothing". */
  readonly background: 'first' | 'last' | 'none';
  /** Function between scores and probabilities; absent until numbers have been seen. */
  readonly activation?: 'softmax' | 'sigmoid' | 'none';
  readonly corners?: boolean;
  readonly units?: 'pixels' | 'relative';
}

export const scoresAndBoxes = defineFormat<ScoresAndBoxesFormat>({
  id: 'scores_and_boxes',
  recognise(description) {
    const pair = description.inputs.some(isImageInput) ? pairOf(description) : undefined;
    if (!pair) return undefined;
    const set = isSet(description, pair);
    const { background, classes, doubts } = classesOf(description, pair, set);
    const format: ScoresAndBoxesFormat = {
      id: 'scores_and_boxes',
      scores: pair.scores.name,
      boxes: pair.boxes.name,
      ...(pair.objectness && { objectness: pair.objectness.name }),
      set,
      classes,
      background,
      ...(set && {
        activation: background === 'last' ? ('softmax' as const) : ('sigmoid' as const),
        corners: false,
        units: 'relative' as const,
      }),
      ...(background === 'first' && startsWithBackground(description.labels) && { firstClass: 1 }),
      ...(description.labels && { labels: description.labels }),
    };
    return { format, doubts, evidence: description.architecture?.endsWith('ForObjectDetection') ? 1 : 0.9 };
  },
  defaults: ({ set, activation }) =>
    set
      ? { threshold: 0.5, max: 300, several: activation === 'sigmoid', clip: false }
      : { threshold: 0.5, overlap: 0.45, max: 300, clip: true },
  settle(format, outputs) {
    const [scores, boxes] = [rowOf(outputs, format.scores, 0), rowOf(outputs, format.boxes, 0)];
    return {
      activation: activationOf(scores, format.background !== 'none'),
      corners: cornersIn(boxes),
      units: boxes.data.every((value) => value <= 2) ? 'relative' : 'pixels',
      ...format,
    };
  },
  read(format, outputs, size, row) {
    const scores = rowOf(outputs, format.scores, row);
    const head = headOf(format, scores, rowOf(outputs, format.boxes, row), size);
    if (!format.objectness) return { heads: [head] };
    const { data } = rowOf(outputs, format.objectness, row);
    return { heads: [{ ...head, objectness: { output: format.objectness, data, start: 0, step: 1 } }] };
  },
});

interface Pair {
  readonly scores: TensorFact;
  readonly boxes: TensorFact;
  readonly objectness?: TensorFact;
}

/** One output with four numbers for each candidate, another with as many candidates. */
function pairOf({ outputs }: TaskDescription): Pair | undefined {
  const dense = outputs.filter((fact) => isFloat(fact) && fact.shape.length === 3);
  const four = dense.filter(({ shape }) => shape[2] === 4);
  const boxes = four.find(({ name }) => /box|loc/i.test(name)) ?? (four.length === 1 ? four[0] : undefined);
  const objectness = dense.find(({ name, shape }) => shape[2] === 1 && /obj/i.test(name));
  const others = dense.filter((fact) => fact !== boxes && fact !== objectness && fact.shape[1] === boxes?.shape[1]);
  const scores = others.find(({ name }) => /logit|score|conf|cls|prob/i.test(name)) ?? others[0];
  if (!boxes || !scores || typeof scores.shape[2] !== 'number') return undefined;
  return { scores, boxes, ...(objectness && { objectness }) };
}

/** More candidates than this are anchors. */
const MAX_QUERIES = 900;

function isSet({ architecture }: TaskDescription, { scores, boxes }: Pair): boolean {
  if (architecture && /detr|yolos|fine/i.test(architecture)) return true;
  if (!/logit/i.test(scores.name) && !/pred_box/i.test(boxes.name)) return false;
  return typeof scores.shape[1] !== 'number' || scores.shape[1] <= MAX_QUERIES;
}

/** Labels, or where there are none the columns of the output, count the background as class 0. */
const startsWithBackground = (labels: readonly string[] | undefined): boolean =>
  labels === undefined || /^_*background_*$/i.test(labels[0]?.trim() ?? '');

/** Detectors with a softmax have one score more than classes: "no object" last (DETR) or the background first (SSD). */
function classesOf({ labels, architecture = '' }: TaskDescription, { scores, objectness }: Pair, set: boolean) {
  const columns = scores.shape[2] as number;
  const extra = { classes: columns - 1, background: set ? ('last' as const) : ('first' as const), doubts: [] };
  const none = { classes: columns, background: 'none' as const, doubts: [] };
  if (objectness) return none;
  // The first label of DETR's 91 is "N/A": a class like the others, never a background.
  if (set && labels && labels.length === columns - 1) return extra;
  if (set && labels && labels.length === columns) return none;
  if (!set && labels && labels.length === (startsWithBackground(labels) ? columns : columns - 1)) return extra;
  if (!set && labels && labels.length === columns) return none;
  if (/RTDetr|DFine|Deformable|Conditional/i.test(architecture)) return none;
  if (/^(Detr|Yolos|TableTransformer)/i.test(architecture)) return extra;
  const softmaxed = set ? [92, 82, 21].includes(columns) : columns > 1;
  const how = softmaxed
    ? `${set ? 'the last' : 'the first'} of its ${columns} columns as "nothing"`
    : `${columns} classes`;
  return {
    ...(softmaxed ? extra : none),
    doubts: [`The output "${scores.name}" is read with ${how}: name the classes to settle it.`],
  };
}

function activationOf({ data, dims: [, columns = 1] }: Row, background: boolean): 'softmax' | 'sigmoid' | 'none' {
  if (data.every((value) => value >= 0 && value <= 1)) return 'none';
  return background && columns > 1 ? 'softmax' : 'sigmoid';
}

/** Corners of one box are in order, up to boxes without an extent. */
function cornersIn({ data }: Row): boolean {
  let ordered = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [a, b, c, d] = [data[i], data[i + 1], data[i + 2], data[i + 3]] as [number, number, number, number];
    if (c >= a && d >= b) ordered++;
  }
  return ordered >= 0.99 * (data.length / 4);
}

function headOf(format: ScoresAndBoxesFormat, scores: Row, { data }: Row, size: InputSize): Head {
  const [count = 0, columns = 1] = scores.dims;
  const [scaleX, scaleY] = format.units === 'relative' ? [size.width, size.height] : [1, 1];
  return {
    count,
    first: 0,
    scores: {
      output: format.scores,
      ...(format.activation && format.activation !== 'none' && { activation: format.activation }),
      data: probabilities(format, scores),
      start: format.background === 'first' ? 1 : 0,
      step: columns,
      stride: 1,
      classes: format.classes,
    },
    source: (i) => ({
      elements: fourElements(format.boxes, i * 4, 1),
      form: format.corners ? 'corners' : 'centre',
      scale: [scaleX, scaleY],
    }),
    box(i, out, at) {
      const [a, b, c, d] = fourFrom(data, i * 4);
      const [x0, y0, x1, y1] = format.corners ? [a, b, c, d] : [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
      out.set([x0 * scaleX, y0 * scaleY, x1 * scaleX, y1 * scaleY], at);
    },
  };
}

function probabilities(
  { activation }: ScoresAndBoxesFormat,
  { data, dims: [count = 0, columns = 1] }: Row,
): Float32Array {
  if (activation === 'sigmoid') return data.map(sigmoid);
  if (activation !== 'softmax') return data;
  const out = new Float32Array(data.length);
  for (let i = 0; i < count; i++) softmax(data, i * columns, columns, out, i * columns);
  return out;
}
