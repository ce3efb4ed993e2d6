/** Arithmetic behind an activation: what it makes of the probabilities. */
import type { Node } from '../../onnx/graph.ts';
import type { Activation } from '../description.ts';
import type { FinalActivation, FoundActivation } from './final-activation.ts';
import type { Spelling } from './spelling.ts';

/** Logarithm, exponential, `1 - p`, a power such as the square root, or a number too small to matter. */
export type Turn = 'log' | 'exp' | 'complement' | 'power' | 'offset';

/** Largest number that is added to probabilities to keep their logarithm finite. */
const MAX_OFFSET = 1e-3;

/** Activations that remain activations; behind anything else the numbers are no probabilities. */
const TURNED: Readonly<Record<Turn, Readonly<Partial<Record<Activation, Activation>>>>> = {
  log: { softmax: 'log_softmax', exp_normalised: 'log_softmax', sigmoid: 'log_sigmoid' },
  exp: { log_softmax: 'softmax', log_sigmoid: 'sigmoid' },
  // What is left of one class is the sigmoid of its negative log odds, which no tensor holds.
  complement: { softmax: 'sigmoid', exp_normalised: 'sigmoid', sigmoid: 'sigmoid' },
  power: { softmax: 'sigmoid', exp_normalised: 'sigmoid', sigmoid: 'sigmoid' },
  offset: { softmax: 'softmax', exp_normalised: 'exp_normalised', sigmoid: 'sigmoid' },
};

/** The turn that a node makes, and the tensor in front of it. */
export function turnAt(spelling: Spelling, node: Node): { readonly turn: Turn; readonly source: string } | undefined {
  const [a = '', b] = node.inputs;
  const made = (turn: Turn, source: string | undefined) => (source === undefined ? undefined : { turn, source });
  const isOffset = (name: string): boolean => Math.abs(spelling.number(name) ?? 1) <= MAX_OFFSET;
  if (node.domain !== '') return undefined;
  if (node.op === 'Log') return made('log', a);
  if (node.op === 'Exp') return made('exp', a);
  if (node.op === 'Sqrt' || (node.op === 'Pow' && (spelling.number(b) ?? 0) > 0)) return made('power', a);
  if (node.op === 'Sub' && spelling.number(a) === 1) return made('complement', b);
  if (node.op === 'Max') return made('offset', spelling.operands(node, isOffset)?.[1]);
  if (node.op !== 'Add') return undefined;
  const one = spelling.operands(node, (name) => spelling.number(name) === 1);
  return one ? made('complement', spelling.negated(one[1])) : made('offset', spelling.operands(node, isOffset)?.[1]);
}

/**
 * The activation behind turns.
 *
 * @param turns the last one first
 * @param output stands for the logits where no tensor holds them
 */
export function turned(activation: FoundActivation, turns: readonly Turn[], output: string): FinalActivation {
  let found = activation;
  for (const turn of turns.toReversed()) {
    const kind = TURNED[turn][found.activation];
    if (kind === undefined) return { activation: 'none', logits: output };
    found = turn === 'complement' || turn === 'power' ? { activation: kind } : { ...found, activation: kind };
  }
  const { logits, order, ...rest } = found;
  return logits === undefined ? { ...rest, logits: output } : { ...rest, logits, ...(order && { order }) };
}
