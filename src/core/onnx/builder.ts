/**
 * Writes nodes onto a graph. Every value it hands out knows its type and, as far as can be told, its shape, so that code
 * which emits nodes can ask instead of guess. The same node is never written twice: an operation on the same values with
 * the same attributes gives the value that is already there.
 */
import { WhylightError } from '../errors.ts';
import { bytesPerElement, type DataType, sizeOf } from '../tensor/tensor.ts';
import { type AttributesLike, toAttributes } from './attribute-like.ts';
import type { CompileBudget } from './compile-budget.ts';
import { byteLengthOf, constantValues, makeConstant } from './constant.ts';
import { isStatic } from './dims.ts';
import { prune, subgraphs, uniqueName } from './edit.ts';
import type { Constant, Dim, Graph, Node, ValueInfo } from './graph.ts';
import { MAX_KNOWN } from './infer/rule.ts';
import { type Inferred, infer, inferNode } from './infer.ts';
import { signature } from './signature.ts';
import { withDomains } from './with-domains.ts';

/** Value of a graph under construction: its name, dtype and shape, and its elements where they are known. */
export interface Value extends Inferred {
  readonly name: string;
}

/**
 * Builder of a graph. Values know their dtype and, as far as it can be inferred, their shape; an operation on the same
 * values with the same attributes returns the value that exists already.
 *
 * @example
 * import { GraphBuilder, write } from 'whylight/compiler';
 * const g = GraphBuilder.empty('double');
 * const x = g.input('x', 'float32', ['N', 5]);
 * const { graph } = write(g.build([g.named(g.mul(x, g.scalar(2)), 'y')]));
 * @see https://onnx.ai/onnx/operators/
 */
export class GraphBuilder {
  private readonly base: Graph;
  private readonly nodes: Node[];
  private readonly constants: Map<string, Constant>;
  private readonly inputs: ValueInfo[];
  /** Types of the values of the base. */
  private readonly types: ReadonlyMap<string, Inferred>;
  /** Values that were written or asked for. */
  private readonly values = new Map<string, Value>();
  /** Made when something is written: most builders only look at a graph. */
  private signatures: Map<string, Value[]> | undefined;
  private taken: Set<string> | undefined;
  private readonly budget: CompileBudget | undefined;
  private scope = '';

  /**
   * Starts from `base`, whose nodes, inputs and constants are kept as they are.
   * @param budget counts what is added; without one there is no limit
   */
  constructor(base: Graph, budget?: CompileBudget) {
    this.base = base;
    this.budget = budget;
    budget?.visit(base.nodes.length);
    this.nodes = [...base.nodes];
    this.constants = new Map(base.constants);
    this.inputs = [...base.inputs];
    this.types = infer(base);
  }

  /** An empty graph to build on. */
  static empty(name = 'graph'): GraphBuilder {
    return new GraphBuilder({ name, opsets: { '': 21 }, inputs: [], outputs: [], constants: new Map(), nodes: [] });
  }

  /**
   * The value of this name.
   * @throws WhylightError `layer_not_found`
   */
  value(name: string): Value {
    const value = this.find(name);
    if (!value) throw new WhylightError('layer_not_found', `The graph has no tensor named "${name}".`, { name });
    return value;
  }

  /** Sets the prefix of the names of further nodes, `<prefix><op>`, which tells readers of the graph their purpose. */
  under(prefix: string): this {
    this.scope = prefix;
    return this;
  }

  /** Adds a graph input. The value may get another name where `name` is taken. */
  input(name: string, dtype: DataType, dims: readonly Dim[]): Value {
    const fresh = { name: this.fresh(name), dtype, dims };
    this.inputs.push(fresh);
    this.values.set(fresh.name, fresh);
    return fresh;
  }

  /** A constant; equal small constants are stored once. */
  constant(dtype: DataType, dims: readonly number[], data: ArrayLike<number>): Value {
    this.reserve(sizeOf(dims) * bytesPerElement(dtype));
    const constant = makeConstant(dtype, dims, data);
    return this.constantOf(constant, sizeOf(dims) <= 64 ? `${dtype}[${dims}]${Array.from(data).join()}` : undefined);
  }

  /**
   * Checks that a constant of so many bytes may be added, before its elements are computed.
   * @throws WhylightError `compilation_limit`
   */
  reserve(bytes: number): void {
    this.budget?.fits(bytes);
  }

  /** Takes over a constant as it is. */
  constantOf(constant: Constant, key?: string): Value {
    const known = key === undefined ? undefined : this.written.get(key)?.[0];
    if (known) return known;
    this.budget?.constant(byteLengthOf(constant));
    const name = this.fresh('constant');
    this.constants.set(name, constant);
    const small = sizeOf(constant.dims) <= MAX_KNOWN;
    const value: Value = {
      name,
      dtype: constant.dtype,
      dims: constant.dims,
      ...(small && { value: Array.from(constantValues(constant)) }),
    };
    this.values.set(name, value);
    if (key !== undefined) this.written.set(key, [value]);
    return value;
  }

