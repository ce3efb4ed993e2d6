/** Context of reading a graph, shared by graphs and the functions that are inlined into them. */
import type { AttributeProto, FunctionProto, NodeProto } from 'onnx-buf';
import type { Node } from '../graph.ts';
import type { TensorScope } from './tensor.ts';

/** A node that may stem from a function with an operator set of its own. */
export interface VersionedNode extends Node {
  /** The version of `ai.onnx` the node was written for, if it is not the model's. */
  readonly opset?: number;
}

/** Reads nodes, calls of functions replaced by what they do. */
export type ToNodes = (protos: readonly NodeProto[], scope: Scope) => VersionedNode[];

/** The functions of a model. */
export interface FunctionLibrary {
  find(node: NodeProto): FunctionProto | undefined;
  inline(definition: FunctionProto, call: NodeProto, scope: Scope, toNodes: ToNodes): VersionedNode[];
}

/** Context that the messages of a graph are read in. */
export interface Scope extends TensorScope {
  readonly functions: FunctionLibrary;
  /** The attributes of the call, inside of a function. */
  readonly bindings?: ReadonlyMap<string, AttributeProto>;
  /** In a branch or body, which may carry sequences. */
  readonly inner?: boolean;
}

export const toDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

/** A node's attributes; those that name an attribute of the function around stand for its value in the call. */
export function boundAttributes(node: NodeProto, { bindings }: Scope): AttributeProto[] {
  return node.attribute.flatMap((proto) => {
    if (proto.refAttrName === '') return [proto];
    const bound = bindings?.get(proto.refAttrName);
    // Left out in the call: then it is left out here.
    return bound ? [{ ...bound, name: proto.name }] : [];
  });
}
