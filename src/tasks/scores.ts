/** Scores of one row as classes at positions, whatever the order of the axes. */
import { WhylightError } from '../core/errors.ts';
import type { Activation, OutputFact } from '../core/model/description.ts';
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
  const logits = outputs[fact.logits];
  const before = fact.logits !== fact.name && logits !== undefined && sameShape(logits.dims, output?.dims);
  const tensor = before ? logits : output;
  if (!tensor) throw new WhylightError('internal', `The run gave no output "${fact.name}".`, { name: fact.name });
  const layout = layoutOf(tensor.dims, fact);
  const { data } = tensor;
  return {
    output: before ? fact.logits : fact.name,
    data,
    ...layout,
    probability: probabilityOf(data, layout, fact.activation.value, before),
  };
}

const sameShape = (a: readonly number[], b: readonly number[] | undefined): boolean =>
  b === undefined || (a.length === b.length && a.every((extent, i) => extent === b[i]));

type Layout = Omit<Scores, 'output' | 'data' | 'probability'> & { readonly columns: number };

function layoutOf(dims: readonly number[], { shape, classAxis, labels }: OutputFact): Layout {
  // A run of one row has a batch axis even where the file has none.
  const axis = classAxis?.value ?? null;
  const shifted = axis === null ? undefined : axis - 1 + (dims.length - shape.length);
  const row = dims.slice(1);
  const chosen = shifted !== undefined && shifted >= 0 ? shifted : undefined;
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
  if (!before) return activation === 'log_softmax' ? (k, p) => Math.exp(at(k, p)) : at;
  if (activation === 'sigmoid') return (k, p) => 1 / (1 + Math.exp(-at(k, p)));
  if (activation === 'exp_normalised') return () => undefined;
  return (klass, position) => {
    const all = Array.from({ length: columns }, (_, k) => at(k - first, position));
    const max = Math.max(...all);
    return Math.exp(at(klass, position) - max) / all.reduce((sum, value) => sum + Math.exp(value - max), 0);
  };
}

/** Numbers of `count` elements of `values` by size, largest first; the first of equals. */
export function largest(values: ArrayLike<number>, count: number): number[] {
  return Array.from(values, (_, i) => i)
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .slice(0, count);
}

/** Class with the highest score at a position; the first of equals. */
export function bestClass({ data, classes, element }: Scores, position: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) {
    if ((data[element(k, position)] as number) > (data[element(best, position)] as number)) best = k;
  }
  return best;
}
