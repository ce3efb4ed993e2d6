/** Parts of DeepLIFT's rules: the same node in both passes, means and quotients of differences. */
import type { GraphBuilder, Value } from '../../../onnx/builder.ts';
import { type Cotangents, operands, type RuleContext } from '../../rule.ts';

/** Differences below which a quotient of differences is rounding alone: for straight pieces, and for curves. */
export const STRAIGHT = 1e-9;
export const SMOOTH = 1e-3;

export type Vjp = (context: RuleContext) => Cotangents;

/** The mean of a value in the two passes. */
export const half = (g: GraphBuilder, a: Value, b: Value): Value => g.mul(g.add(a, b), g.number(0.5, a));

/** The same node in the reference pass. */
export function atReference(context: RuleContext): RuleContext {
  const { inputs, outputs, optional, reference } = context;
  const twin = (values: RuleContext['inputs']): RuleContext['inputs'] =>
    operands((values as readonly (Value | undefined)[]).map((v) => v && reference(v)));
  return {
    ...context,
    inputs: twin(inputs),
    outputs: twin(outputs),
    optional: (i) => {
      const v = optional(i);
      return v && reference(v);
    },
  };
}

/** numerator / denominator where |denominator| is above `least`, else `otherwise`. */
export function ratio(g: GraphBuilder, numerator: Value, denominator: Value, least: number, otherwise: Value): Value {
  const enough = g.op('Greater', [g.op('Abs', [denominator]), g.number(least, denominator)]);
  return g.where(enough, g.div(numerator, g.where(enough, denominator, g.number(1, denominator))), otherwise);
}
