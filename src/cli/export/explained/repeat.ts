/** A compiled graph inside another one, run again and again by a Loop node. */

import { type AttributesLike, toAttributes } from '../../../core/onnx/attribute-like.ts';
import { GraphBuilder, type Value } from '../../../core/onnx/builder.ts';
import { withSubgraphs } from '../../../core/onnx/edit.ts';
import type { Constant, Graph, Node, ValueInfo } from '../../../core/onnx/graph.ts';
import { oneHot, type Subject } from './subject.ts';

/** Prefix of the names in the body: ONNX wants them to differ from those around it. */
const PREFIX = 'turn/';

/** A model's graph that holds the constants of another graph, and that graph as nodes of a body. */
export interface Host {
  /** Builds on the graph of the model. */
  readonly g: GraphBuilder;
  /** One at the explained score of each row, see {@link oneHot}. */
  readonly target: Value;
  /** The other graph, without constants: what it reads of them is in the host. */
  readonly guest: Graph;
}

/**
 * Prepares the graph of a model for a loop over another graph. Values of that graph are renamed; constants that both hold
 * stay shared, so that weights are stored once.
 * @param forward the model's graph with its outputs and scores
 * @param inner the graph that each turn runs
 * @param inputsOf names outside or in the body for the inputs of `inner`; others keep theirs
 * @param own constants that nodes of the body read
 */
export function hostOf(
  subject: Subject,
  forward: Graph,
  inner: Graph,
  inputsOf: (target: Value) => Readonly<Record<string, string>>,
  own: Readonly<Record<string, Constant>>,
): Host {
  const draft = new GraphBuilder(forward).under('explained/');
  const target = oneHot(draft, subject);
  const base = draft.build([...forward.outputs.map(({ name }) => draft.value(name)), target]);
  const renamed = renamedFor(base, inner, inputsOf(target));
  const constants = new Map([...base.constants, ...renamed.constants, ...Object.entries(own)]);
  const g = new GraphBuilder({ ...base, constants }).under('explained/');
  return { g, target, guest: { ...renamed, constants: new Map() } };
}

function renamedFor(host: Graph, graph: Graph, inputs: Readonly<Record<string, string>>): Graph {
  const names = new Map<string, string>(graph.inputs.map(({ name }) => [name, inputs[name] ?? name]));
  for (const [name, constant] of graph.constants)
    if (isShared(constant, host.constants.get(name))) names.set(name, name);
  return renamedBy(graph, (name) => (name === '' ? '' : (names.get(name) ?? PREFIX + name)));
}

function isShared(a: Constant, b: Constant | undefined): boolean {
  if (!b || a.dtype !== b.dtype || String(a.dims) !== String(b.dims) || a.bytes.length !== b.bytes.length) return false;
  return a.bytes === b.bytes || a.bytes.every((byte, i) => byte === b.bytes[i]);
}

function renamedBy(graph: Graph, rename: (name: string) => string): Graph {
  const value = (info: ValueInfo): ValueInfo => ({ ...info, name: rename(info.name) });
  return {
    ...graph,
    inputs: graph.inputs.map(value),
    outputs: graph.outputs.map(value),
    constants: new Map([...graph.constants].map(([name, constant]) => [rename(name), constant])),
    nodes: graph.nodes.map((node) => ({
      ...withSubgraphs(node, (inner) => renamedBy(inner, rename)),
      name: PREFIX + node.name,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    ...(graph.declared && { declared: new Map([...graph.declared].map(([name, type]) => [rename(name), type])) }),
  };
}

/** Writes a node of a body: `name` is the name of its output. */
export const bodyNode = (
  op: string,
  inputs: readonly string[],
  name: string,
  attributes: AttributesLike = {},
): Node => ({
  name: `${PREFIX}${name}`,
  op,
  domain: '',
  inputs,
  outputs: [name],
  attributes: toAttributes(attributes),
});

/** Number of the turn, int64 without dims, as nodes of the body read it. */
export const TURN = 'turn';

export interface Repetition {
  /** Number of turns, or a value without dims that holds it, int64. */
  readonly turns: number | Value;
  /** Nodes of one turn: they read {@link TURN}, `state`, and values of the graph around. */
  readonly nodes: readonly Node[];
  /** A value that each turn takes from the one before: its start, its name in the body, and the name after the turn. */
  readonly state?: { readonly start: Value; readonly name: string; readonly next: string };
  /** Values of the body that are collected, [turns, ...]. */
  readonly collected?: readonly ValueInfo[];
  readonly opsets: Graph['opsets'];
}

/** Writes the loop; returns the last state if there is one, then what was collected. */
export function repeated(g: GraphBuilder, { turns, nodes, state, collected = [], opsets }: Repetition): Value[] {
  const kept = state && {
    name: state.name,
    dtype: state.start.dtype,
    ...(state.start.dims && { dims: state.start.dims }),
  };
  const body: Graph = {
    name: 'turns',
    opsets,
    inputs: [
      { name: TURN, dtype: 'int64', dims: [] },
      { name: `${PREFIX}go_on`, dtype: 'bool', dims: [] },
      ...(kept ? [kept] : []),
    ],
    outputs: [
      { name: `${PREFIX}goes_on`, dtype: 'bool', dims: [] },
      ...(state && kept ? [{ ...kept, name: state.next }] : []),
      ...collected,
    ],
    constants: new Map(),
    nodes: [...nodes, bodyNode('Identity', [`${PREFIX}go_on`], `${PREFIX}goes_on`)],
  };
  const inputs = [
    typeof turns === 'number' ? g.scalar(turns, 'int64') : turns,
    g.scalar(1, 'bool'),
    ...(state ? [state.start] : []),
  ];
  return g.ops('Loop', inputs, { body: { type: 'graph', value: body } }, (state ? 1 : 0) + collected.length);
}
