/** Helpers of LRP's rules for linear layers: the layer with its weights and inputs changed, run forwards and backwards. */
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { type Cotangents, operands, type RuleContext } from '../rule.ts';
import { gradientAt } from './gradient.ts';

export interface Layer {
  readonly x: Value;
  readonly w: Value;
  readonly b?: Value;
}

/** z + epsilon * sign(z), where sign(0) is 1: a denominator that is never zero. */
export const stabilized = (g: GraphBuilder, z: Value, epsilon: number): Value =>
  g.add(z, g.where(g.op('Less', [z, g.number(0, z)]), g.number(-epsilon, z), g.number(epsilon, z)));

/** Input, weights and bias of a linear node; undefined when both factors depend on the input. */
export function linearLayer({ inputs: [a, b], optional, wants }: RuleContext): Layer | undefined {
  if (wants(0) && wants(1)) return undefined;
  const bias = optional(2);
  return wants(0) ? { x: a, w: b, ...(bias && { b: bias }) } : { x: b, w: a, ...(bias && { b: bias }) };
}

/**
 * The sum over changed copies of the layer of input times returned signal: `share` turns the outputs of the copies into
 * the signal that each sends back.
 */
export function propagate(
  context: RuleContext,
  layers: readonly Layer[],
  share: (z: readonly Value[]) => readonly Value[],
): Cotangents {
  const { g, node, wants } = context;
  const at = wants(0) ? 0 : 1;
  const inputsOf = ({ x, w, b }: Layer): (Value | undefined)[] => (at === 0 ? [x, w, b] : [w, x, b]);
  const signals = share(layers.map((layer) => g.op(node.op, inputsOf(layer), node.attributes)));
  const relevance = layers.map((layer, i) => {
    const inputs = inputsOf(layer);
    const parts = gradientAt(context, {
      inputs: operands(inputs),
      optional: (k) => inputs[k],
      cotangents: operands([signals[i]]),
    });
    return g.mul(layer.x, parts[at] as Value);
  });
  const total = relevance.reduce(g.add);
  return at === 0 ? [total] : [false, total];
}
