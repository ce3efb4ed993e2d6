/** The function at the end of a graph that turns scores into probabilities, and the tensor in front of it. */
import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes.ts';
import { producers, subgraphs } from '../../onnx/edit.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { traitsOf } from '../../onnx/operators.ts';
import type { Activation } from '../description.ts';
import type { FinalActivation, FoundActivation } from './final-activation.ts';
import { isShare, spelledActivation } from './spelled-activation.ts';
import { Spelling } from './spelling.ts';
import { type Turn, turnAt, turned } from './turns.ts';

/**
 * Looks back from an output through operators that only move, clip or re-encode numbers, and through logarithms,
 * exponentials and complements of probabilities. Sees Softmax, LogSoftmax and Sigmoid, each of them spelled out in
 * arithmetic, and the pair `1 - p, p` of one sigmoid.
 */
export const finalActivation = (graph: Graph, output: string): FinalActivation => activationBehind(graph, output, 0);

/** Answers by tensor: products ask about their factors, which may be the same tensor again and again. */
const known = new WeakMap<Graph, Map<string, FinalActivation>>();

/** Products, parts and branches within one another that are followed. */
const MAX_DEPTH = 64;

function activationBehind(graph: Graph, output: string, depth: number): FinalActivation {
  if (depth > MAX_DEPTH) return { activation: 'none', logits: output };
  const found = known.get(graph) ?? new Map<string, FinalActivation>();
  known.set(graph, found);
  const answer = found.get(output) ?? lookBack(graph, output, depth);
  found.set(output, answer);
  return answer;
}

function lookBack(graph: Graph, output: string, depth: number): FinalActivation {
  const makers = producers(graph);
  const spelling = new Spelling(graph);
  const turns: Turn[] = [];
  let order: readonly number[] | undefined;
  let tensor = output;
  for (let node = makers.get(tensor); node; node = makers.get(tensor)) {
    const found = activationAt(graph, node, makers, depth + 1);
    if (found) return turned(placed(found, order, makers), turns, output);
    const inside = activationInside(graph, node, tensor, makers, depth + 1);
    if (inside) return turned({ activation: inside }, turns, output);
    const turn = turnAt(spelling, node);
    if (turn) {
      turns.push(turn.turn);
      tensor = turn.source;
      continue;
    }
    if (node.op === 'Transpose' && node.domain === '') {
      const perm = intsAttribute(node, 'perm', []);
      if (perm.length === 0) break;
      order = order ? order.map((axis) => perm[axis] as number) : perm;
    } else if (!isTransparent(node, graph)) break;
    tensor = node.inputs[0] as string;
  }
  return { activation: 'none', logits: output };
}

function placed(found: FoundActivation, order: readonly number[] | undefined, makers: Makers): FoundActivation {
  if (!order) return found;
  const axis = found.axis === undefined ? undefined : found.axis < 0 ? found.axis + order.length : found.axis;
  const inOutput = axis !== undefined && { axis: order.indexOf(axis) };
  // Classes may be moved to the end for the softmax, and back: the scores before that lie as the output does.
  const before = makers.get(found.logits ?? '');
  const perm = before?.op === 'Transpose' ? intsAttribute(before, 'perm', []) : [];
  if (before && perm.length === order.length && order.every((from, i) => perm[from] === i)) {
    return { ...found, logits: before.inputs[0] as string, ...inOutput };
  }
  return { ...found, order, ...inOutput };
}

/** Softmax of a QDQ model stands between quantisers; a Clip to 0..1 changes no probability. */
function isTransparent(node: Node, graph: Graph): boolean {
  if (traitsOf(node).transparent !== undefined || node.op === 'Cast') return true;
  // The converter of LightGBM multiplies by one where there is no rescaling.
  if (node.op === 'Mul' && node.domain === '') return isOne(graph, node.inputs[1]);
  if (node.op !== 'Clip' || node.domain !== '') return false;
  const [low, high] = [boundOf(graph, node.inputs[1]), boundOf(graph, node.inputs[2])];
  return (low === undefined || low <= 1e-3) && (high === undefined || high >= 1 - 1e-3);
}

/** True for a constant of one element that is 1. */
const isOne = (graph: Graph, name: string | undefined): boolean =>
  graph.constants.get(name ?? '')?.bytes.byteLength === 4 && boundOf(graph, name) === 1;

function boundOf({ constants }: Graph, name: string | undefined): number | undefined {
  const constant = name ? constants.get(name) : undefined;
  if (constant?.dtype !== 'float32') return undefined;
  return new DataView(constant.bytes.buffer, constant.bytes.byteOffset).getFloat32(0, true);
}

type Makers = ReadonlyMap<string, Node>;

/**
 * Activation of probabilities that no tensor of the graph has logits of: within both branches of If, in front of a mean,
 * a maximum or a choice of some, as shares of a sum, as the product of two, in the class rows of a detector's head, or in
 * an operator of `ai.onnx.ml`.
 */
