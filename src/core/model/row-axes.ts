/**
 * Rows in front: a graph whose inputs and outputs count rows along their first axis, whatever axis the file counts them
 * along.
 */
import { makeConstant } from '../onnx/constant.ts';
import { namesOf, uniqueName } from '../onnx/edit.ts';
import type { Constant, Dim, Graph, Node, ValueInfo } from '../onnx/graph.ts';
import { reading } from '../onnx/rows-first.ts';
import { fileOrder, frontOrder, type RowPlace, type RowPlaces } from './row-places.ts';

/**
 * @param axes batch axis of each input; null for none
 * @returns places of inputs: without a batch axis an input is shared by all rows, unless no input has one
 */
export function inputPlaces(graph: Graph, axes: Readonly<Record<string, number | null>>): RowPlaces {
  const anyRows = graph.inputs.some(({ name }) => typeof axes[name] === 'number');
  return Object.fromEntries(
    graph.inputs.map(({ name, dims }): [string, RowPlace] => {
      const axis = axes[name];
      if (typeof axis === 'number') return [name, axis];
      return [name, anyRows || dims?.length === 0 ? 'whole' : 'none'];
    }),
  );
}

/**
 * The same model with rows in front. Values keep their names; in the file's own form they are called `<name>/as_given`
 * and `<name>/as_made`.
 *
 * @param places of inputs and outputs; what is left out stays as it is
 */
export function withRowsInFront(graph: Graph, places: RowPlaces): Graph {
  const moved = (name: string): boolean => (places[name] ?? 0) !== 0;
  if (![...graph.inputs, ...graph.outputs].some(({ name }) => moved(name))) return graph;
  const names = namesOf(graph);
  const constants = new Map<string, Constant>(graph.constants);
  const additions = { constants, names };
  const given = new Map<string, string>();
  const made = new Map<string, string>();
  for (const { name } of graph.inputs) {
    if (moved(name) && places[name] !== 'whole') given.set(name, uniqueName(`${name}/as_given`, names));
  }
  for (const { name } of graph.outputs) {
    if (moved(name) && places[name] !== 'whole' && !given.has(name))
      made.set(name, uniqueName(`${name}/as_made`, names));
  }
  const inner = new Map([...given, ...made]);
  const before = graph.inputs.flatMap(({ name, dims = [] }) => {
    const to = given.get(name);
    return to === undefined ? [] : [toFile(name, to, places[name] as number | 'none', dims.length, additions)];
  });
  const after = graph.outputs.flatMap(({ name, dims }) => {
    const from = made.get(name);
    return from === undefined
      ? []
      : [toFront(from, name, places[name] as number | 'none', dims?.length ?? 0, additions)];
  });
  const nodes = graph.nodes.map((node) => ({
    ...reading(node, inner),
    outputs: node.outputs.map((output) => made.get(output) ?? output),
  }));
  return {
    ...graph,
    constants,
    inputs: graph.inputs.map((value) => inFront(value, places[value.name] ?? 0)),
    outputs: graph.outputs.map((value) => inFront(value, places[value.name] ?? 0)),
    nodes: [...before, ...nodes, ...after],
  };
}

function inFront(value: ValueInfo, place: RowPlace): ValueInfo {
  const { dims } = value;
  if (place === 'whole') return { ...value, whole: true };
  if (place === 0 || !dims) return value;
  return {
    ...value,
    dims: place === 'none' ? [1, ...dims] : [dims[place] as Dim, ...dims.filter((_, i) => i !== place)],
  };
}

/** New values of a graph: their names, and the constants that they need. */
interface Additions {
  readonly constants: Map<string, Constant>;
  readonly names: Set<string>;
}

const toFile = (from: string, to: string, place: number | 'none', rank: number, additions: Additions): Node =>
  place === 'none' ? axisNode('Squeeze', from, to, additions) : transposeNode(from, to, fileOrder(place, rank));

const toFront = (from: string, to: string, place: number | 'none', rank: number, additions: Additions): Node =>
  place === 'none' ? axisNode('Unsqueeze', from, to, additions) : transposeNode(from, to, frontOrder(place, rank));

const transposeNode = (from: string, to: string, perm: readonly number[]): Node => ({
  name: `${to}/rows_first`,
  op: 'Transpose',
  domain: '',
  inputs: [from],
  outputs: [to],
  attributes: { perm: { type: 'ints', value: perm } },
});

function axisNode(op: 'Squeeze' | 'Unsqueeze', from: string, to: string, { constants, names }: Additions): Node {
  const axes = uniqueName(`${to}/row_axis`, names);
  constants.set(axes, makeConstant('int64', [1], [0]));
  return { name: `${to}/rows_first`, op, domain: '', inputs: [from, axes], outputs: [to], attributes: {} };
}
