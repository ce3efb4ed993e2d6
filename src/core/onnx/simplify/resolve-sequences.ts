/**
 * Takes sequences and optional values out of the graph where it is known before the run which tensor is which: exporters
 * write them for lists (`torch.split` and a loop over the parts), and no rule and no shape goes through them.
 */
import { intAttribute } from '../attributes.ts';
import { makeConstant } from '../constant.ts';
import { isStatic } from '../dims.ts';
import { namesOf, uniqueName } from '../edit.ts';
import type { Attribute, Constant, Graph, Node } from '../graph.ts';
import { type Inferred, infer } from '../infer.ts';

const OPERATORS = /^(Sequence(Construct|Empty|Insert|Erase|At|Length)|SplitToSequence|ConcatFromSequence|Optional\w*)$/;

/** Those that give a tensor; the others go when nothing reads them. */
const READERS = /^(SequenceAt|SequenceLength|ConcatFromSequence|OptionalGetElement)$/;

const reads = ({ op, domain }: Node): boolean => domain === '' && READERS.test(op);

const concerns = ({ op, domain }: Node): boolean => domain === '' && OPERATORS.test(op);

/** Splitting into more parts than this is left to the engine. */
const MAX_PARTS = 1024;

export function resolveSequences(graph: Graph): Graph {
  // What one sequence gives may be what tells the parts of the next.
  for (let current = graph; ; ) {
    const left = current.nodes.filter(reads).length;
    if (left === 0) return current;
    const next = resolveOnce(current);
    if (next.nodes.filter(reads).length === left) return current;
    current = next;
  }
}

/** The nodes in place of those whose sequences are known. */
function resolveOnce(graph: Graph): Graph {
  const types = infer(graph);
  const writer = new Writer(graph);
  const parts = new Map<string, readonly string[]>();
  for (const node of graph.nodes) {
    if (!concerns(node)) {
      writer.nodes.push(node);
      // A sequence by another name.
      const same = node.op === 'Identity' ? parts.get(node.inputs[0] as string) : undefined;
      if (same) parts.set(node.outputs[0] as string, same);
      continue;
    }
    const items = itemsOf(node, parts, types, writer);
    if (items) parts.set(node.outputs[0] as string, items);
    // A sequence that something else still reads stays; otherwise nobody needs its node, and pruning takes it away.
    if (!writeReading(node, parts, types, writer)) writer.nodes.push(node);
  }
  return { ...graph, nodes: writer.nodes, constants: writer.constants };
}

class Writer {
  readonly nodes: Node[] = [];
  readonly constants: Map<string, Constant>;
  private readonly names: Set<string>;

  constructor(graph: Graph) {
    this.constants = new Map(graph.constants);
    this.names = namesOf(graph);
  }

  ints(name: string, values: readonly number[]): string {
    const unique = uniqueName(name, this.names);
    this.constants.set(unique, makeConstant('int64', [values.length], values));
    return unique;
  }

  /** Writes a node that stands for a part of `origin`. */
  add(
    origin: Node,
    op: string,
    inputs: readonly string[],
    outputs: number | readonly string[],
    attributes: Record<string, Attribute> = {},
  ): readonly string[] {
    const name = uniqueName(`${origin.name || origin.outputs[0]}/${op}`, this.names);
    const given =
      typeof outputs === 'number'
        ? Array.from({ length: outputs }, (_, i) => uniqueName(`${name}_out${i}`, this.names))
        : outputs;
    this.nodes.push({ name, op, domain: '', inputs, outputs: given, attributes });
    return given;
  }
}

type Parts = ReadonlyMap<string, readonly string[]>;
type Types = ReadonlyMap<string, Inferred>;

const integer = (types: Types, name: string | undefined): number | undefined => {
  const value = name ? types.get(name)?.value : undefined;
  return isStatic(value) && value.length === 1 ? value[0] : undefined;
};

