/** Similarity of a candidate to the box of the undisturbed run as nodes, so that gradients pass through the overlap. */
import { fnv1a } from '../../core/fnv.ts';
import type { GraphBuilder, Value } from '../../core/onnx/builder.ts';
import type { TaskOutputs, TaskTarget } from '../../core/task/task.ts';
import { type Arithmetic, cornersOf } from './box-source.ts';
import type { Found } from './find.ts';
import { type ClassTable, type Head, isTable } from './head.ts';
import { activate } from './scores-tensor.ts';

const REFUSAL =
  'The similarity of a box has no derivative for detectors of this kind (raw levels with anchors, distances in bins, turned boxes): choose box_score=confidence, or a perturbation method such as d_rise.';

/**
 * The number of one candidate for methods that differentiate: overlap with its own box in the undisturbed run, times the
 * cosine of the class probabilities, times the objectness (the largest class probability where there is none). The
 * reason where the boxes of the format have no formula.
 * @see https://arxiv.org/abs/2006.03204 (Petsiuk et al. 2021), eq. 3 to 7
 */
export function similarityTensor(
  { head, candidate, angle }: Found,
  outputs: TaskOutputs,
): NonNullable<TaskTarget['differentiated']> {
  const source = angle === undefined ? head.source?.(candidate) : undefined;
  if (!source) return { refusal: REFUSAL };
  const reference = cornersOf(source, numbersOf(outputs));
  const classes = isTable(head.scores) ? probabilitiesOf(head.scores, candidate) : [];
  const [{ output, index }] = source.elements;
  return {
    // Made for this box alone: the name has all that the nodes depend on.
    output: `target/similarity/${output}/${index}/${digestOf([...reference, ...classes])}`,
    weights: [{ index: 0, weight: 1 }],
    element: elementOf(head, candidate),
    build(g, value) {
      const nodes = nodesOf(g, value);
      const overlap = overlapNodes(g, cornersOf(source, nodes), reference);
      return g.mul(overlap, likenessNodes(g, value, head, candidate, classes));
    },
  };
}

/** Arithmetic on the numbers of one row of outputs. */
export const numbersOf = (outputs: TaskOutputs): Arithmetic<number> => ({
  element: ({ output, index }) => outputs[output]?.data[index] as number,
  add: (a, b) => a + b,
  multiply: (a, b) => a * b,
  plus: (a, b) => a + b,
  minus: (a, b) => a - b,
  exp: Math.exp,
});

/** The objectness, else the first class score: from the part of the network that the box comes from. */
function elementOf({ scores, objectness }: Head, candidate: number): { output: string; index: number } {
  const { output, start, step } = objectness ?? (isTable(scores) ? scores : scores.score);
  return { output, index: start + candidate * step };
}

type ValueOf = (name: string) => Value;

const nodesOf = (g: GraphBuilder, value: ValueOf): Arithmetic<Value> => ({
  element: ({ output, index }) => pick(g, value(output), [index]),
  add: (a, b) => g.add(a, g.number(b, a)),
  multiply: (a, b) => g.mul(a, g.number(b, a)),
  plus: g.add,
  minus: g.sub,
  exp: (a) => g.op('Exp', [a]),
});

/** Elements of each row, `[N, indices]`. */
const pick = (g: GraphBuilder, x: Value, indices: readonly number[]): Value =>
  g.op('Gather', [g.op('Flatten', [x], { axis: 1 }), g.ints(indices)], { axis: 1 });

/**
 * Pixels within which two edges count as the same. Rounding then leaves no kink at the box itself, where the overlap is
 * at its max and its derivative 0.
 */
const TIE = 0.001;

/** Intersection over union of a box `[N, 1]` each with a given one. */
function overlapNodes(g: GraphBuilder, own: readonly Value[], other: readonly number[]): Value {
  const [x0, y0, x1, y1] = own as [Value, Value, Value, Value];
  const zero = g.number(0, x0);
  const side = (low: Value, high: Value, axis: 0 | 1): Value => {
    const last = nearer(g, 'Min', high, other[axis + 2] as number);
    return g.op('Max', [g.sub(last, nearer(g, 'Max', low, other[axis] as number)), zero]);
  };
  const shared = g.mul(side(x0, x1, 0), side(y0, y1, 1));
  const area = g.mul(g.sub(x1, x0), g.sub(y1, y0));
  const [left, top, right, bottom] = other as [number, number, number, number];
  const both = g.sub(g.add(area, g.number((right - left) * (bottom - top), area)), shared);
  return g.div(shared, g.op('Max', [both, g.number(1e-6, both)]));
}

/** Smaller or larger of an edge and a given one: the mean of those with the edge moved a little to either side. */
function nearer(g: GraphBuilder, op: 'Min' | 'Max', edge: Value, other: number): Value {
  const given = g.number(other, edge);
  const [before, behind] = [-TIE, TIE].map((step) => g.op(op, [g.add(edge, g.number(step, edge)), given]));
  const mean = g.mul(g.add(before as Value, behind as Value), g.number(0.5, edge));
  return g.add(mean, g.number(op === 'Min' ? TIE / 2 : -TIE / 2, edge));
}

/** Cosine of the class probabilities and given ones, times the objectness. */
function likenessNodes(
  g: GraphBuilder,
  value: ValueOf,
  { scores, objectness }: Head,
  candidate: number,
  classes: readonly number[],
): Value {
  const at = objectness ?? (isTable(scores) ? undefined : scores.score);
  const sure = at && pick(g, activate(g, value(at.output), at.activation), [at.start + candidate * at.step]);
  if (!isTable(scores)) return sure as Value;
  const own = pick(g, activate(g, value(scores.output), scores.activation), classIndices(scores, candidate));
  const length = Math.hypot(...classes);
  const unit = g.constant(
    'float32',
    [1, classes.length],
    classes.map((value) => value / (length || 1)),
  );
  const product = g.reduce('ReduceSum', g.mul(own, unit), [1]);
  const norm = g.op('Sqrt', [g.op('Max', [g.reduce('ReduceSum', g.mul(own, own), [1]), g.number(1e-12, own)])]);
  return g.mul(g.div(product, norm), sure ?? g.reduce('ReduceMax', own, [1]));
}

const classIndices = ({ start, step, stride, classes }: ClassTable, candidate: number): number[] =>
  Array.from({ length: classes }, (_, c) => start + candidate * step + c * stride);

const probabilitiesOf = (table: ClassTable, candidate: number): number[] =>
  classIndices(table, candidate).map((index) => table.data[index] as number);

/** Name of a list of numbers, 16 hexadecimal digits (FNV-1a, twice). */
function digestOf(numbers: readonly number[]): string {
  const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
  return [0x811c9dc5, 0x050c5d1f].map((seed) => fnv1a(bytes, seed).toString(16).padStart(8, '0')).join('');
}
