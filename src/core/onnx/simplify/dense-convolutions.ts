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
  const edit = new MatrixEdit(graph);
  const products = graph.nodes.flatMap((node) => (dense.has(node) ? edit.product(node) : [node]));
  const nodes = products.flatMap((node) => (isGatherOfRows(node, types) ? edit.rows(node) : [node]));
  return { ...graph, nodes, constants: withoutUnread(edit.constants, nodes, edit.matrices) };
}

/** The nodes and constants that take the place of convolutions. */
class MatrixEdit {
  /** Names of the matrices by those of their kernels. */
  readonly matrices = new Map<string, string>();
  readonly constants: Map<string, Constant>;
  private readonly names: Set<string>;

  constructor(graph: Graph) {
    this.constants = new Map(graph.constants);
    this.names = namesOf(graph);
  }

  /** A convolution over a single position as a product by the matrix of its kernel. */
  product(node: Node): readonly Node[] {
    const [x = '', weights = '', ...bias] = node.inputs;
    const kernel = this.constants.get(weights) as Constant;
    const [rows, columns, ...space] = kernel.dims as [number, number, ...number[]];
    const matrix =
      this.matrices.get(weights) ??
      this.constant(`${weights}/matrix`, { ...kernel, dims: [rows, columns] } as Constant);
    this.matrices.set(weights, matrix);
    const [from, to] = node.op === 'Conv' ? [columns, rows] : [rows, columns];
    const [flat, product] = [this.unique(`${node.name}/flat`), this.unique(`${node.name}/product`)];
    return [
      this.reshape(node, x, [-1, from], flat),
      this.node(node, 'Gemm', [flat, matrix, ...bias], product, node.op === 'Conv' ? { transB: 1 } : {}),
      this.reshape(node, product, [-1, to, ...space], node.outputs[0] as string),
    ];
  }

  /** Some channels of a kernel from its matrix, where it has one, so that the graph does not hold the weights twice. */
  rows(node: Node): readonly Node[] {
    const [weights = '', channels = ''] = node.inputs;
    const matrix = this.matrices.get(weights);
    if (matrix === undefined) return [node];
    const [, ...rest] = (this.constants.get(weights) as Constant).dims;
    const rows = this.unique(`${node.name}/rows`);
    return [
      { ...node, inputs: [matrix, channels], outputs: [rows] },
      this.reshape(node, rows, [-1, ...rest], node.outputs[0] as string),
    ];
  }

  private reshape(node: Node, x: string, dims: readonly number[], output: string): Node {
    const shape = this.constant(`${node.name}/shape`, makeConstant('int64', [dims.length], dims));
    return this.node(node, 'Reshape', [x, shape], output);
  }

  private node({ name }: Node, op: string, inputs: readonly string[], output: string, attributes = {}): Node {
    const unique = this.unique(`${name}/${op}`);
    return { name: unique, op, domain: '', inputs, outputs: [output], attributes: toAttributes(attributes) };
  }

  private constant(wish: string, value: Constant): string {
    const name = this.unique(wish);
    this.constants.set(name, value);
    return name;
  }

  private unique(wish: string): string {
    return uniqueName(wish, this.names);
  }
}

function isGatherOfRows(node: Node, types: ReadonlyMap<string, Inferred>): boolean {
  if (node.domain !== '' || node.op !== 'Gather' || intAttribute(node, 'axis', 0) !== 0) return false;
  return types.get(node.inputs[1] ?? '')?.dims?.length === 1;
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