/** The tensors in the sequence, or in the optional value, that the node gives; undefined where that is not known. */
function itemsOf(node: Node, parts: Parts, types: Types, writer: Writer): readonly string[] | undefined {
  const [first = '', second = '', third = ''] = node.inputs;
  const known = parts.get(first);
  switch (node.op) {
    case 'SequenceConstruct':
      return node.inputs;
    case 'SequenceEmpty':
      return [];
    case 'Optional':
      return first === '' ? undefined : (known ?? [first]);
    case 'SequenceInsert': {
      const at = third === '' ? known?.length : insertionAt(integer(types, third), known?.length ?? 0);
      return known && at !== undefined ? known.toSpliced(at, 0, second) : undefined;
    }
    case 'SequenceErase': {
      const at = second === '' ? (known?.length ?? 0) - 1 : position(integer(types, second), known?.length ?? 0);
      return known && at !== undefined && at >= 0 ? known.toSpliced(at, 1) : undefined;
    }
    case 'SplitToSequence':
      return split(node, types, writer);
    default:
      return undefined;
  }
}

/** Negative positions count from the length before the insertion. */
function insertionAt(at: number | undefined, length: number): number | undefined {
  return at === length ? at : position(at, length);
}

/** A position counted from the front, if there is one. */
function position(at: number | undefined, length: number): number | undefined {
  const front = at !== undefined && at < 0 ? at + length : at;
  return front !== undefined && front >= 0 && front < length ? front : undefined;
}

function split(node: Node, types: Types, writer: Writer): readonly string[] | undefined {
  const [data = '', sizes = ''] = node.inputs;
  const dims = types.get(data)?.dims;
  const axis = intAttribute(node, 'axis', 0);
  const dim = dims?.at(axis);
  if (typeof dim !== 'number') return undefined;
  const lengths = sizes === '' ? Array<number>(Math.min(dim, MAX_PARTS + 1)).fill(1) : sizesOf(types.get(sizes), dim);
  if (!lengths || lengths.length === 0 || lengths.length > MAX_PARTS) return undefined;
  const attributes = { axis: { type: 'int', value: axis } } as const;
  const wanted = [data, writer.ints(`${node.name}/sizes`, lengths)];
  const pieces = writer.add(node, 'Split', wanted, lengths.length, attributes);
  if (sizes !== '' || intAttribute(node, 'keepdims', 1) === 1) return pieces;
  const axes = writer.ints(`${node.name}/axes`, [axis]);
  return pieces.map((piece) => writer.add(node, 'Squeeze', [piece, axes], 1)[0] as string);
}

/** A number is the size of all parts but the last, which may be smaller. */
function sizesOf(sizes: Inferred | undefined, dim: number): readonly number[] | undefined {
  const value = sizes?.value;
  if (!isStatic(value) || value.some((size) => size < 0)) return undefined;
  if (sizes?.dims?.length !== 0) return value;
  const [size = 0] = value;
  if (size <= 0 || dim / size > MAX_PARTS) return undefined;
  return Array.from({ length: Math.ceil(dim / size) }, (_, i) => Math.min(size, dim - i * size));
}

/** Writes what gives the node's tensor, if the node reads a sequence that is known. */
function writeReading(node: Node, parts: Parts, types: Types, writer: Writer): boolean {
  const [first = '', second] = node.inputs;
  const known = parts.get(first);
  switch (node.op) {
    case 'SequenceAt': {
      const at = position(integer(types, second), known?.length ?? 0);
      const item = at === undefined ? undefined : known?.[at];
      if (item === undefined) return false;
      writer.add(node, 'Identity', [item], node.outputs);
      return true;
    }
    case 'OptionalGetElement': {
      // Of a tensor it is the tensor itself.
      const item = known ? known[0] : types.get(first)?.dims && first;
      if (!item || (known && known.length !== 1)) return false;
      writer.add(node, 'Identity', [item], node.outputs);
      return true;
    }
    case 'SequenceLength': {
      if (!known) return false;
      writer.constants.set(node.outputs[0] as string, makeConstant('int64', [], [known.length]));
      return true;
    }
    case 'ConcatFromSequence': {
      if (!known || known.length === 0) return false;
      const axis = intAttribute(node, 'axis', 0);
      const stacked = intAttribute(node, 'new_axis', 0) === 1;
      const axes = stacked ? writer.ints(`${node.name}/axes`, [axis]) : '';
      const items = stacked ? known.map((item) => writer.add(node, 'Unsqueeze', [item, axes], 1)[0] as string) : known;
      writer.add(node, 'Concat', items, node.outputs, { axis: { type: 'int', value: axis } });
      return true;
    }
    default:
      return false;
  }
}
