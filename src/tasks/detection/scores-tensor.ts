/** Numbers of all candidates of a head as one tensor of the graph. */
import type { GraphBuilder, Value } from '../../core/onnx/builder.ts';
import type { BoxScore, TaskOutputs, TaskTarget } from '../../core/task/task.ts';
import type { Found } from './find.ts';
import { type ClassTable, type Head, isTable, type Sourced } from './head.ts';

/**
 * The tensor that holds the number of a box, and its index there. The score of class `c` of candidate `i` has the same
 * index as in the class table: the tensor is the output itself, or nodes that apply its activation and multiply it with
 * the objectness. The other classes of the box are its rivals.
 *
 * At the box itself overlap and likeness of classes are at their max: the derivative of the `similarity` is that of the
 * objectness, and without objectness that of the class.
 */
export function scoresTensor(
  { head, candidate, class: klass }: Found,
  outputs: TaskOutputs,
  by: BoxScore,
): Pick<TaskTarget, 'output' | 'build' | 'weights' | 'rivals'> {
  const { scores, objectness } = head;
  if (by === 'similarity' && objectness) {
    const index = objectness.start + candidate * objectness.step;
    return { ...activated(objectness), weights: weightAt(index), rivals: [] };
  }
  if (!isTable(scores)) {
    const { output, start, step } = scores.score;
    return { output, weights: weightAt(start + candidate * step), rivals: [] };
  }
  const factor = by === 'confidence' ? objectnessOf(head, scores, outputs) : undefined;
  const elements = Array.from(
    { length: scores.classes },
    (_, one) => scores.start + candidate * scores.step + one * scores.stride,
  );
  return {
    ...(factor ? multiplied(scores, factor) : activated(scores)),
    weights: weightAt(elements[klass] as number),
    // The likeness of a box is no class.
    rivals: by === 'similarity' ? [] : elements.filter((_, one) => one !== klass),
  };
}

const weightAt = (index: number): TaskTarget['weights'] => [{ index, weight: 1 }];

const tensorName = (...parts: readonly (string | undefined)[]): string =>
  ['target', ...parts].filter((part) => part !== undefined).join('/');

/** The output with its activation. */
function activated({ output, activation }: Sourced): Pick<TaskTarget, 'output' | 'build'> {
  if (!activation) return { output };
  return { output: tensorName(activation, output), build: (g, value) => activate(g, value(output), activation) };
}

function multiplied({ output, activation }: Sourced, factor: Factor): Pick<TaskTarget, 'output' | 'build'> {
  return {
    output: tensorName('confidence', activation, output, factor.name),
    build: (g, value) => factor.apply(g, activate(g, value(output), activation), value),
  };
}

/** Multiplication with the objectness as nodes. */
interface Factor {
  /** Part of the name of the tensor, different for different nodes. */
  readonly name: string;
  apply(g: GraphBuilder, scores: Value, value: (name: string) => Value): Value;
}

function objectnessOf({ objectness, combine }: Head, scores: ClassTable, outputs: TaskOutputs): Factor | undefined {
  if (!objectness) return undefined;
  const { output, activation, start } = objectness;
  const root = combine === 'geometric_mean';
  const channel = output === scores.output ? channelOf(scores, start, outputs) : undefined;
  const place = channel ? `${channel.index}@${channel.axis}` : undefined;
  return {
    name: [output, activation, place, root && 'root'].filter(Boolean).join('/'),
    apply(g, scored, value) {
      const all = value(output);
      const own = activate(g, channel ? slice(g, all, channel) : all, activation);
      const product = g.mul(scored, own);
      // The derivative of the root has no number at 0, where most candidates are.
      return root ? g.op('Sqrt', [g.op('Max', [product, g.number(1e-12, product)])]) : product;
    },
  };
}

interface Channel {
  /** Counted from the last axis, -1. */
  readonly axis: number;
  readonly index: number;
}

/** Channel of the objectness beside the classes of the same output. */
function channelOf({ output, stride, classes }: ClassTable, start: number, outputs: TaskOutputs): Channel {
  const dims = outputs[output]?.dims ?? [];
  let [inner, axis] = [1, -1];
  // Of axes with the same stride, the one that is long enough counts classes: others have the extent 1.
  while (-axis < dims.length && (inner < stride || (dims.at(axis) as number) < classes)) {
    inner *= dims.at(axis) as number;
    axis -= 1;
  }
  return { axis, index: Math.floor(start / stride) % (dims.at(axis) ?? 1) };
}

function slice(g: GraphBuilder, x: Value, { axis, index }: Channel): Value {
  const bounds = [index, index + 1, axis].map((bound) => g.ints([bound]));
  return g.op('Slice', [x, ...bounds]);
}

/** The scores that a tensor of the model stands for. */
export function activate(g: GraphBuilder, x: Value, activation: Sourced['activation']): Value {
  if (activation === 'sigmoid') return g.op('Sigmoid', [x]);
  return activation === 'softmax' ? g.op('Softmax', [x], { axis: -1 }) : x;
}
