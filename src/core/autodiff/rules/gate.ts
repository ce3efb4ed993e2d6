/** Lets a cotangent pass where a value lies between bounds: what ReLU, clip and their kin do backwards. */
import { float } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';

export interface Gate {
  /** Passes above this, not at it. */
  readonly low?: number | Value | undefined;
  /** Passes below this, not at it. */
  readonly high?: number | Value | undefined;
  /** True if y never lies beyond the bounds, only between them or on one of them. */
  readonly clamped?: boolean;
}

/**
 * dy where y lies within the bounds, else 0.
 *
 * Engines compute the mask as soon as y is there, or hold y until dy arrives. For `memory`, which runs on WebAssembly, it
 * is the sign of the distance to the bounds where y is clamped to them: a third faster there than comparisons and a
 * selection, and much faster than a HardSigmoid, whose kernel is slow wherever it overwrites its input. Between 0 and an
 * upper bound it is negative, by {@link negativeBetween}, and so is the result: see `onnx/simplify/move-negations.ts`. For
 * `speed` the mask is made by {@link step}, for native kernels and graphics processors.
 */
export function gate(g: GraphBuilder, y: Value, dy: Value, bounds: Gate, optimize: 'speed' | 'memory'): Value {
  const { low, high } = bounds;
  if (low === undefined && high === undefined) return dy;
  if (optimize === 'speed') return g.mul(dy, steps(g, y, bounds));
  const negative = negativeBetween(g, y, bounds);
  if (negative) return g.neg(g.mul(dy, g.op('Sign', [negative])));
  const mask = signOfDistance(g, y, bounds);
  return mask ? g.mul(dy, mask) : g.where(comparison(g, y, bounds), dy, g.number(0, dy));
}

function comparison(g: GraphBuilder, y: Value, { low, high }: Gate): Value {
  const above = low !== undefined && g.op('Greater', [y, boundAs(g, low, y)]);
  const below = high !== undefined && g.op('Less', [y, boundAs(g, high, y)]);
  return above && below ? g.op('And', [above, below]) : ((above || below) as Value);
}

const boundAs = (g: GraphBuilder, bound: number | Value, like: Value): Value =>
  typeof bound === 'number' ? g.number(bound, like) : bound;

/**
 * Below 0 between 0 and an upper bound, and 0 on both, for a float32 y that is clamped to them, in one pass: y minus the
 * bound where y is above 0. The difference of two floats is 0 only if they are equal.
 */
function negativeBetween(g: GraphBuilder, y: Value, { low, high, clamped }: Gate): Value | undefined {
  const isBound = typeof high === 'number' && Number.isFinite(high) && high > 0;
  if (!clamped || y.dtype !== 'float32' || low !== 0 || !isBound) return undefined;
  return g.op('Shrink', [y], { lambd: float(0), bias: float(high) });
}

/** Width of an interval from which on the product of both distances is above 0 wherever both are. */
const MIN_WIDTH = 2 ** -20;

/**
 * 1 between the bounds and 0 on them, for a float32 y that is clamped: the sign of its distance to the bound, or of the
 * product of both distances.
 */
function signOfDistance(g: GraphBuilder, y: Value, { low, high, clamped }: Gate): Value | undefined {
  const isKnown = (bound: unknown): boolean => bound === undefined || Number.isFinite(bound);
  if (!clamped || y.dtype !== 'float32' || !isKnown(low) || !isKnown(high)) return undefined;
  const both = low !== undefined && high !== undefined;
  if (both && (high as number) - (low as number) < MIN_WIDTH) return undefined;
  const above = low === undefined || low === 0 ? y : g.sub(y, boundAs(g, low, y));
  const below = high === undefined ? undefined : g.sub(boundAs(g, high, y), y);
  if (low === undefined) return g.op('Sign', [below]);
  return g.op('Sign', [below ? g.mul(above, below) : above]);
}

function steps(g: GraphBuilder, y: Value, { low, high }: Gate): Value {
  const above = low !== undefined && step(g, y, low, 1);
  const below = high !== undefined && step(g, y, high, -1);
  return above && below ? g.mul(above, below) : ((above || below) as Value);
}

/**
 * 1 where y is above (`sign` 1) or below (-1) the bound, else 0, in one pass: a HardSigmoid so steep that it is a step.
 * Native kernels run it several times as fast as a comparison and a selection.
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
