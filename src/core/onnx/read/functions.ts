/** Functions that a model brings along: each call is replaced by the function's nodes. */
import type { FunctionProto, ModelProto, NodeProto } from 'onnx-buf';
import { uniqueName } from '../edit.ts';
import type { Attribute, Graph, Node } from '../graph.ts';
import { invalid } from '../invalid.ts';
import {
  boundAttributes,
  type FunctionLibrary,
  type Scope,
  type ToNodes,
  toDomain,
  type VersionedNode,
} from './scope.ts';

/** A few bytes of functions that call functions can stand for any number of nodes. */
const MAX_NODES = 200_000;
const MAX_DEPTH = 32;

/** The functions of one model, each inlined where it is called. */
export class Functions implements FunctionLibrary {
  private readonly byName = new Map<string, FunctionProto>();
  private readonly taken: Set<string>;
  private readonly opset: number;
  private count = 0;
  private depth = 0;

  /** @param opset the version of `ai.onnx` that the model imports */
  constructor(model: ModelProto, opset: number) {
    for (const definition of model.functions)
      this.byName.set(keyOf(definition.domain, definition.name, definition.overload), definition);
    this.taken = this.byName.size > 0 ? allNames(model) : new Set();
    this.opset = opset;
  }

  find(node: NodeProto): FunctionProto | undefined {
    return this.byName.size > 0 ? this.byName.get(keyOf(node.domain, node.opType, node.overload)) : undefined;
  }

  inline(definition: FunctionProto, call: NodeProto, scope: Scope, toNodes: ToNodes): VersionedNode[] {
    const bindings = new Map([...definition.attributeProto, ...boundAttributes(call, scope)].map((a) => [a.name, a]));
    this.count += definition.node.length;
    if (this.depth >= MAX_DEPTH || this.count > MAX_NODES) {
      invalid(`The function "${definition.name}" calls itself, or too many others.`, { function: definition.name });
    }
    this.depth++;
    const nodes = toNodes(definition.node, { ...scope, bindings });
    this.depth--;
    const version = definition.opsetImport.find(({ domain }) => toDomain(domain) === '')?.version;
    const names = new Map<string, string>([['', '']]);
    for (const [i, name] of definition.input.entries()) names.set(name, call.input[i] ?? '');
    for (const [i, name] of definition.output.entries()) if (call.output[i]) names.set(name, call.output[i]);
    const prefix = call.name || definition.name;
    const rename = (name: string): string => {
      const known = names.get(name);
      if (known !== undefined) return known;
      const fresh = uniqueName(`${prefix}/${name}`, this.taken);
      names.set(name, fresh);
      return fresh;
    };
    return nodes.map((node) => ({
      ...renamed(node, rename),
      name: `${prefix}/${node.name || node.op}`,
      opset: node.opset ?? (version === undefined ? this.opset : Number(version)),
    }));
  }
}

const keyOf = (domain: string, name: string, overload: string): string => `${toDomain(domain)}\n${name}\n${overload}`;

/** The node with every value renamed, those of its subgraphs included. */
function renamed(node: Node, rename: (name: string) => string): Node {
  const attributes = Object.entries(node.attributes).map(([key, attribute]): [string, Attribute] => [
    key,
    attribute.type === 'graph' ? { type: 'graph', value: renamedGraph(attribute.value, rename) } : attribute,
  ]);
  return {
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: Object.fromEntries(attributes),
  };
}

const renamedGraph = (graph: Graph, rename: (name: string) => string): Graph => ({
  ...graph,
  inputs: graph.inputs.map((value) => ({ ...value, name: rename(value.name) })),
  outputs: graph.outputs.map((value) => ({ ...value, name: rename(value.name) })),
  constants: new Map([...graph.constants].map(([name, constant]) => [rename(name), constant])),
  nodes: graph.nodes.map((node) => renamed(node, rename)),
});

function allNames({ graph }: ModelProto): Set<string> {
  const names = new Set<string>();
  const visit = (inner: typeof graph): void => {
    for (const { name } of [...(inner?.input ?? []), ...(inner?.output ?? []), ...(inner?.initializer ?? [])])
      names.add(name);
    for (const node of inner?.node ?? []) {
      for (const name of [...node.input, ...node.output]) names.add(name);
      for (const { g } of node.attribute) if (g) visit(g);
    }
  };
  visit(graph);
  return names;
}
