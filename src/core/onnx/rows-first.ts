/**
 * Inner tensors whose rows do not come first: PyTorch's attention keeps tokens as [T, N, C], and its heads in the batch,
 * [N * heads, T, T]. Methods see them with the rows in front, [N, T, C] and [N, heads, T, T].
 */
import { makeConstant } from './constant.ts';
import { divide, isStatic, product } from './dims.ts';
import { producers, withSubgraphs } from './edit.ts';
import type { Constant, Dim, Graph, Node } from './graph.ts';
import { type Inferred, infer } from './infer.ts';

/** Rows on a later axis, or `parts` to each row within the first. */
type Place = { readonly axis: number } | { readonly parts: Dim };

type Values = ReadonlyMap<string, Inferred>;

/** The extent that counts rows: the first of the first input. */
export const batchOf = ({ inputs }: Graph, values: Values): Dim | undefined => {
  const first = inputs.find(({ whole }) => !whole);
  return first && values.get(first.name)?.dims?.[0];
};

/** A shape with the rows in front; the same shape where they are, or cannot be told from the rest. */
export function rowsFirstDims(dims: readonly Dim[], batch: Dim | undefined): readonly Dim[] {
  const place = placeOf(dims, batch);
  if (place === undefined) return dims;
  if ('parts' in place) return [batch as Dim, place.parts, ...dims.slice(1)];
  return [batch as Dim, ...dims.filter((_, axis) => axis !== place.axis)];
}

/**
 * The same function with the rows of these tensors in front. They stay on the path under their names: whoever made one
 * makes it under another name, whoever read it reads it turned back. Inputs and outputs of the graph stay as they are.
 */
export function rowsFirst(graph: Graph, names: Iterable<string>): Graph {
  const values = infer(graph);
  const batch = batchOf(graph, values);
  const fixed = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const places = new Map<string, Place>();
  for (const name of names) {
    const place = fixed.has(name) ? undefined : placeOf(values.get(name)?.dims ?? [], batch);
    if (place) places.set(name, place);
  }
  if (places.size === 0) return graph;
  const constants = new Map(graph.constants);
  const back = new Map([...places.keys()].map((name) => [name, `${name}/as_made`]));
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const moved = node.outputs.filter((name) => places.has(name));
    const maker = { ...reading(node, back), outputs: node.outputs.map((n) => (places.has(n) ? `${n}/made` : n)) };
    const turns = moved.flatMap((name) => {
      const { dims = [] } = values.get(name) ?? {};
      const place = places.get(name) as Place;
      const write = new Writer(name, constants);
      if ('axis' in place) write.move(dims.length, place.axis);
      else write.split(place.parts, dims.slice(1), graph, rowsWithin(graph, values, name, batch as Dim));
      return write.nodes;
    });
    return [maker, ...turns];
  });
  return { ...graph, constants, nodes };
}

function placeOf(dims: readonly Dim[], batch: Dim | undefined): Place | undefined {
  const [first] = dims;
  if (first === undefined || batch === undefined || first === batch) return undefined;
  if (typeof batch === 'number') {
    // A number may count anything: only what no other reading fits, tokens in front or parts of rows.
    if (dims.length === 3 && dims[1] === batch) return { axis: 1 };
    return typeof first === 'number' && first > batch && first % batch === 0 && dims.length > 2
      ? { parts: first / batch }
      : undefined;
  }
  const counts = (dim: Dim): boolean =>
    String(dim)
      .split(/[^\w.:?[\]]/)
      .includes(batch);
  const parts = divide(first, batch);
  if (parts !== undefined && !counts(parts) && dims.slice(1).every((dim) => !counts(dim))) return { parts };
  const axis = dims.indexOf(batch);
  return axis > 0 && dims.every((dim, i) => i === axis || !counts(dim)) ? { axis } : undefined;
}

