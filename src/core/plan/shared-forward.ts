/**
 * Gradients of several targets over one forward pass: the graph gets one row of the inputs and a row of the cotangent for
 * each target. What the forward pass gives is broadcast to them in the backward pass, so that T targets cost one forward
 * and T backward passes.
 */
import { COTANGENT } from '../autodiff/names.ts';
import { WhylightError } from '../errors.ts';
import { intAttribute } from '../onnx/attributes.ts';
import type { Dim, Graph, Node, ValueInfo } from '../onnx/graph.ts';
import { type Inferred, infer } from '../onnx/infer.ts';
import { traitsOf } from '../onnx/operators.ts';
import { peakRowBytes } from './memory.ts';

/** Number of targets that is tried: a prime, so that no dim of a model is a multiple of it by chance. */
const TARGETS = 10_007;

/** Operators that work row by row on their first operand, where the others do not depend on the target. */
const BY_ROW: ReadonlySet<string> = new Set([
  ...['Conv', 'ConvTranspose', 'Gemm', 'MatMul'],
  ...['Transpose', 'Split', 'Slice', 'Pad', 'Squeeze', 'Unsqueeze', 'Flatten', 'Expand', 'Gather', 'Resize'],
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'DepthToSpace', 'SpaceToDepth'],
]);

/** Operators on elements of operands that are broadcast to one another. */
const BROADCAST: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum', 'Where', 'CastLike', 'Cast', 'Identity'],
  ...['Equal', 'Greater', 'Less', 'GreaterOrEqual', 'LessOrEqual', 'And', 'Or', 'Not'],
]);

type Types = ReadonlyMap<string, Inferred>;

/**
 * Bytes that each further target takes at most in a run of one row of the inputs.
 * @param graph bound to the shapes of one row
 * @returns undefined for a graph that cannot broadcast its forward pass: without a gradient, or with operators in the
 * backward pass that need as many rows of both
 */
export function bytesPerTarget(graph: Graph): number | undefined {
  if (!graph.inputs.some(({ name }) => name === COTANGENT)) return undefined;
  const wide = withTargets(graph, TARGETS);
  const touched = behindCotangent(wide);
  if (!touched.every(({ op, domain }) => domain === '' && isKnown(op))) return undefined;
  const types = typesIn(wide);
  if (!types) return undefined;
  const varying = new Set([COTANGENT, ...touched.flatMap(({ outputs }) => outputs)]);
  const rowsOf = (name: string): Dim | undefined => types.get(name)?.dims?.[0];
  const isWide = (name: string): boolean => {
    const rows = rowsOf(name);
    return typeof rows === 'number' && rows > 0 && rows % TARGETS === 0;
  };
  const outputs = graph.outputs.filter(({ name }) => varying.has(name));
  const fits =
    outputs.length > 0 &&
    outputs.every(({ name }) => rowsOf(name) === TARGETS) &&
    touched.every((node) => keepsTargets(node, types, varying) && node.outputs.every(isWide));
  // The moment of the most bytes may be another one with more targets, which then takes more for each.
  return fits ? (peakRowBytes(wide) - peakRowBytes(graph)) / (TARGETS - 1) : undefined;
}

/** Types of the values; undefined where the shapes of forward and backward pass contradict each other. */
function typesIn(graph: Graph): Types | undefined {
  try {
    return infer(graph);
  } catch (error) {
    if (WhylightError.is(error)) return undefined;
    throw error;
  }
}

const withTargets = (graph: Graph, count: number): Graph => ({
  ...graph,
  inputs: graph.inputs.map((input) =>
    input.name === COTANGENT ? { ...input, dims: [count, ...(input.dims ?? []).slice(1)] } : input,
  ),
});

/** Name of the rows of the cotangent in files. */
const TARGET_ROWS = 'targets';

/**
 * The graph with a name of its own for the rows of the cotangent and of what is computed from it. onnxruntime lets tensors
 * whose dims have the same names use the same memory, and refuses a run in which a cotangent has more rows than the inputs.
 */
export function withTargetRows(graph: Graph): Graph {
  const cotangent = graph.inputs.find(({ name }) => name === COTANGENT);
  if (typeof cotangent?.dims?.[0] !== 'string') return graph;
  const varying = new Set([COTANGENT, ...behindCotangent(graph).flatMap(({ outputs }) => outputs)]);
  const renamed = (value: ValueInfo): ValueInfo => {
    const [rows, ...row] = value.dims ?? [];
    return varying.has(value.name) && typeof rows === 'string' ? { ...value, dims: [TARGET_ROWS, ...row] } : value;
  };
  return { ...graph, inputs: graph.inputs.map(renamed), outputs: graph.outputs.map(renamed) };
}

/** The nodes whose results depend on the cotangent. */
function behindCotangent({ nodes, outputs }: Graph): Node[] {
  const varying = new Set([COTANGENT]);
  const behind = nodes.filter((node) => {
    const reads = operandsOf(node).some((name) => varying.has(name));
    if (reads) for (const name of node.outputs) varying.add(name);
    return reads;
  });
  const needed = new Set(outputs.map(({ name }) => name));
  const path = behind.toReversed().filter((node) => {
    const counts = node.outputs.some((name) => needed.has(name));
    if (counts) for (const name of operandsOf(node)) needed.add(name);
    return counts;
  });
  return path.toReversed();
}

/** Inputs whose values count: not of what lends its type or shape, nor of what says which channels are zeros in all rows. */
const operandsOf = ({ op, inputs }: Node): readonly string[] =>
  op === 'NonZero' || op === 'Shape' ? [] : op === 'CastLike' ? inputs.slice(0, 1) : inputs;

const isElementwise = (op: string): boolean =>
  BROADCAST.has(op) || traitsOf({ op, domain: '' }).elementwise !== undefined;

const isKnown = (op: string): boolean => BY_ROW.has(op) || isElementwise(op) || OTHERS.has(op);

/** Operators with conditions of their own. */
const OTHERS: ReadonlySet<string> = new Set(['Concat', 'Reshape', 'ScatterElements']);

/** True if the node gives for each target what it would give for this one alone. */
function keepsTargets(node: Node, types: Types, varying: ReadonlySet<string>): boolean {
  const { op, inputs, outputs } = node;
  const dimsOf = (name: string | undefined): readonly Dim[] | undefined => types.get(name ?? '')?.dims;
  if (op === 'Concat') return inputs.every((name) => varying.has(name));
  if (op === 'Reshape') return elements(dimsOf(inputs[0])) === elements(dimsOf(outputs[0]));
  // Planes of all rows, and positions within them: equally many planes of each.
  if (op === 'ScatterElements') {
    const [planes] = dimsOf(outputs[0]) ?? [];
    return intAttribute(node, 'axis', 0) === 1 && inputs.every((name) => dimsOf(name)?.[0] === planes);
  }
  if (BY_ROW.has(op)) return inputs.every((name, i) => varying.has(name) === (i === 0));
  return inputs.every((name) => name === '' || spreadsTo(dimsOf(name), dimsOf(outputs[0])));
}

/** Number of elements; NaN where it is not known. */
const elements = (dims: readonly Dim[] | undefined): number =>
  dims ? dims.reduce<number>((size, dim) => size * Number(dim), 1) : Number.NaN;

function spreadsTo(from: readonly Dim[] | undefined, to: readonly Dim[] | undefined): boolean {
  if (!from || !to || from.length > to.length) return false;
  return from.every((dim, i) => dim === 1 || dim === to[to.length - from.length + i]);
}
