/** Lets a cotangent pass where a value lies between bounds: what ReLU, clip and their kin do backwards. */
import { float } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';

export interface Gate {
  /** Passes above this, not at it. */
  readonly low?: number | Value;
  /** Passes below this, not at it. */
  readonly high?: number | Value;
}

/**
 * dy where y lies within the bounds, else 0.
 *
 * Engines compute the mask as soon as y is there and hold it until dy arrives. For `memory` it is of booleans, a quarter
 * of y's size. For `speed` it is of floats, made by {@link step} and applied by a product: fewer and faster passes.
 */
export function gate(g: GraphBuilder, y: Value, dy: Value, { low, high }: Gate, optimize: 'speed' | 'memory'): Value {
  const [above, below] =
    optimize === 'memory'
      ? [compare(g, 'Greater', y, low), compare(g, 'Less', y, high)]
      : [low !== undefined && step(g, y, low, 1), high !== undefined && step(g, y, high, -1)];
  if (!above && !below) return dy;
  const both = above && below ? g.op(optimize === 'memory' ? 'And' : 'Mul', [above, below]) : above || below;
  return optimize === 'memory' ? g.where(both as Value, dy, g.number(0, dy)) : g.mul(dy, both as Value);
}

const compare = (g: GraphBuilder, op: 'Greater' | 'Less', y: Value, bound: number | Value | undefined): Value | false =>
  bound !== undefined && g.op(op, [y, typeof bound === 'number' ? g.number(bound, y) : bound]);

/**
 * 1 where y is above (`sign` 1) or below (-1) the bound, else 0, in one pass: a HardSigmoid so steep that it is a step.
 * Engines run it several times as fast as a comparison and a selection.
 */
function step(g: GraphBuilder, y: Value, bound: number | Value, sign: 1 | -1): Value {
  if (typeof bound !== 'number') return step(g, g.sub(y, bound), 0, sign);
  const slope = sign * steep(bound);
  return g.op('HardSigmoid', [y], { alpha: float(slope), beta: float(-bound * slope) });
}

/**
 * A slope that carries every float on the right side of the bound past 1, down to the smallest normal one. A power of
 * two, so that the product is exact and only the sign of the difference counts.
 */
const steep = (bound: number): number =>
  2 ** (126 - (bound === 0 ? 0 : Math.max(0, Math.ceil(Math.log2(Math.abs(bound)))) + 1));
