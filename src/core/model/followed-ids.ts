/** Values of a graph as functions of one element of an integer input, through operators on single elements. */
import { intAttribute } from '../onnx/attributes.ts';
import { constantValues } from '../onnx/constant.ts';
import { elementType } from '../onnx/elements.ts';
import type { Graph, Node } from '../onnx/graph.ts';

/**
 * A value of the graph as a function of one element of the input and of its column, the index along the last axis;
 * undefined where the element has no part in the value.
 */
export type Follows = (id: number, column: number) => number | undefined;

const truth = (value: boolean): number => (value ? 1 : 0);
const sign = (x: number): number => (x < 0 ? -1 : 1);

/** Operators on whole numbers, element by element. */
const ELEMENTWISE: Readonly<Record<string, (...operands: number[]) => number>> = {
  Add: (a = 0, b = 0) => a + b,
  Sub: (a = 0, b = 0) => a - b,
  Mul: (a = 0, b = 0) => a * b,
  Mod: (a = 0, b = 1) => a - b * Math.floor(a / b),
  Neg: (a = 0) => -a,
  Abs: (a = 0) => Math.abs(a),
  Sign: (a = 0) => (a === 0 ? 0 : sign(a)),
  Max: Math.max,
  Min: Math.min,
  Clip: (a = 0, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY) => Math.min(Math.max(a, low), high),
  Where: (condition = 0, a = 0, b = 0) => (condition === 0 ? b : a),
  Less: (a = 0, b = 0) => truth(a < b),
  LessOrEqual: (a = 0, b = 0) => truth(a <= b),
  Greater: (a = 0, b = 0) => truth(a > b),
  GreaterOrEqual: (a = 0, b = 0) => truth(a >= b),
  Equal: (a = 0, b = 0) => truth(a === b),
  And: (a = 0, b = 0) => truth(a !== 0 && b !== 0),
  Or: (a = 0, b = 0) => truth(a !== 0 || b !== 0),
  Not: (a = 0) => truth(a === 0),
};

/** Operators whose elements are those of their first input. */
const HANDS_ON = new Set('Identity Reshape Squeeze Unsqueeze Transpose Flatten Expand Tile'.split(' '));
/** Those that also leave the last axis as it is. */
const KEEPS_COLUMNS = new Set(['Identity', 'Expand']);

/** The value in the type that a Cast names: whole numbers lose what is behind the point. */
function castTo(node: Node, value: Follows): Follows {
  const dtype = elementType(intAttribute(node, 'to', 0)) ?? '';
  if (dtype.includes('float')) return value;
  const change = dtype === 'bool' ? (x: number) => truth(x !== 0) : Math.trunc;
  return (id, column) => {
    const given = value(id, column);
    return given === undefined ? undefined : change(given);
  };
}

/** Values that follow from the elements of one input, taken up node by node. */
export class FollowedIds {
  private readonly graph: Graph;
  private readonly values = new Map<string, Follows>();
  /** Values whose last axis is still that of the input. */
  private readonly inColumns = new Set<string>();
  private readonly columns: number | undefined;

  constructor(graph: Graph, input: string) {
    this.graph = graph;
    this.values.set(input, (id) => id);
    this.inColumns.add(input);
    const last = graph.inputs.find(({ name }) => name === input)?.dims?.at(-1);
    this.columns = typeof last === 'number' ? last : undefined;
  }

  get(name: string): Follows | undefined {
    return this.values.get(name);
  }

  /** Takes up what a node makes of the values so far, where that is known. */
  add(node: Node): void {
    const [output = ''] = node.outputs;
    const [source = ''] = node.inputs;
    const value = this.values.get(source);
    if (value && node.op === 'Cast') {
      this.set(output, castTo(node, value), this.inColumns.has(source));
    } else if (value && HANDS_ON.has(node.op)) {
      this.set(output, value, this.inColumns.has(source) && KEEPS_COLUMNS.has(node.op));
    } else if (value && this.inColumns.has(source) && /^(Slice|Split|Gather)$/.test(node.op)) {
      this.pick(node, value);
    } else if (Object.hasOwn(ELEMENTWISE, node.op)) {
      this.combine(node);
    }
  }