function activationInside(
  graph: Graph,
  node: Node,
  tensor: string,
  makers: Makers,
  depth: number,
): Activation | undefined {
  if (node.domain === 'ai.onnx.ml') return postTransform(node, makers);
  if (node.op === 'If') {
    const found = subgraphs(node).map((branch) => {
      const inner = branch.outputs[node.outputs.indexOf(tensor)]?.name;
      return inner === undefined ? 'none' : activationBehind(seenInside(graph, branch), inner, depth).activation;
    });
    return found.length === 2 && found[0] === found[1] && found[0] !== 'none' ? found[0] : undefined;
  }
  if (isShare(graph, node)) return 'exp_normalised';
  // Some of the probabilities, such as those of all classes but one.
  if (/^(ReduceMean|Slice|Split|Gather)$/.test(node.op)) return activationOf(graph, node.inputs[0] ?? '', depth);
  // Of classes that exclude each other, the largest is one class no more.
  if (node.op === 'ReduceMax')
    return activationOf(graph, node.inputs[0] ?? '', depth) === 'sigmoid' ? 'sigmoid' : undefined;
  if (node.op === 'Mul') return node.inputs.every((name) => isProbability(graph, name, depth)) ? 'sigmoid' : undefined;
  if (node.op === 'HardSigmoid' && node.domain === '') return 'sigmoid';
  if (node.op !== 'Concat') return undefined;
  const parts = node.inputs.map((name) => activationOf(graph, name, depth));
  return parts.findLast((part) => part !== undefined);
}

/** A branch with the nodes around it, which it may read. */
const seenInside = (graph: Graph, branch: Graph): Graph => ({
  ...branch,
  nodes: [...graph.nodes, ...branch.nodes],
  constants: new Map([...graph.constants, ...branch.constants]),
});

const activationOf = (graph: Graph, tensor: string, depth: number): Activation | undefined => {
  const { activation } = activationBehind(graph, tensor, depth);
  return activation === 'none' ? undefined : activation;
};

const isProbability = (graph: Graph, tensor: string, depth: number): boolean =>
  /^(softmax|sigmoid|exp_normalised)$/.test(activationBehind(graph, tensor, depth).activation);

/** Activation that a converter's operator applies to its scores; Normalizer divides its input by its sum. */
function postTransform(node: Node, makers: Makers): Activation | undefined {
  if (node.op === 'Normalizer') {
    const before = makers.get(node.inputs[0] ?? '');
    return before && postTransform(before, makers);
  }
  const transform = stringAttribute(node, 'post_transform', 'NONE');
  return transform === 'SOFTMAX' ? 'softmax' : transform === 'LOGISTIC' ? 'sigmoid' : undefined;
}

function activationAt(graph: Graph, node: Node, makers: Makers, depth: number): FoundActivation | undefined {
  const [input = ''] = node.inputs;
  if (node.domain !== '') return undefined;
  if (node.op === 'Softmax') return { activation: 'softmax', logits: input, axis: intAttribute(node, 'axis', -1) };
  if (node.op === 'LogSoftmax') {
    return { activation: 'log_softmax', logits: input, axis: intAttribute(node, 'axis', -1) };
  }
  if (node.op === 'Sigmoid') return { activation: 'sigmoid', logits: input };
  return node.op === 'Concat' ? sigmoidPair(graph, node, makers, depth) : spelledActivation(graph, node);
}

/** `[1 - p, p]` of one sigmoid: probabilities of two classes. No tensor of the graph holds their two logits. */
function sigmoidPair(graph: Graph, node: Node, makers: Makers, depth: number): FoundActivation | undefined {
  const [first, second] = node.inputs.map((name) => throughShapes(name, makers));
  if (node.inputs.length !== 2 || !first || !second) return undefined;
  const [p, q] = second.node.op === 'Sub' ? [first, second] : [second, first];
  const isComplement = q.node.op === 'Sub' && throughShapes(q.node.inputs[1] ?? '', makers)?.node === p.node;
  if (!isComplement || activationOf(graph, p.node.outputs[0] ?? '', depth) !== 'sigmoid') return undefined;
  return { activation: 'sigmoid', axis: intAttribute(node, 'axis', 0) };
}

function throughShapes(name: string, makers: Makers): { readonly node: Node } | undefined {
  let node = makers.get(name);
  while (node && traitsOf(node).transparent === 'shape') node = makers.get(node.inputs[0] ?? '');
  return node && { node };
}

/** True if a tensor is what an operator of `ai.onnx.ml` gives, seen through operators that only move or cast it. */
export function isClassical(graph: Graph, tensor: string): boolean {
  const makers = producers(graph);
  let node = makers.get(tensor);
  while (node && isTransparent(node, graph)) node = makers.get(node.inputs[0] ?? '');
  return node?.domain === 'ai.onnx.ml';
}
