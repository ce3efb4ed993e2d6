/**
 * Lookups of the ids that an input holds: every table that they are entries of, also behind casts, arithmetic, other
 * tables and movement, and the tables whose entries cannot be traced to single ids.
 */
import { intAttribute } from '../../onnx/attributes.ts';
import { captured, subgraphs } from '../../onnx/edit.ts';
import { elementType } from '../../onnx/elements.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import type { Inferred } from '../../onnx/infer.ts';
import { ConstantTables } from './constant-tables.ts';

/** A floating point tensor that ids turn into. */
export interface Lookup {
  readonly tensor: string;
  /** Ids as they are looked up; the ids as numbers where there is no table. */
  readonly ids: string;
  /** Absent where the ids are read as numbers, or become vectors of a single 1. */
  readonly table?: string;
  /** Axis of the table that the ids are entries of. */
  readonly axis: number;
}

/** A table that is looked up by numbers which are made of several ids, or in a way that is not followed. */
export interface LostLookup {
  readonly tensor: string;
  readonly table: string;
}

export interface Lookups {
  /** In the order of the graph. A tensor may depend on an earlier one. */
  readonly found: readonly Lookup[];
  readonly lost: readonly LostLookup[];
  /** Ids of {@link found} whose elements are not simply those of the input in their order. */
  readonly moved: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Operators that leave the elements in their order. */
const KEEPS_ORDER = words('Cast Identity Reshape Squeeze Unsqueeze Flatten');
/** Operators that move, repeat or drop elements. */
const MOVES = words('Transpose Slice Split Gather Concat Pad Expand Tile');
/** Operators that make one id of another: offsets, wrapped negative ids, hashes. */
const ARITHMETIC = words('Add Sub Mul Mod Where Clip Max Min');
/** Further operators whose result still tells ids apart, though not which element it comes from. */
const TELLS_APART = words(
  'Div Neg Abs BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot GatherND GatherElements ScatterND ScatterElements Compress Unique ReduceSum CumSum',
);
/** Readers of numbers that only ask which ids are padding, or how many there are. */
const ASKS = words(
  'Cast Equal Less LessOrEqual Greater GreaterOrEqual Sign Clip Min Max Floor Ceil Round Shape Size Not NonZero',
);
/** Operators that take a table and ids. */
const LOOKS_UP = words('Gather GatherND GatherElements GatherBlockQuantized');
/** Steps from codes to the numbers that they stand for. */
const SCALES = words('Sub Mul Div');

/** All lookups of an integer input, or of ids that come as floating point numbers. */
export function lookupsOf(graph: Graph, input: string, values: ReadonlyMap<string, Inferred> = new Map()): Lookups {
  const walk = new Walk(graph, input, values);
  for (const node of graph.nodes) walk.take(node);
  return walk.result();
}

class Walk {
  private readonly graph: Graph;
  private readonly values: ReadonlyMap<string, Inferred>;
  private readonly tables: ConstantTables;
  private readonly input: string;
  /** Ids in the order of the input, and those that were moved. */
  private readonly ordered: Set<string>;
  private readonly moved = new Set<string>();
  /** Numbers that tell ids apart without being traced to single ones. */
  private readonly mixed = new Set<string>();
  /** Entries of tables of codes. */
  private readonly codes = new Map<string, Lookup>();
  private readonly found: Lookup[] = [];
  private readonly lost: LostLookup[] = [];
  /** Ids as floating point numbers. */
  private readonly numbers = new Set<string>();

  constructor(graph: Graph, input: string, values: ReadonlyMap<string, Inferred>) {
    this.graph = graph;
    this.input = input;
    this.values = values;
    this.tables = new ConstantTables(graph);
    this.ordered = new Set([input]);
  }

  take(node: Node): void {
    const isOwn = (name: string): boolean => this.isId(name) || this.mixed.has(name);
    if (subgraphs(node).length > 0) this.takeBodies(node, isOwn);
    if (node.inputs.some((name) => this.codes.has(name))) this.decode(node);
    if (!node.inputs.some(isOwn)) return;
    if (!this.lookUp(node)) this.handOn(node);
  }

