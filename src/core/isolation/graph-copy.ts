/** Copies of graphs that can be sent to another isolate. */
import { WhylightError } from '../errors.ts';
import { EncodedList } from '../onnx/encoded-list.ts';
import type { Attribute, Constant, Graph, Node } from '../onnx/graph.ts';
import { bytesPerElement, sizeOf } from '../tensor/tensor.ts';

/** Bytes of weights that are sent with a graph; of a graph with more of them, none is. */
export const MAX_WEIGHTS = 24 * 2 ** 20;

/** Graph of plain data: encoded lists are their parts, and weights may be missing. */
export type GraphCopy = Omit<Graph, 'constants'> & {
  readonly constants: ReadonlyMap<string, Omit<Constant, 'bytes'> & { readonly bytes?: Uint8Array }>;
};

/** Copies a graph, with its weights where they are at most {@link MAX_WEIGHTS}. */
export function copyGraph(graph: Graph): GraphCopy {
  // By their types, without a look at the bytes, which are copied whenever they are read.
  const sizes = [...graph.constants.values()].map(({ dtype, dims }) => sizeOf(dims) * bytesPerElement(dtype));
  const weighs = sizes.reduce((sum, size) => sum + size, 0);
  return copied(graph, weighs <= MAX_WEIGHTS);
}

const copied = (graph: Graph, weights: boolean): GraphCopy => ({
  ...graph,
  nodes: graph.nodes.map((node) => ({ ...node, attributes: mapped(node.attributes, (one) => sent(one, weights)) })),
  constants: new Map([...graph.constants].map(([name, constant]) => [name, copyConstant(constant, weights)])),
  ...(graph.declared && { declared: new Map(graph.declared) }),
});

const copyConstant = ({ dtype, dims, bits, ...rest }: Constant, weights: boolean) => ({
  dtype,
  dims,
  ...(bits && { bits }),
  ...(weights && { bytes: rest.bytes.slice() }),
});

function sent(attribute: Attribute, weights: boolean): Attribute {
  const { type, value } = attribute;
  if (type === 'graph') return { type, value: copied(value, weights) as Graph };
  if (type === 'tensor') return { type, value: copyConstant(value, true) as Constant };
  if (type === 'encoded') return { type, value: { kind: value.kind, bytes: value.bytes.slice() } as EncodedList };
  return attribute;
}

/** Makes the graph of a copy that has arrived. Reading weights that were not sent is an error. */
export const openCopy = (copy: GraphCopy): Graph => ({
  ...copy,
  nodes: copy.nodes.map((node): Node => ({ ...node, attributes: mapped(node.attributes, opened) })),
  constants: new Map([...copy.constants].map(([name, constant]) => [name, openConstant(name, constant)])),
});

function openConstant(name: string, constant: Omit<Constant, 'bytes'> & { readonly bytes?: Uint8Array }): Constant {
  if (constant.bytes) return constant as Constant;
  return {
    ...constant,
    get bytes(): Uint8Array {
      throw new WhylightError(
        'unprocessable_method',
        `The weights of "${name}" are not here: a method in an isolate of its own sees those of models up to ${MAX_WEIGHTS / 2 ** 20} MiB.`,
        { tensor: name, allowed: MAX_WEIGHTS },
      );
    },
  };
}

function opened(attribute: Attribute): Attribute {
  const { type, value } = attribute;
  if (type === 'graph') return { type, value: openCopy(value) };
  return type === 'encoded' ? { type, value: new EncodedList(value.kind, value.bytes) } : attribute;
}

const mapped = (attributes: Node['attributes'], change: (one: Attribute) => Attribute): Node['attributes'] =>
  Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, change(attribute)]));