  /** Returns a constant without dims. */
  scalar(value: number, dtype: DataType = 'float32'): Value {
    return this.constant(dtype, [], [value]);
  }

  /** Returns an int64 vector of constants, for axes and shapes. */
  ints(values: readonly number[]): Value {
    return this.constant('int64', [values.length], values);
  }

  /** Returns the bytes of a constant; undefined for any other value. */
  constantData(value: Value): Constant | undefined {
    return this.constants.get(value.name);
  }

  /** Writes a node with one output. */
  op(op: string, inputs: readonly (Value | undefined | null)[], attributes: AttributesLike = {}): Value {
    return this.ops(op, inputs, attributes, 1)[0] as Value;
  }

  /** Writes a node with any number of outputs. */
  ops(
    op: string,
    inputs: readonly (Value | undefined | null)[],
    attributes: AttributesLike = {},
    outputs = 1,
    domain = '',
  ): Value[] {
    const operands = [...inputs];
    while (operands.length > 0 && !operands.at(-1)) operands.pop();
    const draft: Node = {
      name: '',
      op,
      domain,
      inputs: operands.map((v) => v?.name ?? ''),
      outputs: [],
      attributes: toAttributes(attributes),
    };
    const key = signature(draft, outputs);
    const known = key === undefined ? undefined : this.written.get(key);
    if (known) return known;
    this.budget?.node();
    const name = this.fresh(`${this.scope}${op}`);
    const node: Node = {
      ...draft,
      name,
      outputs: Array.from({ length: outputs }, (_, i) => this.fresh(outputs === 1 ? `${name}_out` : `${name}_out${i}`)),
    };
    const types = inferNode(
      node,
      operands.map((v) => v ?? undefined),
      // Bodies of loops and branches see what is around them.
      subgraphs(node).length > 0 ? new Map([...this.types, ...this.values]) : undefined,
    );
    const results = node.outputs.map((output, i): Value => {
      const type = types[i];
      if (!type) throw new WhylightError('internal', `No type is known for output ${i} of ${op}.`, { op });
      const value = { ...type, name: output };
      this.values.set(output, value);
      return value;
    });
    this.nodes.push(node);
    if (key !== undefined) this.written.set(key, results);
    return results;
  }

  /**
   * All of the first `count` outputs of the node that gives `first`, those that it did not give so far included: so that
   * the indices of a pooling need no second pooling.
   */
  allOutputs(first: Value, count: number): Value[] {
    const at = this.nodes.findIndex((node) => node.outputs[0] === first.name);
    const node = this.nodes[at];
    if (!node) throw new WhylightError('internal', `No node gives "${first.name}".`);
    const outputs = Array.from({ length: count }, (_, i) => node.outputs[i] || this.fresh(`${node.outputs[0]}_${i}`));
    const extended: Node = { ...node, outputs };
    const types = inferNode(
      extended,
      node.inputs.map((name) => this.find(name)),
    );
    for (const [i, name] of outputs.entries()) {
      if (!this.find(name)) this.values.set(name, { ...(types[i] as Inferred), name });
    }
    this.nodes[at] = extended;
    return outputs.map((name) => this.value(name));
  }

  /** Output of a node without attributes, if the graph has such a node already. */
  existing(op: string, inputs: readonly Value[]): Value | undefined {
    const node = { name: '', op, domain: '', inputs: inputs.map(({ name }) => name), outputs: [], attributes: {} };
    return this.written.get(signature(node, 1) ?? '')?.[0];
  }

  /** Returns the node that gives a value; undefined for inputs and constants. */
  maker(value: Value): Node | undefined {
    return this.nodes.findLast(({ outputs }) => outputs.includes(value.name));
  }

  /** Copies a node of another graph, its inputs and outputs renamed. */
  copy(node: Node, inputs: readonly (Value | undefined)[]): Value[] {
    return this.ops(node.op, inputs, node.attributes, node.outputs.length, node.domain);
  }

  /** Gives `value` the public name `name`, by a node that engines remove. */
  named(value: Value, name: string): Value {
    const node: Node = {
      name: this.fresh(`name/${name}`),
      op: 'Identity',
      domain: '',
      inputs: [value.name],
      outputs: [name],
      attributes: {},
    };
    if (this.find(name)) throw new WhylightError('internal', `The graph has a tensor named "${name}" already.`);
    const renamed = { ...value, name };
    this.nodes.push(node);
    this.values.set(name, renamed);
    return renamed;
  }

