/**
 * Shape inference: the type of every value of a graph before it runs, with dims that may be symbolic, and the content
 * of the small ones, so that the shape arithmetic of exporters comes out exactly.
 */
import { canonical, symbolOf } from './dims.ts';
import { subgraphs } from './edit.ts';
import { propagate } from './evaluate.ts';
import type { Dim, Graph, Node, ValueInfo } from './graph.ts';
import { attentions } from './infer/attention.ts';
import { fail, show } from './infer/checks.ts';
import { classic } from './infer/classic.ts';
import { controls } from './infer/control.ts';
import { elementwise } from './infer/elementwise.ts';
import { joins } from './infer/join.ts';
import { makers, ofConstant } from './infer/make.ts';
import { matrices } from './infer/matrix.ts';
import { microsoft } from './infer/microsoft.ts';
import { normalizations } from './infer/normalize.ts';
import { picks } from './infer/pick.ts';
import { quantizations } from './infer/quantize.ts';
import { recurrents } from './infer/recurrent.ts';
import { reductions } from './infer/reduce.ts';
import { reshapes } from './infer/reshape.ts';
import type { Inferred, Inputs, Rules } from './infer/rule.ts';
import { states } from './infer/state.ts';
import { texts } from './infer/texts.ts';
import { windows } from './infer/window.ts';

export type { Inferred } from './infer/rule.ts';

const DOMAINS: Readonly<Record<string, Rules>> = {
  '': {
    ...attentions,
    ...elementwise,
    ...reductions,
    ...windows,
    ...normalizations,
    ...matrices,
    ...reshapes,
    ...joins,
    ...picks,
    ...makers,
    ...quantizations,
    ...recurrents,
    ...controls,
    ...states,
    ...texts,
  },
  'ai.onnx.ml': classic,
  'com.microsoft': { ...microsoft, ...states },
};

/** Dims that no tensor has: results of wrong attributes and damaged shapes. */
const impossible = (dim: Dim): boolean => typeof dim === 'number' && (dim < 0 || !Number.isSafeInteger(dim));

type Values = ReadonlyMap<string, Inferred>;

/**
 * The types of a node's outputs. Of an operator that is not known, they have unknown dims.
 *
 * @param inputs undefined for an input that is left out
 * @param outer what the subgraphs of If, Loop and Scan can see
 * @throws WhylightError `invalid_model` when the inputs contradict each other
 */
export function inferNode(node: Node, inputs: Inputs, outer: Values = new Map()): Inferred[] {
  return inferAt(node, inputs, outer, 0);
}

/** True if inference knows the operator. */
export const isKnownOperator = (node: Pick<Node, 'op' | 'domain'>): boolean => ruleOf(node) !== undefined;

/** Operators of a domain that inference knows. */
export const knownOperators = (domain = ''): string[] =>
  Object.hasOwn(DOMAINS, domain) ? Object.keys(DOMAINS[domain] as Rules) : [];

function ruleOf({ op, domain }: Pick<Node, 'op' | 'domain'>): Rules[string] | undefined {
  const rules = Object.hasOwn(DOMAINS, domain) ? DOMAINS[domain] : undefined;
  return rules && Object.hasOwn(rules, op) ? rules[op] : undefined;
}

/** Bodies of loops are gone through more than once, so deeper ones are taken for what they declare. */
const MAX_NESTING = 6;

/** Types found for a node the last time. Graphs are inferred again and again, with few nodes changed in between. */
const found = new WeakMap<Node, { readonly inputs: Inputs; readonly types: Inferred[] }>();

function inferAt(node: Node, inputs: Inputs, outer: Values, depth: number): Inferred[] {
  const known = found.get(node);
  if (known && sameObjects(known.inputs, inputs)) return known.types;
  const anew = inferAnew(node, inputs, outer, depth);
  // Nodes behind see by the object whether their inputs have changed.
  const types = anew.map((type, i) => {
    const before = known?.types[i];
    return before && sameInferred(type, before) ? before : type;
  });
  // What is inside of a node depends on what is around it too.
  if (subgraphs(node).length === 0) found.set(node, { inputs, types });
  return types;
}

