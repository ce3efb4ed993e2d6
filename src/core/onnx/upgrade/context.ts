/** Context of rewriting one node to a newer operator set. */
import type { DataType } from '../../tensor/tensor.ts';
import { makeConstant } from '../constant.ts';
import { captured, namesOf, subgraphs, uniqueName } from '../edit.ts';
import type { Attribute, Constant, Graph, Node } from '../graph.ts';
import { ofConstant } from '../infer/make.ts';
import { type Inferred, infer, inferNode } from '../infer.ts';
import { invalid } from '../invalid.ts';

export type Attributes = Readonly<Record<string, Attribute>>;

/** A node may name the version of `ai.onnx` it was written for; else it is the graph's. */
export interface VersionedNode extends Node {
  readonly opset?: number;
}

/** An operator changed its form in version `to`. */
export interface Change {
  readonly to: number;
  /** The node as version `to` writes it, with the outputs it had. Nodes it needs before it are emitted. */
  rewrite(node: Node, context: Context): Node;
}

/** By operator of `ai.onnx`, oldest change first. */
export type Changes = Readonly<Record<string, readonly Change[]>>;

export class Context {
  /** The nodes so far, all of them at the new operator set. */
  readonly nodes: Node[] = [];
  readonly constants: Map<string, Constant>;
  private readonly graph: Graph;
  private readonly outer: Context | undefined;
  private readonly taken: Set<string>;
  private types: Map<string, Inferred> | undefined;
  /** Number of nodes that inference has seen. */
  private seen = 0;
  private reads: Set<string> | undefined;

  constructor(graph: Graph, outer?: Context) {
    this.graph = graph;
    this.outer = outer;
    this.taken = outer?.taken ?? namesOf(graph);
    this.constants = new Map(graph.constants);
  }

  /** The type of a value that is there before the node, as far as inference can tell. */
  typeOf(name: string): Inferred | undefined {
    // Few rewrites ask, so most models never pay for it.
    this.types ??= new Map(infer({ ...this.graph, nodes: [], outputs: [] }));
    for (const node of this.nodes.slice(this.seen)) {
      const operands = node.inputs.map((input) => (input === '' ? undefined : (this.known(input) ?? FLOAT)));
      const outer = subgraphs(node).length > 0 ? this.visible() : undefined;
      for (const [i, type] of inferNode(node, operands, outer).entries())
        this.types.set(node.outputs[i] as string, type);
    }
    this.seen = this.nodes.length;
    return this.known(name);
  }

  constantOf(name: string): Constant | undefined {
    return this.constants.get(name) ?? this.outer?.constantOf(name);
  }

  /** True if anything in the graph that was read reads this value. */
  isRead(name: string): boolean {
    this.reads ??= new Set([
      ...this.graph.outputs.map((output) => output.name),
      ...this.graph.nodes.flatMap((node) => [...node.inputs, ...subgraphs(node).flatMap(captured)]),
    ]);
    return this.reads.has(name);
  }

  /** The name of a new constant. */
  constant(wish: string, dtype: DataType, dims: readonly number[], values: readonly number[]): string {
    const name = uniqueName(wish, this.taken);
    this.constants.set(name, makeConstant(dtype, dims, values));
    return name;
  }

  /** The name of a new constant int64 vector. */
  ints(wish: string, values: readonly number[]): string {
    return this.constant(wish, 'int64', [values.length], values);
  }

  /** Writes a helper node with one output, named after the node it helps; gives that output's name. */
  emit(helped: Node, op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = uniqueName(`${helped.name}/${op}`, this.taken);
    const output = uniqueName(`${name}_out`, this.taken);
    this.nodes.push({ name, op, domain: '', inputs, outputs: [output], attributes });
    return output;
  }

  private known(name: string): Inferred | undefined {
    const own = this.types?.get(name);
    if (own) return own;
    const constant = this.constants.get(name);
    return constant ? ofConstant(constant) : this.outer?.typeOf(name);
  }

  private visible(): Map<string, Inferred> {
    return new Map([...(this.outer?.visible() ?? []), ...(this.types ?? [])]);
  }
}

const FLOAT: Inferred = { dtype: 'float32' };

/** The attributes without some of them. */
export const without = (attributes: Attributes, ...names: readonly string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));

export function refuse(node: Node, problem: string): never {
  return invalid(`${node.op} "${node.name}": ${problem}`, { node: node.name, op: node.op });
}