/** True if the first axis of a tensor counts parts before rows, [heads * N, ...], as in the tensor whose axes were merged. */
function rowsWithin(graph: Graph, values: Values, name: string, batch: Dim): boolean {
  const makers = producers(graph);
  const dimsOf = (value: string): readonly Dim[] => values.get(value)?.dims ?? [];
  const merged = dimsOf(name)[0] as Dim;
  for (let node = makers.get(name), at = name; node; node = makers.get(at)) {
    const from = node.inputs.find((input) => dimsOf(input).includes(merged));
    if (from !== undefined) {
      at = from;
      continue;
    }
    if (node.op === 'Concat') return dimsOf(node.inputs[0] as string).includes(batch);
    if (node.op !== 'Reshape') return false;
    const [before, after] = [dimsOf(node.inputs[0] as string), dimsOf(at)];
    const outside = product(before.slice(0, Math.max(0, before.indexOf(batch))));
    return outside !== product(after.slice(0, after.indexOf(merged)));
  }
  return false;
}

/** The node with the values that it reads renamed, within its subgraphs too. */
export function reading(node: Node, names: ReadonlyMap<string, string>): Node {
  const renamed = (name: string): string => names.get(name) ?? name;
  return withSubgraphs({ ...node, inputs: node.inputs.map(renamed) }, (graph) => ({
    ...graph,
    nodes: graph.nodes.map((inner) => reading(inner, names)),
    outputs: graph.outputs.map((output) => ({ ...output, name: renamed(output.name) })),
  }));
}

/** Writes the way from `<name>/made` to `name`, and on to `<name>/as_made`. */
class Writer {
  readonly nodes: Node[] = [];
  private readonly name: string;
  private readonly constants: Map<string, Constant>;

  constructor(name: string, constants: Map<string, Constant>) {
    this.name = name;
    this.constants = constants;
  }

  move(rank: number, axis: number): void {
    const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
    this.transpose(`${this.name}/made`, [axis, ...others], this.name);
    const back = Array.from({ length: rank }, (_, i) => (i === axis ? 0 : i < axis ? i + 1 : i));
    this.transpose(this.name, back, `${this.name}/as_made`);
  }

  /** @param within whether the parts come before the rows */
  split(parts: Dim, tail: readonly Dim[], graph: Graph, within: boolean): void {
    const rest = isStatic(tail) ? this.ints('tail', tail) : this.shape('tail', `${this.name}/made`, 1, tail.length + 1);
    // The number of rows is read off the input where that of the parts is not known either.
    const rows = (): string => this.shape('batch', graph.inputs[0]?.name ?? '', 0, 1);
    const both = within
      ? [typeof parts === 'number' ? this.ints('parts', [parts, -1]) : this.concat('parts', [this.any(), rows()])]
      : [typeof parts === 'number' ? this.ints('parts', [-1, parts]) : this.concat('parts', [rows(), this.any()])];
    const apart = within ? `${this.name}/parts` : this.name;
    const swap = [1, 0, ...tail.map((_, i) => i + 2)];
    this.op('Reshape', [`${this.name}/made`, this.concat('apart', [...both, rest])], apart);
    if (within) this.transpose(apart, swap, this.name);
    const ordered = within ? `${this.name}/ordered` : this.name;
    if (within) this.transpose(this.name, swap, ordered);
    this.op('Reshape', [ordered, this.concat('together', [this.any(), rest])], `${this.name}/as_made`);
  }

  private transpose(from: string, perm: readonly number[], to: string): void {
    this.op('Transpose', [from], to, { perm: { type: 'ints', value: perm } });
  }

  private concat(what: string, inputs: readonly string[]): string {
    return this.op('Concat', inputs, `${this.name}/${what}`, { axis: { type: 'int', value: 0 } });
  }

  private shape(what: string, of: string, start: number, end: number): string {
    return this.op('Shape', [of], `${this.name}/${what}`, {
      start: { type: 'int', value: start },
      end: { type: 'int', value: end },
    });
  }

  private any = (): string => this.ints('any', [-1]);

  private ints(what: string, values: readonly number[]): string {
    const name = `${this.name}/${what}_ints`;
    this.constants.set(name, makeConstant('int64', [values.length], values));
    return name;
  }

  private op(op: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = {}): string {
    this.nodes.push({ name: output, op, domain: '', inputs, outputs: [output], attributes });
    return output;
  }
}
