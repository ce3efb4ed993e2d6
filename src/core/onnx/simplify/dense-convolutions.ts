/**
 * Convolutions over a single position, such as the classifier behind a global pooling, written as the matrix products
 * that they are. The kernels of onnxruntime for matrices run them in WebAssembly in a seventh of the time, a transposed
 * convolution in a tenth, and both read the same copy of the weights.
 */
import { toAttributes } from '../attribute-like.ts';
import { intAttribute, intsAttribute } from '../attributes.ts';
import { makeConstant } from '../constant.ts';
import { namesOf, uniqueName } from '../edit.ts';
import type { Constant, Dim, Graph, Node } from '../graph.ts';
import { type Inferred, infer } from '../infer.ts';

const KINDS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose']);

const isOne = (dim: Dim): boolean => dim === 1;

export function denseConvolutions(graph: Graph): Graph {
  const candidates = graph.nodes.filter((node) => hasPointKernel(graph, node));
  if (candidates.length === 0) return graph;
  const types = infer(graph);
  const dense = new Set(candidates.filter((node) => isDense(node, types)));
  if (dense.size === 0) return graph;
  const names = namesOf(graph);
  const constants = new Map(graph.constants);
  const matrices = new Map<string, string>();
  const constant = (wish: string, value: Constant): string => {
    const name = uniqueName(wish, names);
    constants.set(name, value);
    return name;
  };
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (!dense.has(node)) return [node];
    const [x = '', weights = '', ...bias] = node.inputs;
    const kernel = graph.constants.get(weights) as Constant;
    const [rows, columns, ...space] = kernel.dims as [number, number, ...number[]];
    const matrix =
      matrices.get(weights) ?? constant(`${weights}/matrix`, { ...kernel, dims: [rows, columns] } as Constant);
    matrices.set(weights, matrix);
    const [from, to] = node.op === 'Conv' ? [columns, rows] : [rows, columns];
    const shape = (dims: readonly number[]) =>
      constant(`${node.name}/shape`, makeConstant('int64', [dims.length], dims));
    const [flat, product] = [uniqueName(`${node.name}/flat`, names), uniqueName(`${node.name}/product`, names)];
    const plain = (op: string, inputs: readonly string[], output: string, attributes = {}): Node => ({
      name: uniqueName(`${node.name}/${op}`, names),
      op,
      domain: '',
      inputs,
      outputs: [output],
      attributes: toAttributes(attributes),
    });
    return [
      plain('Reshape', [x, shape([-1, from])], flat),
      plain('Gemm', [flat, matrix, ...bias], product, node.op === 'Conv' ? { transB: 1 } : {}),
      plain('Reshape', [product, shape([-1, to, ...space])], node.outputs[0] as string),
    ];
  });
  return { ...graph, nodes, constants: withoutUnread(constants, nodes, matrices) };
}

/** True for a convolution without groups and padding, by a constant kernel of one position. */
function hasPointKernel(graph: Graph, node: Node): boolean {
  if (node.domain !== '' || !KINDS.has(node.op) || intAttribute(node, 'group', 1) !== 1) return false;
  const kernel = graph.constants.get(node.inputs[1] ?? '');
  return (
    kernel?.dtype === 'float32' &&
    kernel.dims.length > 2 &&
    kernel.dims.slice(2).every(isOne) &&
    intsAttribute(node, 'pads', []).every((pad) => pad === 0)
  );
}

/** True if the node reads and gives one position. */
function isDense({ inputs, outputs }: Node, types: ReadonlyMap<string, Inferred>): boolean {
  const spaces = [inputs[0], outputs[0]].map((name) => types.get(name ?? '')?.dims?.slice(2));
  return spaces.every((space) => space !== undefined && space.length > 0 && space.every(isOne));
}

/** The constants without kernels that no node reads any more. */
function withoutUnread(
  constants: ReadonlyMap<string, Constant>,
  nodes: readonly Node[],
  kernels: ReadonlyMap<string, string>,
): Map<string, Constant> {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return new Map([...constants].filter(([name]) => !kernels.has(name) || read.has(name)));
}
