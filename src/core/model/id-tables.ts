/**
 * Tables that integer inputs look up in, also behind arithmetic (offsets of columns, shifted or wrapped ids), so that an
 * id that a table does not have is found before the engine fails on it.
 */
import { intAttribute } from '../onnx/attributes.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { FollowedIds, type Follows } from './followed-ids.ts';

/** A lookup in a table, by elements of an input. */
export interface IdTable {
  /** Number of entries. A lookup takes 0 to entries - 1, and negative numbers that count from the last. */
  readonly entries: number;
  /** Entry that an element looks up; undefined where those of its column look up nothing here. */
  readonly entryOf: Follows;
}

/** Inputs of fused embeddings that hold ids, and those that hold their tables. */
const FUSED: Readonly<Record<string, readonly (readonly [ids: number, table: number])[]>> = {
  EmbedLayerNormalization: [
    [0, 2],
    [1, 4],
  ],
};

/** The lookups of a node: names of indices and table. */
function lookupsOf(node: Node): readonly (readonly [ids: string, table: string])[] {
  const at = (i: number): string => node.inputs[i] ?? '';
  if (node.op === 'Gather' && intAttribute(node, 'axis', 0) === 0) return [[at(1), at(0)]];
  if (node.op === 'GatherBlockQuantized' && intAttribute(node, 'gather_axis', 0) === 0) return [[at(1), at(0)]];
  return (FUSED[node.op] ?? []).map(([ids, table]) => [at(ids), at(table)] as const);
}

/** The table itself, or the quantised one that is dequantised before the lookup. */
function entriesOf(graph: Graph, table: string): number | undefined {
  const maker = graph.nodes.find(({ op, outputs }) => op === 'DequantizeLinear' && outputs[0] === table);
  return graph.constants.get(maker?.inputs[0] ?? table)?.dims[0];
}

function tablesOf(graph: Graph, input: string): IdTable[] {
  const followed = new FollowedIds(graph, input);
  const tables: IdTable[] = [];
  for (const node of graph.nodes) {
    for (const [ids, table] of lookupsOf(node)) {
      const entryOf = followed.get(ids);
      const entries = entryOf && entriesOf(graph, table);
      if (entryOf && entries !== undefined) tables.push({ entries, entryOf });
    }
    followed.add(node);
  }
  return tables;
}

/** The tables that each input of the graph looks up in, by name; inputs without one are left out. */
export const idTables = (graph: Graph): ReadonlyMap<string, readonly IdTable[]> =>
  new Map(
    graph.inputs.flatMap(({ name }) => {
      const tables = tablesOf(graph, name);
      return tables.length === 0 ? [] : [[name, tables] as const];
    }),
  );

/** An element that looks up an entry that its table does not have. */
export interface UnknownId {
  readonly element: number;
  readonly id: number;
  readonly entry: number;
  readonly entries: number;
}

/**
 * The first element that looks up an entry which a table does not have.
 * @param columns length of the last axis
 */
export function unknownId(
  tables: readonly IdTable[],
  data: ArrayLike<number | bigint>,
  columns: number,
): UnknownId | undefined {
  for (const { entries, entryOf } of tables) {
    for (let element = 0; element < data.length; element++) {
      const id = Number(data[element]);
      const entry = entryOf(id, element % columns);
      if (entry !== undefined && !(entry >= -entries && entry < entries)) return { element, id, entry, entries };
    }
  }
  return undefined;
}

/** The rest of a sentence about the id: what the model knows in its place. */
export const reasonOf = ({ id, entry, entries }: UnknownId): string =>
  entry === id
    ? `but the model knows the ids 0 to ${entries - 1}.`
    : `which the model looks up as entry ${entry} of a table with the entries 0 to ${entries - 1}.`;
