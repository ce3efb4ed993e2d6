/** Batch axes: which axis of each input counts rows, and how many rows a graph takes at once. */
import type { Dim, Graph, Node, ValueInfo } from '../../onnx/graph.ts';
import { stateAxes } from './recurrent-states.ts';
import { analyseRows, type RowAnalysis } from './rows.ts';

export type BatchAxes = Readonly<Record<string, number | null>>;

export interface BatchFacts {
  /** By input name. */
  readonly axes: BatchAxes;
  /** Undefined where shapes could not be followed. */
  readonly analysis?: RowAnalysis;
}

/** Names that exporters give to the dim that counts rows. */
const BATCH_NAME = /^(n|b|bs|batch|batch_?size|batch_?dim|none)$|batch/i;

/** A dim that the file leaves open without saying what it counts. */
const UNNAMED = /^(n|unk__\d+|\?.*|none|.*_0)$/i;

/**
 * Batch axis of every input. Axis 0 is taken unless rows along it would depend on each other (a sequence whose time
 * comes first, a convolution over an image without a batch) and another axis, or none, fits better.
 *
 * @param primary the input that is explained; others follow it
 * @param given axes that a manifest or a request states
 */
export function findBatchAxes(graph: Graph, primary: ValueInfo, given: BatchAxes = {}): BatchFacts {
  const tryAxis = (axis: number | null): BatchFacts => {
    const axes = { ...axesBeside(graph, primary, axis), ...given };
    const analysis = analyseRows(graph, axes);
    return { axes, ...(analysis && { analysis }) };
  };
  if (Object.hasOwn(given, primary.name)) return tryAxis(given[primary.name] ?? null);
  const { dims = [] } = primary;
  if (dims.length === 0) return tryAxis(null);
  if (dims.length === 1 && !isColumn(graph, primary)) return tryAxis(null);
  const first = tryAxis(0);
  if (!first.analysis?.mixedBy || isNamedBatch(dims[0])) return first;
  for (const axis of dims.length > 2 ? [1] : []) {
    const other = tryAxis(axis);
    if (other.analysis && !other.analysis.mixedBy && other.analysis.axisOf(graph.outputs[0]?.name ?? '') !== null) {
      return other;
    }
  }
  // Statistics over a whole batch mix rows, but rows they are; and states beside the input are counted by rows, too.
  const isBatch = isStatistic(first.analysis.mixedBy) && !losesRows(graph, dims[0]);
  return isBatch || dims.length > 3 || allOpen(graph) ? first : tryAxis(null);
}

/** True where the file fixes a number of rows that its first output does not have. */
const losesRows = ({ outputs }: Graph, rows: Dim | undefined): boolean => {
  const made = outputs[0]?.dims?.[0];
  return typeof rows === 'number' && rows > 1 && typeof made === 'number' && made !== rows;
};

const allOpen = ({ inputs }: Graph): boolean =>
  inputs.length > 1 && inputs.every(({ dims }) => typeof dims?.[0] === 'string');

const isNamedBatch = (dim: Dim | undefined): boolean => typeof dim === 'string' && BATCH_NAME.test(dim) && dim !== 'N';

const isStatistic = ({ op }: Node): boolean => op === 'DynamicQuantizeLinear' || op.startsWith('Reduce');

/** A column of a table, one value a row: [N] where every input, and every output whose shape is known, begins so. */
function isColumn({ inputs, outputs }: Graph, { dims = [] }: ValueInfo): boolean {
  if (typeof dims[0] !== 'string') return false;
  const isOpen = (value: ValueInfo): boolean => (value.dims?.length ?? 0) === 0 || typeof value.dims?.[0] === 'string';
  return inputs.every(isOpen) && outputs.every(isOpen);
}

/** Axes of all inputs when the primary one counts its rows along `axis`. */
function axesBeside(graph: Graph, primary: ValueInfo, axis: number | null): BatchAxes {
  const rows = axis === null ? undefined : primary.dims?.[axis];
  return Object.fromEntries(
    graph.inputs.map((input) => [
      input.name,
      input.name === primary.name ? axis : rows === undefined ? null : axisLike(input, rows, stateAxes(graph)),
    ]),
  );
}

function axisLike({ name, dims = [] }: ValueInfo, rows: Dim, states: ReadonlyMap<string, number>): number | null {
  if (dims.length === 0) return null;
  const state = states.get(name);
  // An axis of another length counts rows times something else.
  if (state !== undefined) return typeof rows === 'string' || dims[state] === rows ? state : null;
  const same = dims.indexOf(rows);
  if (typeof rows === 'number') return dims.length > 1 && same >= 0 ? same : null;
  if (same >= 0) return same;
  const [first] = dims;
  const open = typeof first === 'string' && UNNAMED.test(first) && UNNAMED.test(rows);
  return open ? 0 : null;
}

/**
 * Number of rows that every run must have; undefined where any number will do. 1 where rows depend on each other, so
 * that each is run by itself.
 *
 * @param scores the tensor that is explained
 */
export function rowsAtOnce({ axes, analysis }: BatchFacts, primary: ValueInfo, scores: string): number | undefined {
  const axis = axes[primary.name];
  if (axis === null || axis === undefined) return 1;
  const declared = primary.dims?.[axis];
  if (typeof declared === 'number') return declared;
  if (!analysis) return undefined;
  const dims = analysis.dimsOf(scores);
  // Rows that come in but do not come out: the graph holds a number of its own.
  if (dims && dims.length > 0 && analysis.axisOf(scores) === null) {
    const [frozen] = dims;
    if (typeof frozen === 'string' && frozen.startsWith('?')) return undefined;
    return typeof frozen === 'number' && frozen > 0 && dims.length > 1 ? frozen : 1;
  }
  return analysis.mixedBy ? 1 : undefined;
}