/** Loop over indices: this runs for every node of every graph on its way through the compiler. */
function sameObjects(a: Inputs, b: Inputs): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** True for the same dtype, dims and content. */
export function sameInferred(a: Inferred, b: Inferred): boolean {
  return a.dtype === b.dtype && sameDims(a.dims, b.dims) && sameDims(a.value, b.value);
}

const sameDims = (a: readonly Dim[] | undefined, b: readonly Dim[] | undefined): boolean =>
  a === b || (a?.length === b?.length && (a?.every((dim, i) => Object.is(dim, b?.[i])) ?? false));

function inferAnew(node: Node, inputs: Inputs, outer: Values, depth: number): Inferred[] {
  const rule = ruleOf(node);
  const [first] = inputs;
  const types =
    rule?.(node, inputs, { outer, inferSubgraph: (graph, given) => inferSubgraph(graph, given, outer, depth + 1) }) ??
    [];
  const all = node.outputs.map((_, i): Inferred => types[i] ?? { dtype: first?.dtype ?? 'float32' });
  for (const { dims } of all) if (dims?.some(impossible)) fail(node, `its output would have the shape ${show(dims)}.`);
  return propagate(node, inputs, all);
}

/**
 * Every value of the graph by name, inputs and constants included. An input's first dim that has no name is `N`,
 * other unknown dims get names of their own.
 * @throws WhylightError `invalid_model`
 */
export function infer(graph: Graph): Values {
  const known = inferred.get(graph);
  if (known) return known;
  const values = inferWith(graph, graph.inputs.map(typeOf), new Map(), 0);
  inferred.set(graph, values);
  return values;
}

/** Values of graphs, which never change: most passes of the compiler leave a graph as it is, and the next one asks again. */
const inferred = new WeakMap<Graph, Values>();

function inferSubgraph(graph: Graph, inputs: Inputs, outer: Values, depth: number): Inferred[] {
  if (depth > MAX_NESTING) return graph.outputs.map(({ dtype }) => ({ dtype }));
  const values = inferWith(
    graph,
    graph.inputs.map((info, i) => inputs[i] ?? ofInput(info)),
    outer,
    depth,
  );
  return graph.outputs.map((output) => values.get(output.name) ?? { dtype: output.dtype });
}

/** Type of a value that nothing makes. */
const UNTYPED: Inferred = { dtype: 'float32' };

function inferWith(graph: Graph, inputs: readonly Inferred[], outer: Values, depth: number): Map<string, Inferred> {
  const values = new Map(outer);
  for (const [name, constant] of graph.constants) values.set(name, ofConstant(constant));
  for (const [i, { name }] of graph.inputs.entries()) values.set(name, inputs[i] as Inferred);
  for (const node of graph.nodes) {
    const operands = node.inputs.map((name) => (name === '' ? undefined : (values.get(name) ?? UNTYPED)));
    const types = isKnownOperator(node) ? inferAt(node, operands, values, depth) : declaredOf(graph, node, operands);
    const { outputs } = node;
    for (let i = 0; i < outputs.length; i++)
      if (outputs[i] !== '') values.set(outputs[i] as string, types[i] as Inferred);
  }
  return values;
}

/** Types that the file declares for the outputs of an operator that inference does not know. */
function declaredOf({ declared, outputs }: Graph, node: Node, operands: Inputs): Inferred[] {
  return node.outputs.map((name) => {
    const given = declared?.get(name) ?? outputs.find((output) => output.name === name && !output.untyped);
    return given ? { dtype: given.dtype, dims: given.dims } : { dtype: operands[0]?.dtype ?? 'float32' };
  });
}

/** Types of inputs seen before: the same object, so that nodes behind an input are seen to be unchanged. */
const typesOf = new WeakMap<ValueInfo, Inferred>();

function typeOf(input: ValueInfo): Inferred {
  const type = typesOf.get(input) ?? ofInput(input);
  typesOf.set(input, type);
  return type;
}

/** A model's input, its unnamed dims named. */
function ofInput({ name, dtype, dims }: ValueInfo): Inferred {
  const named = (dim: Dim, axis: number): Dim => {
    if (typeof dim === 'number' && dim >= 0) return dim;
    const text = typeof dim === 'string' ? dim : '';
    if (text !== '' && text !== '?') return canonical(text);
    return axis === 0 ? 'N' : `${symbolOf(name)}_${axis}`;
  };
  return { dtype, dims: dims?.map(named) };
}