  /** The graph with these outputs; whatever they do not need is left out. Model inputs stay, used or not. */
  build(outputs: readonly Value[], name = this.base.name): Graph {
    const graph: Graph = {
      name,
      opsets: withDomains(this.base.opsets, this.nodes),
      inputs: this.inputs,
      outputs: outputs.map(({ name, dtype, dims }) => ({ name, dtype, dims })),
      constants: this.constants,
      nodes: this.nodes,
      ...(this.base.declared && { declared: this.base.declared }),
    };
    return prune(graph);
  }

  // The operations that rules write most. Everything else goes through `op`.

  add = (a: Value, b: Value): Value => this.op('Add', [a, b]);
  sub = (a: Value, b: Value): Value => this.op('Sub', [a, b]);
  mul = (a: Value, b: Value): Value => this.op('Mul', [a, b]);
  div = (a: Value, b: Value): Value => this.op('Div', [a, b]);
  neg = (a: Value): Value => this.op('Neg', [a]);
  where = (condition: Value, a: Value, b: Value): Value => this.op('Where', [condition, a, b]);
  transpose = (x: Value, perm: readonly number[]): Value =>
    perm.every((p, i) => p === i) ? x : this.op('Transpose', [x], { perm });

  /** A scalar of the type of `like`. */
  number = (value: number, like: Value): Value => this.scalar(value, like.dtype);

  /** Reduces `x` over `axes`; returns `x` itself when there are none. */
  reduce(
    kind: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin',
    x: Value,
    axes: readonly number[],
    keepdims = true,
  ): Value {
    return axes.length === 0 ? x : this.op(kind, [x, this.ints(axes)], { keepdims: keepdims ? 1 : 0 });
  }

  /** The shape of `x` as an int64 vector: a constant where it is known. */
  shapeOf(x: Value): Value {
    return isStatic(x.dims) ? this.ints(x.dims) : this.op('Shape', [x]);
  }

  /**
   * `x` with these dims. At most one of them may be symbolic, unless `like` is a value of that shape at run time.
   */
  reshape(x: Value, dims: readonly Dim[], like?: Value): Value {
    if (x.dims && x.dims.length === dims.length && x.dims.every((d, i) => d === dims[i])) return x;
    const symbolic = dims.filter((d) => typeof d === 'string').length;
    if (symbolic <= 1 && !(symbolic === 1 && dims.includes(0)))
      return this.op('Reshape', [x, this.ints(dims.map((d) => (typeof d === 'string' ? -1 : d)))]);
    // A leading dim that both share can be copied by 0.
    if (symbolic === 2 && x.dims?.[0] === dims[0] && typeof dims[0] === 'string' && !dims.includes(0)) {
      return this.op('Reshape', [x, this.ints(dims.map((d, i) => (i === 0 ? 0 : typeof d === 'string' ? -1 : d)))]);
    }
    if (like) return this.op('Reshape', [x, this.shapeOf(like)]);
    throw new WhylightError('internal', `Cannot reshape to [${dims.join(', ')}]: more than one dim is unknown.`);
  }

  /** `x` in the shape of `like`. */
  reshapeLike(x: Value, like: Value): Value {
    return like.dims ? this.reshape(x, like.dims, like) : this.op('Reshape', [x, this.shapeOf(like)]);
  }

  /** `x` broadcast to the shape of `like`. Extents that both share need not be known: 1 keeps that of `x`. */
  expandLike(x: Value, like: Value): Value {
    const missing = x.dims?.length === like.dims?.length ? like.dims?.map((d, i) => (d === x.dims?.[i] ? 1 : d)) : [''];
    if (missing?.every((d) => d === 1)) return x;
    return this.op('Expand', [x, isStatic(missing) ? this.ints(missing) : this.shapeOf(like)]);
  }

  /** Returns zeros in the dtype and shape of `x`. */
  zerosLike(x: Value): Value {
    return this.expandLike(this.number(0, x), x);
  }

  private fresh(wish: string): string {
    this.taken ??= new Set([...this.types.keys(), ...this.base.nodes.flatMap((node) => [node.name, ...node.outputs])]);
    return uniqueName(wish, this.taken);
  }

  private find(name: string): Value | undefined {
    const known = this.values.get(name);
    if (known) return known;
    const type = this.types.get(name);
    if (!type) return undefined;
    const value = { ...type, name };
    this.values.set(name, value);
    return value;
  }

  /** Outputs of nodes and small constants by what they are made of. */
  private get written(): Map<string, Value[]> {
    if (this.signatures) return this.signatures;
    const signatures = new Map<string, Value[]>();
    for (const node of this.base.nodes) {
      const outputs = node.outputs.map((name) => this.find(name));
      const key = signature(node, node.outputs.length);
      if (key && outputs.every((value) => value !== undefined)) signatures.set(key, outputs);
    }
    this.signatures = signatures;
    return signatures;
  }
}
