/** Elements of an input that inner ids come from, for rows of known shape. */
import { WhylightError } from '../../errors.ts';
import { constantValues } from '../../onnx/constant.ts';
import { isStatic } from '../../onnx/dims.ts';
import { prune } from '../../onnx/edit.ts';
import { type Content, type Contents, evaluate } from '../../onnx/evaluate.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { type Inferred, infer } from '../../onnx/infer.ts';
import { broadcasts, broadcastTo } from '../../tensor/broadcast.ts';
import { sizeOf, tensor } from '../../tensor/tensor.ts';

/** Numbers of elements from 1; 0 for none. */
type Origins = { readonly dims: readonly number[]; readonly data: ArrayLike<number> };

/** An id that is made of two elements. */
const SEVERAL = -1;

const KEEPS_ORDER = new Set('Cast Identity Reshape Squeeze Unsqueeze Flatten'.split(' '));
/** Operators that move elements, and the operands that hold some; all where none is named. */
const MOVES: Readonly<Record<string, readonly number[] | undefined>> = {
  Transpose: [0],
  Slice: [0],
  Split: [0],
  Gather: [0],
  Pad: [0, 2],
  Expand: [0],
  Tile: [0],
  Concat: undefined,
};

/**
 * For each id of one row, in order, the element of the input's row that it comes from; -1 for an id that is always the
 * same, such as one that fills a gap.
 * @param graph with the row's shape as that of the input
 * @param ids inner values that are made of the input's elements
 * @returns by name; what cannot be told, or is made of several elements, is left out
 */
export function idElements(
  graph: Graph,
  input: string,
  ids: readonly string[],
): ReadonlyMap<string, readonly number[]> {
  const single = graph.inputs.map((value) => {
    const [rows, ...row] = value.dims ?? [];
    return value.whole || rows === undefined ? value : { ...value, dims: [1, ...row] };
  });
  const outputs = ids.map((name) => ({ name, dtype: 'int64' as const }));
  const part = prune({ ...graph, inputs: single, outputs });
  const origins = originsIn(part, input);
  return new Map(
    ids.flatMap((name): [string, readonly number[]][] => {
      const data = origins.get(name)?.data;
      if (!data || Array.prototype.includes.call(data, SEVERAL)) return [];
      return [[name, Array.from(data, (element) => element - 1)]];
    }),
  );
}

function originsIn(graph: Graph, input: string): ReadonlyMap<string, Origins> {
  const origins = new Map<string, Origins>();
  const values = valuesOfRow(graph);
  const dims = values?.get(input)?.dims;
  if (!values || !isStatic(dims)) return origins;
  origins.set(input, { dims, data: Int32Array.from({ length: sizeOf(dims) }, (_, i) => i + 1) });
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => origins.has(name))) continue;
    const types = node.outputs.map((name) => values.get(name));
    if (!types.every((type) => type !== undefined)) continue;
    const found = follow(node, types, { graph, values, origins });
    for (const [i, one] of (found ?? []).entries()) if (one) origins.set(node.outputs[i] as string, one);
  }
  return origins;
}

/** Undefined for a graph that takes another number of rows only. */
function valuesOfRow(graph: Graph): ReadonlyMap<string, Inferred> | undefined {
  try {
    return infer(graph);
  } catch (error) {
    if (WhylightError.is(error, 'invalid_model')) return undefined;
    throw error;
  }
}

interface Scope {
  readonly graph: Graph;
  readonly values: ReadonlyMap<string, Inferred>;
  readonly origins: ReadonlyMap<string, Origins>;
}

function follow(node: Node, types: readonly Inferred[], scope: Scope): readonly (Origins | undefined)[] | undefined {
  const [source = '', second = ''] = node.inputs;
  const shapes = types.map(({ dims }) => (isStatic(dims) ? dims : undefined));
  const own = scope.origins.get(source);
  if (KEEPS_ORDER.has(node.op)) {
    const [dims] = shapes;
    return own && dims && sizeOf(dims) === own.data.length ? [{ dims, data: own.data }] : undefined;
  }
  if (node.op === 'Gather' && !own)
    return [entries(scope.origins.get(second), scope.graph.constants.get(source)?.dims)];
  if (!Object.hasOwn(MOVES, node.op)) return shapes[0] && [combine(node, shapes[0], scope)];
  const answers = evaluate(node, operands(node, scope), types);
  return answers?.map(({ data, dims }, i) => {
    const shape = dims ?? shapes[i];
    return shape && sizeOf(shape) === data.length ? { dims: shape, data: data as ArrayLike<number> } : undefined;
  });
}

/** Entries of a table of ids: each as often as the table has columns. */
function entries(ids: Origins | undefined, table: readonly number[] | undefined): Origins | undefined {
  if (!ids || !table) return undefined;
  const row = table.slice(1);
  const data = Array.from(ids.data).flatMap((element) => new Array<number>(sizeOf(row)).fill(element));
  return { dims: [...ids.dims, ...row], data };
}

/** Operands of a movement: elements by their numbers, shapes and axes as they are. */
function operands({ op, inputs }: Node, { graph, values, origins }: Scope): Contents {
  return inputs.map((name, i): Content | undefined => {
    if (name === '') return undefined;
    const own = origins.get(name);
    if (own) return { dtype: 'int32', ...own };
    const constant = graph.constants.get(name);
    const known = values.get(name);
    const dims = constant?.dims ?? known?.dims;
    if (!isStatic(dims)) return undefined;
    if (MOVES[op] === undefined || MOVES[op].includes(i)) {
      return { dtype: 'int32', dims, data: new Int32Array(sizeOf(dims)) };
    }
    const data = constant ? constantValues(constant) : known?.value;
    return data && { dtype: known?.dtype ?? 'int64', dims, data };
  });
}

/** Arithmetic element by element: an id is made of those that it is computed from. */
function combine({ inputs }: Node, dims: readonly number[], { origins }: Scope): Origins | undefined {
  const own = inputs.flatMap((name) => origins.get(name) ?? []);
  if (!own.every((one) => broadcasts(one.dims, dims))) return undefined;
  const data = new Int32Array(sizeOf(dims));
  for (const one of own) {
    const spread = broadcastTo(tensor('int32', one.dims, one.data), dims).data;
    for (const [i, element] of spread.entries()) {
      if (element !== 0) data[i] = data[i] === 0 || data[i] === element ? element : SEVERAL;
    }
  }
  return { dims, data };
}
