/** Sigmoid and its logarithm in the forms in which exporters spell them out. */
import type { Node } from '../../onnx/graph.ts';
import type { FoundActivation } from './final-activation.ts';
import type { Spelling } from './spelling.ts';

const found = (activation: 'sigmoid' | 'log_sigmoid', logits: string | undefined): FoundActivation => ({
  activation,
  ...(logits !== undefined && { logits }),
});

/** `1 / (1 + Exp(-x))` or `Exp(x) / (1 + Exp(x))`; of `1 / (1 + Exp(x))` no tensor holds the score. */
export function logistic(spelling: Spelling, node: Node): FoundActivation | undefined {
  const quotient = spelling.quotient(node);
  if (!quotient) return undefined;
  const [above, below] = quotient;
  const exponent = spelling.exponent(onePlus(spelling, below));
  if (exponent === undefined) return undefined;
  if (above === undefined) return found('sigmoid', spelling.negated(exponent));
  return spelling.exponent(above) === exponent ? found('sigmoid', exponent) : undefined;
}

/** `(Tanh(x / 2) + 1) / 2`, in whatever order; of `(Tanh(x) + 1) / 2` no tensor holds the score. */
export function logisticByTanh(spelling: Spelling, node: Node): FoundActivation | undefined {
  const isHalf = (name: string): boolean => spelling.number(name) === 0.5;
  const shifted = node.op === 'Add' ? spelling.operands(node, isHalf)?.[1] : onePlus(spelling, halved(spelling, node));
  const inner = node.op === 'Add' ? halved(spelling, spelling.maker(shifted)) : shifted;
  const tanh = spelling.made(inner, 'Tanh');
  return tanh && found('sigmoid', halved(spelling, spelling.maker(tanh.inputs[0])));
}

/**
 * `-Softplus(-x)`, `x - Softplus(x)` or `Min(x, 0) - Log(1 + Exp(-Abs(x)))`, also with Softplus spelled out; of
 * `-Softplus(x)` no tensor holds the score.
 */
export function logSigmoid(spelling: Spelling, node: Node): FoundActivation | undefined {
  const negative = softplusOf(spelling, spelling.negated(node.outputs[0]));
  if (negative !== undefined) return found('log_sigmoid', spelling.negated(negative));
  if (node.op !== 'Sub') return undefined;
  const [x = '', less] = node.inputs;
  if (softplusOf(spelling, less) === x) return found('log_sigmoid', x);
  const [, low] = spelling.operands(spelling.made(x, 'Min'), (name) => spelling.number(name) === 0) ?? [];
  return low !== undefined && low === foldedOf(spelling, less) ? found('log_sigmoid', low) : undefined;
}

/** x of `Softplus(x)`, `Log(1 + Exp(x))` or `Max(x, 0) + Log(1 + Exp(-Abs(x)))`. */
function softplusOf(spelling: Spelling, name: string | undefined): string | undefined {
  const softplus = spelling.made(name, 'Softplus');
  if (softplus) return softplus.inputs[0];
  const log = spelling.made(name, 'Log');
  if (log) return spelling.exponent(onePlus(spelling, log.inputs[0]));
  const isFolded = (operand: string): boolean => foldedOf(spelling, operand) !== undefined;
  const [folded, high] = spelling.operands(spelling.made(name, 'Add'), isFolded) ?? [];
  const isZero = (operand: string): boolean => spelling.number(operand) === 0;
  const x = spelling.made(high, 'Relu')?.inputs[0] ?? spelling.operands(spelling.made(high, 'Max'), isZero)?.[1];
  return x !== undefined && x === foldedOf(spelling, folded) ? x : undefined;
}

/** x of `Log(1 + Exp(-Abs(x)))`. */
function foldedOf(spelling: Spelling, name: string | undefined): string | undefined {
  const exponent = spelling.exponent(onePlus(spelling, spelling.made(name, 'Log')?.inputs[0]));
  return spelling.made(spelling.negated(exponent), 'Abs')?.inputs[0];
}

/** x of `1 + x`. */
function onePlus(spelling: Spelling, name: string | undefined): string | undefined {
  const sum = spelling.made(spelling.source(name), 'Add');
  return spelling.operands(sum, (operand) => spelling.number(operand) === 1)?.[1];
}

/** x of `x / 2`. */
function halved(spelling: Spelling, node: Node | undefined): string | undefined {
  if (node?.op === 'Div' && node.domain === '') {
    return spelling.number(node.inputs[1]) === 2 ? node.inputs[0] : undefined;
  }
  if (node?.op !== 'Mul' || node.domain !== '') return undefined;
  return spelling.operands(node, (operand) => spelling.number(operand) === 0.5)?.[1];
}
