/** Softmax, sigmoid and log-softmax that exporters spell out in arithmetic. */
import { intsAttribute } from '../../onnx/attributes.ts';
import { constantValues } from '../../onnx/constant.ts';
import { producers } from '../../onnx/edit.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { traitsOf } from '../../onnx/operators.ts';
import type { FinalActivation } from './final-activation.ts';

/** A graph with the node that makes each of its values. */
class Spelling {
  private readonly graph: Graph;
  private readonly makers: ReadonlyMap<string, Node>;

  constructor(graph: Graph) {
    this.graph = graph;
    this.makers = producers(graph);
  }

  /** The node of `ai.onnx` that makes a value, if it is of this operator. */
  made(name: string | undefined, op: string): Node | undefined {
    const node = this.makers.get(name ?? '');
    return node?.op === op && node.domain === '' ? node : undefined;
  }

  maker(name: string | undefined): Node | undefined {
    return this.makers.get(name ?? '');
  }

  /** The value in front of operators that change its shape alone, or spread it. */
  source(name: string | undefined): string {
    let tensor = name ?? '';
    for (let node = this.makers.get(tensor); node; node = this.makers.get(tensor)) {
      if (traitsOf(node).transparent !== 'shape' && !/^(Identity|Expand)$/.test(node.op)) break;
      tensor = node.inputs[0] ?? '';
    }
    return tensor;
  }

  /** The number that a constant holds everywhere. */
  number(name: string | undefined): number | undefined {
    const constant = this.graph.constants.get(this.source(name));
    if (!constant) return undefined;
    const [first, ...rest] = Array.from(constantValues(constant), Number);
    return rest.every((value) => value === first) ? first : undefined;
  }

  /** Both operands of a node with two, the one that `picks` first. */
  operands(node: Node | undefined, picks: (name: string) => boolean): readonly [string, string] | undefined {
    const [a = '', b = ''] = node?.inputs ?? [];
    if (node?.inputs.length !== 2) return undefined;
    return picks(a) ? [a, b] : picks(b) ? [b, a] : undefined;
  }

  /** Numerator and denominator of a division, in whatever form; the numerator is undefined where it is 1. */
  quotient(node: Node): readonly [above: string | undefined, below: string] | undefined {
    const [a = '', b = ''] = node.inputs;
    if (node.op === 'Reciprocal') return [undefined, a];
    if (node.op === 'Div') return [this.number(a) === 1 ? undefined : a, b];
    if (node.op !== 'Mul') return undefined;
    const found = this.operands(node, (name) => this.made(this.source(name), 'Reciprocal') !== undefined);
    const inverse = found && this.made(this.source(found[0]), 'Reciprocal');
    return found && inverse ? [found[1], inverse.inputs[0] ?? ''] : undefined;
  }

  /** The exponent of `Exp(x)`. */
  exponent(name: string | undefined): string | undefined {
    return this.made(name, 'Exp')?.inputs[0];
  }

  /** x in front of `x - max(x)`; x itself where nothing is taken off. */
  unshifted(name: string): string {
    const shifted = this.made(name, 'Sub');
    const [x = '', largest] = shifted?.inputs ?? [];
    return shifted && this.made(this.source(largest), 'ReduceMax') ? x : name;
  }

  /** x of `-x`. */
  negated(name: string | undefined): string | undefined {
    const negative = this.made(name, 'Neg');
    if (negative) return negative.inputs[0];
    const scaled = this.operands(this.made(name, 'Mul'), (operand) => this.number(operand) === -1);
    return scaled?.[1];
  }

  /** The only axis that a reduction goes along. */
  axisOf(node: Node): number | undefined {
    const constant = this.graph.constants.get(node.inputs[1] ?? '');
    const axes = constant ? Array.from(constantValues(constant), Number) : intsAttribute(node, 'axes', []);
    return axes.length === 1 ? axes[0] : undefined;
  }
}

/** The activation that a node completes, and the tensor in front of it. */
export function spelledActivation(graph: Graph, node: Node): FinalActivation | undefined {
  if (node.domain !== '' || !/^(Div|Mul|Reciprocal|Sub|Log|Exp|Add)$/.test(node.op)) return undefined;
  const spelling = new Spelling(graph);
  return (
    normalisedExponent(spelling, node) ??
    logistic(spelling, node) ??
    logisticByTanh(spelling, node) ??
    logarithm(spelling, node) ??
    exponential(spelling, node)
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
function normalisedExponent(spelling: Spelling, node: Node): FinalActivation | undefined {
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

/** `1 / (1 + Exp(-x))` or `Exp(x) / (1 + Exp(x))`. */
function logistic(spelling: Spelling, node: Node): FinalActivation | undefined {
  const quotient = spelling.quotient(node);
  if (!quotient) return undefined;
  const [above, below] = quotient;
  const [, exp] = spelling.operands(spelling.made(below, 'Add'), (name) => spelling.number(name) === 1) ?? [];
  const exponent = spelling.exponent(exp);
  if (exponent === undefined) return undefined;
  const logits = above === undefined ? spelling.negated(exponent) : spelling.exponent(above);
  const isSame = above === undefined || logits === exponent;
  return logits !== undefined && isSame ? { activation: 'sigmoid', logits } : undefined;
}

/** `0.5 * Tanh(0.5 * x) + 0.5` or `0.5 * (Tanh(0.5 * x) + 1)`. */
function logisticByTanh(spelling: Spelling, node: Node): FinalActivation | undefined {
  const [outer, inner, constant] = node.op === 'Add' ? ['Add', 'Mul', 0.5] : ['Mul', 'Add', 1];
  const half = (name: string): boolean => spelling.number(name) === 0.5;
  if (node.op !== outer) return undefined;
  const [, middle] = spelling.operands(node, half) ?? [];
  const isInner = (name: string): boolean => spelling.number(name) === (inner === 'Mul' ? 0.5 : constant);
  const [, tanh] = spelling.operands(spelling.made(middle, String(inner)), isInner) ?? [];
  const [, logits] = spelling.operands(spelling.made(spelling.made(tanh, 'Tanh')?.inputs[0], 'Mul'), half) ?? [];
  return logits === undefined ? undefined : { activation: 'sigmoid', logits };
}

/** `x - ReduceLogSumExp(x)`, `x - Log(ReduceSum(Exp(x)))` or `Log(Softmax(x))`. */
function logarithm(spelling: Spelling, node: Node): FinalActivation | undefined {
  const [x = '', less] = node.inputs;
  if (node.op === 'Log') {
    const softmax = spelling.made(x, 'Softmax');
    const axis = softmax?.attributes.axis;
    return softmax && { activation: 'log_softmax', logits: softmax.inputs[0] ?? '', axis: Number(axis?.value ?? -1) };
  }
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

/** `Exp` of any of the forms of log-softmax. */
function exponential(spelling: Spelling, node: Node): FinalActivation | undefined {
  if (node.op !== 'Exp') return undefined;
  const inner = spelling.maker(node.inputs[0]);
  if (inner?.op === 'LogSoftmax') {
    return {
      activation: 'softmax',
      logits: inner.inputs[0] ?? '',
      axis: Number(inner.attributes.axis?.value ?? -1),
    };
  }
  const found = inner && logarithm(spelling, inner);
  return found && { ...found, activation: 'softmax' };
}
