/** Scores of one row as classes at positions, whatever the order of the axes. */
import { WhylightError } from '../core/errors.ts';
import { type Activation, isIndependent, type OutputFact } from '../core/model/description.ts';
import type { TaskOutputs } from '../core/task/task.ts';

export interface Scores {
  /** Tensor that the elements belong to: the logits where the run gave them, else the output. */
  readonly output: string;
  readonly data: Float32Array;
  readonly classes: number;
  /** Place of the first class along the class axis. */
  readonly first: number;
  readonly names?: readonly string[];
  /** Extents of the axes without rows and classes. */
  readonly extents: readonly number[];
  readonly positions: number;
  /** Index in `data` of a class (0 is the first) at a position. */
  element(klass: number, position: number): number;
  /** Probability of a class at a position; undefined where scores cannot be read as probabilities. */
  probability(klass: number, position: number): number | undefined;
}

/**
 * The scores of an output. Extents of 1 are no positions.
 * @throws WhylightError `internal` when the run did not give the output
 */
export function scoresOf(outputs: TaskOutputs, fact: OutputFact): Scores {
  const output = outputs[fact.name];
  const logits = fact.logits === fact.name ? undefined : outputs[fact.logits];
  const before = logits && logitsBefore(logits, output, fact);
  if (before) return before;
  if (!output) throw new WhylightError('internal', `The run gave no output "${fact.name}".`, { name: fact.name });
  const layout = layoutOf(output.dims, classAxisIn(output.dims, fact), fact);
  const probability = probabilityOf(output.data, layout, fact.activation.value, false);
  return { output: fact.name, data: output.data, ...layout, probability };
}

type Numbers = TaskOutputs[string];

/** Scores in front of the activation, whose classes may count along another axis; undefined where they are no such scores. */
function logitsBefore({ dims, data }: Numbers, output: Numbers | undefined, fact: OutputFact): Scores | undefined {
  const after = output && classAxisIn(output.dims, fact);
  const axis = output ? movedAxis(dims, output.dims, after) : classAxisIn(dims, fact);
  if (axis === null) return undefined;
  const layout = layoutOf(dims, axis, fact);
  const scores = {
    output: fact.logits,
    data,
    ...layout,
    probability: probabilityOf(data, layout, fact.activation.value, true),
  };
  const isMoved = output !== undefined && axis !== after;
  return isMoved && !gives(scores, output.data, layoutOf(output.dims, after, fact)) ? undefined : scores;
}

/** Class axis of the logits: that of the output, or the one that it was moved from; null where shapes do not fit. */
function movedAxis(
  logits: readonly number[],
  output: readonly number[],
  axis: number | undefined,
): number | undefined | null {
  const same = (a: readonly number[], b: readonly number[]) => a.length === b.length && a.every((n, i) => n === b[i]);
  if (same(logits, output)) return axis;
  if (axis === undefined || logits.length !== output.length) return null;
  const others = output.toSpliced(axis, 1);
  const moved = logits.findLastIndex((n, i) => i > 0 && n === output[axis] && same(logits.toSpliced(i, 1), others));
  return moved < 0 ? null : moved;
}

/** Positions at which scores are compared with the output of their activation. */
const COMPARED = 8;

/** True if the probabilities of scores are the numbers of the output. */
function gives({ positions, probability, first }: Scores, output: Float32Array, { element }: Layout): boolean {
  return Array.from({ length: COMPARED }, (_, i) => Math.floor((i * positions) / COMPARED)).every((position) => {
    const own = probability(-first, position);
    return own !== undefined && Math.abs(own - (output[element(-first, position)] as number)) < 1e-3;
  });
}

type Layout = Omit<Scores, 'output' | 'data' | 'probability'> & { readonly columns: number };

/** Axis that counts classes in a run; a run of one row has a batch axis even where the file has none. */
function classAxisIn(dims: readonly number[], { shape, classAxis }: OutputFact): number | undefined {
  const axis = classAxis?.value ?? null;
  const shifted = axis === null ? 0 : axis + (dims.length - shape.length);
  return shifted > 0 ? shifted : undefined;
}

/** @param axis that counts classes, the batch included */
function layoutOf(dims: readonly number[], axis: number | undefined, { labels }: OutputFact): Layout {
  const chosen = axis === undefined ? undefined : axis - 1;
  const row = dims.slice(1);
  const columns = chosen === undefined ? 1 : (row[chosen] ?? 1);
  const inner = chosen === undefined ? 1 : row.slice(chosen + 1).reduce((a, b) => a * b, 1);
  const extents = row.filter((_, i) => i !== chosen);
  const first = labels?.value.first ?? 0;
  const names = labels?.value.names;
  const classes = Math.min(
    columns - first,
    names && names.length > 1 && columns > 1 ? names.length : Number.POSITIVE_INFINITY,
  );
  return {
    classes,
    first,
    columns,
    ...(names && { names }),
    extents,
    positions: extents.reduce((a, b) => a * b, 1),
    element: (klass, position) => (Math.floor(position / inner) * columns + klass + first) * inner + (position % inner),
  };
}

/** An activation that the graph has applied is not applied again: only scores in front of it are put through it. */
function probabilityOf(
  data: Float32Array,
  { columns, first, element }: Layout,
  activation: Activation,
  before: boolean,
): Scores['probability'] {
  const at = (klass: number, position: number) => data[element(klass, position)] as number;
  if (activation === 'none') return () => undefined;
  const isLog = activation === 'log_softmax' || activation === 'log_sigmoid';
  if (!before) return isLog ? (k, p) => Math.exp(at(k, p)) : at;
  if (isIndependent(activation)) return (k, p) => 1 / (1 + Math.exp(-at(k, p)));
  if (activation === 'exp_normalised') return () => undefined;
  // Several classes are asked for at one position after the other.
  let last: { readonly position: number; readonly max: number; readonly sum: number } | undefined;
  return (klass, position) => {
    if (last?.position !== position) {
      const all = Array.from({ length: columns }, (_, k) => at(k - first, position));
      const max = Math.max(...all);
      last = { position, max, sum: all.reduce((sum, value) => sum + Math.exp(value - max), 0) };
    }
    return Math.exp(at(klass, position) - last.max) / last.sum;
  };
}

/** Class with the highest score at a position; the first of equals. */
export function bestClass({ data, classes, element }: Scores, position: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) {
    if ((data[element(k, position)] as number) > (data[element(best, position)] as number)) best = k;
  }
  return best;
}
