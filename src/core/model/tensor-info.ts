/** Facts about tensors of a model that follow from its description and from the shapes of a request. */
import { WhylightError } from '../errors.ts';
import type { Dim, Graph, ValueInfo } from '../onnx/graph.ts';
import { type Inferred, infer } from '../onnx/infer.ts';
import type { ModelDescription, OutputFact } from './description.ts';
import type { Probability, TensorInfo } from './info.ts';

/** The input with the dims of these rows; its batch stays as it is. */
export function bind(input: ValueInfo, row: readonly number[] | undefined): ValueInfo {
  if (row && input.whole) return { ...input, dims: row };
  return row ? { ...input, dims: [input.dims?.[0] ?? 'N', ...row] } : input;
}

/** Shapes of the rows, where the file leaves an extent besides the batch open; undefined when it leaves none. */
export function openShapes(
  { inputs }: Graph,
  shapes: Readonly<Record<string, readonly number[]>> | undefined,
): Readonly<Record<string, readonly number[]>> | undefined {
  const open = inputs.filter(
    ({ name, dims, whole }) => shapes?.[name] && !dims?.slice(whole ? 0 : 1).every((dim) => typeof dim === 'number'),
  );
  return open.length === 0 ? undefined : Object.fromEntries(open.map(({ name }) => [name, shapes?.[name] ?? []]));
}

/**
 * Types of all values for the shapes of a request.
 * @throws WhylightError `invalid_tensor` for a size or length that the model does not take
 */
export function inferBound(
  graph: Graph,
  shapes: Readonly<Record<string, readonly number[]>>,
): ReadonlyMap<string, Inferred> {
  const single = graph.inputs.map((input) => {
    const [rows, ...row] = input.dims ?? [];
    return input.whole || typeof rows !== 'string' ? input : { ...input, dims: [1, ...row] };
  });
  try {
    // With the rows open, not every contradiction shows.
    infer({ ...graph, inputs: single });
    return infer(graph);
  } catch (cause) {
    if (!WhylightError.is(cause, 'invalid_model')) throw cause;
    const given = Object.entries(shapes).map(([name, dims]) => `"${name}" of shape [${dims.join(', ')}]`);
    throw new WhylightError(
      'invalid_tensor',
      `The model does not take ${given.join(' and ')} (without the batch): ${cause.message} Send another size or length.`,
      { shapes, ...cause.details },
      { cause },
    );
  }
}

export function tensorInfo(name: string, { dtype, dims = [] }: Inferred, axis?: number, whole = false): TensorInfo {
  const row: readonly Dim[] = whole ? dims : dims.slice(1);
  return { name, dtype, dims: row, ...(axis !== undefined && { channelAxis: axis }) };
}

/** Axis of one row of an input that counts channels, by its layout; undefined for vectors and tokens. */
export function channelAxisOf(
  { name, dims = [], dtype }: ValueInfo,
  { inputs }: Pick<ModelDescription, 'inputs'>,
): number | undefined {
  if (dims.length < 3 || !dtype.includes('float')) return undefined;
  const axis =
    inputs
      .find((input) => input.name === name)
      ?.layout.value.replace('N', '')
      .indexOf('C') ?? -1;
  return Math.max(axis, 0);
}

/**
 * Class axis of one row of the scores.
 * @param order permutation between output and logits, where the scores are the logits behind one
 */
export function classAxisOf({ classAxis, batchAxis }: OutputFact, order: readonly number[] | undefined) {
  if (!classAxis || classAxis.value === null) return classAxis?.value;
  const axis = order ? (order[classAxis.value] as number) : classAxis.value;
  const rows = batchAxis.value === null ? -1 : order ? (order[batchAxis.value] as number) : batchAxis.value;
  if (rows < 0) return axis;
  return axis > rows ? axis - 1 : axis;
}

/** Function that turns scores into probabilities; undefined where they are not classes, but measurements. */
export function probabilityOf(
  { activation, task, logits, name }: OutputFact,
  scores: TensorInfo,
  isScores: boolean,
): Probability | undefined {
  if (!isScores) return undefined;
  const isOutput = scores.name === name;
  const kind = activation.value;
  if (kind === 'log_softmax' || kind === 'log_sigmoid') {
    return isOutput ? 'exponential' : kind === 'log_softmax' ? 'softmax' : 'sigmoid';
  }
  if (kind !== 'none') return isOutput || logits === name ? 'given' : kind === 'sigmoid' ? 'sigmoid' : 'softmax';
  const isVector = scores.dims.filter((dim) => dim !== 1).length === 1;
  return isVector && task.value === 'classification' ? 'softmax' : undefined;
}