  result(): Lookups {
    const { found, lost, moved } = this;
    if (found.length === 0) return { found, lost, moved };
    const numbers = [...this.numbers].filter((name) => this.countsAsNumber(name));
    return { found: [...found, ...numbers.map((name) => ({ tensor: name, ids: name, axis: 0 }))], lost, moved };
  }

  private isId(name: string): boolean {
    return this.ordered.has(name) || this.moved.has(name);
  }

  /** Takes up a lookup by ids. Returns false for any other node. */
  private lookUp(node: Node): boolean {
    const [tensor = ''] = node.outputs;
    if (node.op === 'OneHot') return this.spread(node, tensor);
    if (node.op === 'OneHotEncoder' && this.isId(node.inputs[0] as string)) {
      this.found.push({ tensor, ids: node.inputs[0] as string, axis: 0 });
      return true;
    }
    if (!LOOKS_UP.has(node.op)) return false;
    const [table = '', ids = ''] = node.inputs;
    const kind = this.isId(ids) || this.mixed.has(ids) ? this.tables.kindOf(table) : undefined;
    if (kind === undefined) return false;
    const axis = axisOf(node, this.graph.constants.get(table)?.dims.length ?? 2);
    if (!this.isId(ids) || axis === undefined) {
      this.lost.push({ tensor, table });
    } else if (kind === 'numbers' || node.op === 'GatherBlockQuantized') {
      this.found.push({ tensor, ids, table, axis });
    } else {
      this.codes.set(tensor, { tensor, ids, table, axis });
      // Numbers of other entries, as a vocabulary that is cut down holds them.
      if (axis === 0 && node.op === 'Gather') this.moved.add(tensor);
    }
    return true;
  }

  /** Takes up vectors with a 1 in the place of the id. */
  private spread(node: Node, tensor: string): boolean {
    const [ids = ''] = node.inputs;
    const isLast = intAttribute(node, 'axis', -1) === -1;
    if (!this.isId(ids) || !isLast) {
      if (this.isId(ids) || this.mixed.has(ids)) this.lost.push({ tensor, table: tensor });
    } else if (this.tables.kindOf(node.inputs[2] as string) === 'numbers') {
      this.found.push({ tensor, ids, axis: 0 });
    } else {
      this.codes.set(tensor, { tensor, ids, axis: 0 });
    }
    return true;
  }

  /** Follows codes to the numbers that they stand for: the last step counts. */
  private decode(node: Node): void {
    const [tensor = ''] = node.outputs;
    const coded = node.inputs.find((name) => this.codes.has(name)) as string;
    const own = this.codes.get(coded) as Lookup;
    const others = node.inputs.filter((name) => name !== coded && name !== '');
    const isFixed = (name: string): boolean =>
      this.tables.kindOf(name) !== undefined || this.codes.has(name) || this.found.some((one) => one.tensor === name);
    if (node.op === 'DequantizeLinear') {
      this.found.push({ ...own, tensor });
    } else if (node.op === 'Cast') {
      this.codes.set(tensor, { ...own, tensor });
      if (isFloatCast(node)) this.found.push({ ...own, tensor });
    } else if (SCALES.has(node.op) && others.every(isFixed)) {
      this.codes.set(tensor, { ...own, tensor });
      if (this.found.some((one) => one.tensor === coded)) this.found.push({ ...own, tensor });
    }
  }

