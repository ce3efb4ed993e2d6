/** Drops nodes that give out what they get: Identity, Dropout outside of training, casts and reshapes to what is there. */
import { intsAttribute } from '../attributes.ts';
import type { Graph, Node } from '../graph.ts';
import { type Inferred, infer } from '../infer.ts';
import { bypass } from './rename.ts';

type Types = ReadonlyMap<string, Inferred>;

const sameShape = (a: Inferred | undefined, b: Inferred | undefined): boolean =>
  a?.dims !== undefined && a.dims.length === b?.dims?.length && a.dims.every((d, i) => d === b.dims?.[i]);

const keepsShape = (node: Node, types: Types): boolean =>
  sameShape(types.get(node.inputs[0] as string), types.get(node.outputs[0] as string));

const keepsType = (node: Node, types: Types): boolean =>
  types.get(node.inputs[0] as string)?.dtype === types.get(node.outputs[0] as string)?.dtype;

const single = (node: Node): boolean => node.inputs.length === 1;

/** Conditions under which a node of an operator gives out its input. */
const CHANGES_NOTHING: Readonly<Record<string, (node: Node, types: Types) => boolean>> = {
  Identity: () => true,
  Dropout: (node, types) => !node.inputs[2] || types.get(node.inputs[2])?.value?.[0] === 0,
  Cast: keepsType,
  CastLike: keepsType,
  Reshape: keepsShape,
  Flatten: keepsShape,
  Expand: keepsShape,
  Squeeze: keepsShape,
  Pad: (node, types) => types.get(node.inputs[1] as string)?.value?.every((v) => v === 0) ?? false,
  Transpose: (node) => intsAttribute(node, 'perm')?.every((p, i) => p === i) ?? false,
  Concat: single,
  Sum: single,
  Mean: single,
  Max: single,
  Min: single,
};

export function dropIdentities(graph: Graph, kept: ReadonlySet<string>): Graph {
  const types = infer(graph);
  const changesNothing = (node: Node): boolean =>
    node.domain === '' && Object.hasOwn(CHANGES_NOTHING, node.op) && (CHANGES_NOTHING[node.op]?.(node, types) ?? false);
  return bypass(graph, kept, (node) => (changesNothing(node) ? node.inputs[0] : undefined));
}
