/** A compiled graph inside another one, run again and again by a Loop node. */

import type { AttributesLike } from '../../../core/onnx/attribute-like.ts';
import { toAttribute } from '../../../core/onnx/attribute-like.ts';
import type { GraphBuilder, Value } from '../../../core/onnx/builder.ts';
import { withSubgraphs } from '../../../core/onnx/edit.ts';
import type { Constant, Graph, Node, ValueInfo } from '../../../core/onnx/graph.ts';

/** Prefix of the names in the body: ONNX wants them to differ from those around it. */
const PREFIX = 'turn/';

/** A graph whose constants stand beside those of the graph around it. */
export interface Guest {
  readonly graph: Graph;
  /** Constants that the graph around it must hold, by the names that `graph` reads. */
  readonly constants: ReadonlyMap<string, Constant>;
}

/**
 * Renames the values of a graph so that it can be the body of a node of `host`. Constants that both hold stay shared, so
 * that weights are stored once.
 * @param inputs names outside or in the body for the inputs of `graph`; others keep theirs
 */
export function guestOf(graph: Graph, host: Graph, inputs: Readonly<Record<string, string>>): Guest {
  const names = new Map<string, string>(graph.inputs.map(({ name }) => [name, inputs[name] ?? name]));
  for (const [name, constant] of graph.constants)
    if (isShared(constant, host.constants.get(name))) names.set(name, name);
  const rename = (name: string): string => (name === '' ? '' : (names.get(name) ?? PREFIX + name));
  const renamed = renamedBy(graph, rename);
  return { graph: { ...renamed, constants: new Map() }, constants: renamed.constants };
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
  attributes: Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [[key, toAttribute(value)]])),
  ),
});

/** Number of the turn, int64 without dims, as nodes of the body read it. */
export const TURN = 'turn';

export interface Repetition {
  readonly turns: number;
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
  const inputs = [g.scalar(turns, 'int64'), g.scalar(1, 'bool'), ...(state ? [state.start] : [])];
  return g.ops('Loop', inputs, { body: { type: 'graph', value: body } }, (state ? 1 : 0) + collected.length);
}