  private handOn(node: Node): void {
    const [output = ''] = node.outputs;
    const ids = node.inputs.filter((name) => this.isId(name));
    const isPure = ids.length > 0 && !node.inputs.some((name) => this.mixed.has(name));
    if (isPure && KEEPS_ORDER.has(node.op) && this.isId(node.inputs[0] as string)) {
      if (node.op === 'Cast' && isFloatCast(node)) this.numbers.add(output);
      (this.ordered.has(node.inputs[0] as string) ? this.ordered : this.moved).add(output);
    } else if (isPure && MOVES.has(node.op)) {
      if (node.op === 'Gather' && this.isId(node.inputs[1] as string)) return;
      const keeps = node.op === 'Transpose' && this.ordered.has(ids[0] as string) && this.isFlat();
      for (const name of node.outputs) (keeps ? this.ordered : this.moved).add(name);
    } else if (isPure && ARITHMETIC.has(node.op)) {
      if (this.isZero(node) || this.joinsNumbers(node)) return;
      (this.keepsOrder(node, ids) ? this.ordered : this.moved).add(output);
    } else if (MOVES.has(node.op) || ARITHMETIC.has(node.op) || KEEPS_ORDER.has(node.op) || TELLS_APART.has(node.op)) {
      for (const name of node.outputs) if (!this.isFloat(name)) this.mixed.add(name);
    }
  }

  private isFloat(name: string): boolean {
    return this.values.get(name)?.dtype.includes('float') ?? false;
  }

  /** Ids as numbers that go into a computation with others: no ids any more. */
  private joinsNumbers({ inputs, outputs: [output = ''] }: Node): boolean {
    const isOwn = (name: string): boolean => name === '' || this.isId(name) || this.tables.kindOf(name) !== undefined;
    return this.isFloat(output) && !inputs.every(isOwn);
  }

  /** Bodies of loops and branches are not followed: a table in one that reads ids is lost. */
  private takeBodies(node: Node, isOwn: (name: string) => boolean): void {
    const isFed = node.inputs.some(isOwn);
    for (const body of subgraphs(node)) {
      if (!isFed && !captured(body).some(isOwn)) continue;
      const inner = new ConstantTables({ ...body, constants: new Map([...this.graph.constants, ...body.constants]) });
      for (const { op, inputs } of body.nodes) {
        const [table = ''] = inputs;
        if (op !== 'Gather' || inner.kindOf(table) !== 'numbers') continue;
        this.lost.push({ tensor: node.outputs[0] as string, table });
      }
    }
  }

  /** One axis beside the rows: turning both leaves the elements of a row in their order. */
  private isFlat(): boolean {
    return (this.graph.inputs.find(({ name }) => name === this.input)?.dims?.length ?? 3) <= 2;
  }

  private keepsOrder(node: Node, ids: readonly string[]): boolean {
    if (!ids.every((name) => this.ordered.has(name))) return false;
    const shape = (name: string): string | undefined => this.values.get(name)?.dims?.join();
    const out = shape(node.outputs[0] as string);
    const scalar = (name: string): boolean => {
      const dims = this.graph.constants.get(name)?.dims;
      return dims?.every((dim) => dim === 1) ?? false;
    };
    const others = node.inputs.filter((name) => name !== '' && !ids.includes(name));
    if (others.every(scalar) && new Set(ids).size === 1) return true;
    return out !== undefined && ids.every((name) => shape(name) === out);
  }

  /** Ids times 0: the same entry for every id, as models that have no token types of their own look it up. */
  private isZero({ op, inputs }: Node): boolean {
    if (op !== 'Mul') return false;
    return inputs.some((name) => {
      const constant = this.graph.constants.get(name);
      return constant?.bytes.every((byte) => byte === 0);
    });
  }

  private countsAsNumber(name: string): boolean {
    const readers = this.graph.nodes.filter(({ inputs }) => inputs.includes(name));
    return readers.some(({ op }) => !ASKS.has(op) && !KEEPS_ORDER.has(op));
  }
}

const isFloatCast = (node: Node): boolean => elementType(intAttribute(node, 'to', 0))?.includes('float') ?? false;

/** Axis that the ids are entries of; undefined for lookups that are not followed. */
function axisOf(node: Node, rank: number): number | undefined {
  const given = intAttribute(node, node.op === 'GatherBlockQuantized' ? 'gather_axis' : 'axis', 0);
  if (node.op === 'GatherND') return intAttribute(node, 'batch_dims', 0) === 0 ? 0 : undefined;
  if (node.op === 'GatherElements') return undefined;
  return given < 0 ? given + rank : given;
}
