/** Softmax, sigmoid and their logarithms that exporters spell out in arithmetic. */
import type { Graph, Node } from '../../onnx/graph.ts';
import type { FoundActivation } from './final-activation.ts';
import { logistic, logisticByTanh, logSigmoid } from './spelled-logistic.ts';
import { Spelling } from './spelling.ts';

/** The activation that a node completes, and the tensor in front of it. */
export function spelledActivation(graph: Graph, node: Node): FoundActivation | undefined {
  if (node.domain !== '' || !/^(Div|Mul|Pow|Reciprocal|Sub|Neg|Add)$/.test(node.op)) return undefined;
  const spelling = new Spelling(graph);
  return (
    normalisedExponent(spelling, node) ??
    logistic(spelling, node) ??
    logisticByTanh(spelling, node) ??
    logSigmoid(spelling, node) ??
    logSoftmax(spelling, node)
  );
}

/** Operators that give no number below zero. */
const NOT_NEGATIVE = /^(Relu|Softplus|Abs|Sigmoid|Exp|Softmax|Sqrt)$/;

/** True for shares of a sum: numbers from zero on, divided by what they add up to. */
export function isShare(graph: Graph, node: Node): boolean {
  if (node.domain !== '' || !/^(Div|Mul)$/.test(node.op)) return false;
  const spelling = new Spelling(graph);
  const [above, below] = spelling.quotient(node) ?? [];
  const total = spelling.source(below);
  const sum = spelling.made(total, 'ReduceSum') ?? spelling.made(total, 'ReduceL1');
  const counted = spelling.maker(above);
  return sum !== undefined && sum.inputs[0] === above && counted !== undefined && NOT_NEGATIVE.test(counted.op);
}

/** True for a vector of length 1, as embeddings are compared: divided by its Euclidean length, which may be kept from 0. */
export function isUnitVector(graph: Graph, output: string): boolean {
  const spelling = new Spelling(graph);
  const node = spelling.maker(spelling.source(output));
  if (node?.op === 'LpNormalization') return Number(node.attributes.p?.value ?? 2) === 2;
  const [above, below] = (node && spelling.quotient(node)) ?? [];
  let length = spelling.maker(spelling.source(below));
  while (length && /^(Clip|Max|Add)$/.test(length.op)) length = spelling.maker(spelling.source(length.inputs[0]));
  return above !== undefined && length?.op === 'ReduceL2' && length.inputs[0] === above;
}

/** `Exp(x) / ReduceSum(Exp(x))`, also with the largest element taken off first. */
function normalisedExponent(spelling: Spelling, node: Node): FoundActivation | undefined {
  const [above, below] = spelling.quotient(node) ?? [];
  const exponent = spelling.exponent(above);
  const sum = spelling.made(spelling.source(below), 'ReduceSum');
  if (exponent === undefined || spelling.exponent(sum?.inputs[0]) !== exponent || !sum) return undefined;
  const axis = spelling.axisOf(sum);
  return {
    activation: 'exp_normalised',
    logits: spelling.unshifted(exponent),
    ...(axis !== undefined && { axis }),
  };
}

/** `x - ReduceLogSumExp(x)` or `x - Log(ReduceSum(Exp(x)))`. */
function logSoftmax(spelling: Spelling, node: Node): FoundActivation | undefined {
  const [x = '', less] = node.inputs;
  if (node.op !== 'Sub') return undefined;
  const log = spelling.source(less);
  const whole = spelling.made(log, 'ReduceLogSumExp');
  const sum = spelling.made(spelling.source(spelling.made(log, 'Log')?.inputs[0]), 'ReduceSum');
  const of = whole ? whole.inputs[0] : spelling.exponent(sum?.inputs[0]);
  const reduction = whole ?? sum;
  if (!reduction || of !== x) return undefined;
  const axis = spelling.axisOf(reduction);
  return { activation: 'log_softmax', logits: spelling.unshifted(x), ...(axis !== undefined && { axis }) };
}
