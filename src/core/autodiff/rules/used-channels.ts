/** The channels of a cotangent that are not zero: behind many classes that is often a single one. */
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Dim } from '../../onnx/graph.ts';
import { sizeOf } from '../../tensor/tensor.ts';

/** Classes from which on looking for those that are explained takes less time than the others. */
const MIN_CLASSES = 256;

/** Weights from which on the same holds for a product over a single position. */
const MIN_WEIGHTS = 2 ** 19;

/** True if leaving out channels of the cotangent is worth looking for them, for weights [classes, ...rest]. */
export function isWorthLooking(dy: Value, weights: readonly Dim[] = []): boolean {
  const [classes] = weights;
  const space = dy.dims?.slice(2) ?? [];
  if (typeof classes !== 'number' || classes < MIN_CLASSES || !isStatic(space)) return false;
  return sizeOf(space) > 1 || (isStatic(weights) && sizeOf(weights) >= MIN_WEIGHTS);
}

/**
 * The channels of a cotangent that are not zero, and the first, so that there is one.
 * @param w weights [classes, ...rest]
 * @returns those channels, and the weights of those classes
 */
export function overUsedChannels(g: GraphBuilder, dy: Value, w: Value): { readonly dy: Value; readonly w: Value } {
  const used = usedChannels(g, dy);
  return { dy: channelsOf(g, dy, used), w: g.op('Gather', [w, used], { axis: 0 }) };
}

/** The positions of the channels that are not zero, and of the first. */
function usedChannels(g: GraphBuilder, dy: Value): Value {
  const source = sourceOf(g, dy);
  const classes = Number(dy.dims?.[1]);
  const axes = (source.dims ?? []).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const size = g.reduce('ReduceMax', g.op('Abs', [source]), axes, false);
  const first = Float32Array.from({ length: classes }, (_, i) => (i === 0 ? 1 : 0));
  const isUsed = g.add(size, g.constant('float32', [classes], first));
  return g.op('Reshape', [g.op('NonZero', [isUsed]), g.ints([-1])]);
}

/** The value that `dy` repeats at each position and masks, which has its channels and fewer elements; else `dy`. */
function sourceOf(g: GraphBuilder, dy: Value): Value {
  const factors = operands(g, dy, 'Mul') ?? [];
  const repeated = factors.flatMap((factor) => operands(g, factor, 'Expand')?.slice(0, 1) ?? []);
  return repeated.find((value) => hasChannelsOf(value, dy)) ?? dy;
}

/** Some channels of a cotangent. Of a product of a mask, only they are computed. */
function channelsOf(g: GraphBuilder, dy: Value, channels: Value): Value {
  const [one, other] = operands(g, dy, 'Mul') ?? [];
  const gathered = (value: Value): Value => g.op('Gather', [value, channels], { axis: 1 });
  if (!one || !other || !hasChannelsOf(one, dy) || !hasChannelsOf(other, dy)) return gathered(dy);
  return g.mul(...([one, other].map((factor) => factorAt(g, factor, gathered)) as [Value, Value]));
}

/** Some channels of a factor: of what a step is taken of, and of what is repeated, which the product does by itself. */
function factorAt(g: GraphBuilder, factor: Value, gathered: (value: Value) => Value): Value {
  const maker = g.maker(factor);
  if (maker?.op !== 'HardSigmoid' && maker?.op !== 'Sign' && maker?.op !== 'Expand') return gathered(factor);
  const source = g.value(maker.inputs[0] as string);
  if (!hasChannelsOf(source, factor)) return gathered(factor);
  return maker.op === 'Expand' ? gathered(source) : g.op(maker.op, [gathered(source)], maker.attributes);
}

const hasChannelsOf = (value: Value, { dims }: Value): boolean =>
  value.dims?.length === dims?.length && value.dims?.[1] === dims?.[1];

/** Operands of the node that gives a value, if it has this operator. */
function operands(g: GraphBuilder, value: Value, op: string): Value[] | undefined {
  const maker = g.maker(value);
  return maker?.op === op ? maker.inputs.map((name) => g.value(name)) : undefined;
}
