/**
 * Activations that exporters write as products: GELU, SiLU, Mish and hard swish are `x g(x)`. By LRP's identity rule the
 * input of an element-wise function gets all of the relevance (AttnLRP, equation 9), so the factor that is a function of
 * the other one gets none; two halves, as for a product of activations, would send one of them through the gate.
 */
import { producers } from '../../onnx/edit.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { operatorsWhere } from '../../onnx/operators.ts';

/** Operators that look at one position and channel at a time. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  ...operatorsWhere(({ activation }) => Boolean(activation)),
  ...'Add Sub Mul Div Pow Sqrt Exp Log Abs Neg Erf Tanh Sigmoid Clip Min Max Cast Identity'.split(' '),
]);
/** Operators that hand a value on up to a constant factor. */
const SCALING: ReadonlySet<string> = new Set(['Mul', 'Div', 'Cast', 'Identity', 'Neg']);
/** Operators between a gate and its input at most. */
const MAX_DEPTH = 16;

const signals = new WeakMap<Node, 0 | 1>();

/** Number of the factor that carries the relevance of a product; undefined for a product of two activations. */
export const signalFactor = (node: Node): 0 | 1 | undefined => signals.get(node);

/** Notes the products `x g(x)` of a graph for {@link signalFactor}; the graph stays as it is. */
export function findSelfGates(graph: Graph): Graph {
  const makers = producers(graph);
  for (const node of graph.nodes) {
    if (node.op !== 'Mul' || signals.has(node)) continue;
    const [a = '', b = ''] = node.inputs;
    if (isFunctionOf(b, scaledBy(a, graph, makers), graph, makers)) signals.set(node, 0);
    else if (isFunctionOf(a, scaledBy(b, graph, makers), graph, makers)) signals.set(node, 1);
  }
  return graph;
}

/** The tensor that a value is a constant multiple of. */
function scaledBy(name: string, graph: Graph, makers: ReadonlyMap<string, Node>): string {
  const maker = makers.get(name);
  if (!maker || !SCALING.has(maker.op)) return name;
  const [varying, ...others] = maker.inputs.filter((input) => !graph.constants.has(input));
  const isScaled = varying !== undefined && others.length === 0 && maker.inputs.indexOf(varying) === 0;
  const isFactor = maker.op === 'Mul' && varying !== undefined && others.length === 0;
  return isScaled || isFactor ? scaledBy(varying, graph, makers) : name;
}

/** True for an element-wise function of `x` and constants alone that is not `x` up to a factor. */
function isFunctionOf(name: string, x: string, graph: Graph, makers: ReadonlyMap<string, Node>, depth = 0): boolean {
  if (name === x) return depth > 0;
  const maker = makers.get(name);
  if (!maker || depth >= MAX_DEPTH || !ELEMENTWISE.has(maker.op)) return false;
  const varying = maker.inputs.filter((input) => input !== '' && !graph.constants.has(input));
  return varying.length > 0 && varying.every((input) => isFunctionOf(input, x, graph, makers, depth + 1));
}