  private set(name: string, value: Follows, inColumns: boolean): void {
    this.values.set(name, value);
    if (inColumns) this.inColumns.add(name);
  }

  private combine({ op, inputs, outputs: [output = ''] }: Node): void {
    if (!inputs.some((name) => this.values.has(name))) return;
    const inColumns = inputs.every((name) => !this.values.has(name) || this.inColumns.has(name));
    const operands = inputs.map((name) => this.operand(name, inColumns));
    if (operands.some((operand) => operand === null)) return;
    const apply = ELEMENTWISE[op] as (...operands: (number | undefined)[]) => number;
    const value: Follows = (id, column) => {
      const given = (operands as (Follows | undefined)[]).map((operand) => operand?.(id, column));
      const isPart = inputs.every((name, i) => !this.values.has(name) || given[i] !== undefined);
      return isPart ? apply(...given) : undefined;
    };
    this.set(output, value, inColumns);
  }

  /** Undefined for an input that is left out; null for one that is not known. */
  private operand(name: string, inColumns: boolean): Follows | undefined | null {
    if (name === '') return undefined;
    const value = this.values.get(name);
    if (value) return value;
    const constant = this.graph.constants.get(name);
    if (!constant) return null;
    const numbers = constantValues(constant);
    if (numbers.length === 1) return () => Number(numbers[0]);
    const isRow = inColumns && numbers.length === this.columns && constant.dims.at(-1) === this.columns;
    return isRow ? (_, column) => Number(numbers[column]) : null;
  }

  /** Some columns of the input. */
  private pick(node: Node, value: Follows): void {
    for (const [i, output] of node.outputs.entries()) {
      const columns = this.pickedColumns(node, i);
      if (!columns) continue;
      this.set(output, (id, column) => (columns.has(column) ? value(id, column) : undefined), false);
    }
  }

  private pickedColumns(node: Node, output: number): ReadonlySet<number> | undefined {
    const rank = this.graph.inputs.find(({ name }) => this.inColumns.has(name))?.dims?.length;
    const [all, numbers] = [this.columns, (i: number) => this.numbers(node.inputs[i] ?? '')];
    if (all === undefined || rank === undefined) return undefined;
    const along = (axis: number): boolean => (axis < 0 ? axis + rank : axis) === rank - 1;
    const range = (from: number, to: number): ReadonlySet<number> =>
      new Set(Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i));
    const inside = (at: number): number => Math.min(Math.max(at < 0 ? at + all : at, 0), all);
    if (node.op === 'Gather') {
      const index = numbers(1);
      return index && along(intAttribute(node, 'axis', 0)) ? new Set(index.map(inside)) : undefined;
    }
    if (node.op === 'Slice') {
      const [starts, ends, axes, steps] = [1, 2, 3, 4].map(numbers);
      const isPlain = starts?.length === 1 && ends?.length === 1 && (steps?.[0] ?? 1) === 1;
      if (!isPlain || !along(axes?.[0] ?? 0)) return undefined;
      return range(inside(starts[0] as number), inside(ends[0] as number));
    }
    const parts = numbers(1) ?? Array<number>(node.outputs.length).fill(Math.ceil(all / node.outputs.length));
    if (!along(intAttribute(node, 'axis', 0))) return undefined;
    const from = parts.slice(0, output).reduce((sum, part) => sum + part, 0);
    return range(from, Math.min(all, from + (parts[output] ?? 0)));
  }

  private numbers(name: string): number[] | undefined {
    const constant = this.graph.constants.get(name);
    return constant && Array.from(constantValues(constant), Number);
  }
}
