/** Scaled dot-product attention (Vaswani et al. 2017, "Attention is all you need", section 3.2.1), shared by the operators that hold it. */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { refuse } from '../rules/axes.ts';

/** Changes of the scores of queries [N, H, S, T] on their way to the softmax, in this order. */
export interface Scoring {
  /** 1 / sqrt(width of a head) when left out or 0. */
  readonly scale?: number;
  /** Scores are bounded to (-softcap, softcap); 0 is off. */
  readonly softcap?: number;
  /** Added; broadcasts to the scores. */
  readonly bias?: Value | undefined;
  /** Pairs of query and key that count; broadcasts to the scores. All of them when left out. */
  readonly allowed?: Value | undefined;
  /** Score of a pair that does not count. */
  readonly masked: number;
  /** Rows that attend to no key at all give zeros: 1 for the others, 0 for them, [N, H, S, 1] or what broadcasts to it. */
  readonly openRows?: Value | undefined;
  /** Element type of the softmax, as ONNX numbers it. */
  readonly softmaxType?: number;
}

export interface Attended {
  /** [N, H, S, width of the values] */
  readonly result: Value;
  /** Scores after scale, after softcap, after bias and mask, and the weights: [N, H, S, T] each. */
  readonly stages: readonly [Value, Value, Value, Value];
}

/** softmax(q k' scale) v, each [N, H, length, width of a head]. */
export function attend(
  g: GraphBuilder,
  node: Node,
  [q, k, v]: readonly [Value, Value, Value],
  scoring: Scoring,
): Attended {
  const { softcap, bias, allowed, masked, openRows, softmaxType } = scoring;
  const width = q.dims?.[3];
  if (typeof width !== 'number') refuse(node, 'the width of its heads is not known before the run');
  const scaled = g.mul(q, g.number(scoring.scale || 1 / Math.sqrt(width), q));
  const products = g.op('MatMul', [scaled, g.transpose(k, [0, 1, 3, 2])]);
  const capped = softcap ? bounded(g, products, softcap) : products;
  const biased = bias ? g.add(capped, bias) : capped;
  const scores = allowed ? g.where(allowed, biased, g.number(masked, biased)) : biased;
  const softmax = softmaxType
    ? g.op('CastLike', [g.op('Softmax', [g.op('Cast', [scores], { to: softmaxType })], { axis: -1 }), scores])
    : g.op('Softmax', [scores], { axis: -1 });
  const weights = openRows ? g.mul(softmax, openRows) : softmax;
  return { result: g.op('MatMul', [weights, v]), stages: [products, capped, scores, weights] };
}

function bounded(g: GraphBuilder, scores: Value, softcap: number): Value {
  const cap = g.number(softcap, scores);
  return g.mul(g.op('Tanh', [g.div(scores, cap)]), cap);
}

/** Length of [N, H, length, width], an int64 scalar. */
export function lengthOf(g: GraphBuilder, x: Value): Value {
  const length = x.dims?.[2];
  if (typeof length === 'number') return g.scalar(length, 'int64');
  return g.op('Squeeze', [g.op('Shape', [x], { start: 2, end: 3 })]);
}

/** 0, 1 ... for the rows of [N, H, length, width]: int64 [length]. */
export const positions = (g: GraphBuilder, x: Value): Value =>
  g.op('Range', [g.scalar(0, 'int64'), lengthOf(g, x), g.scalar(1, 'int64')]);

/** True where a key does not come after its query: [S, T]. `past` keys precede all queries. */
export function causalMask(g: GraphBuilder, q: Value, k: Value, past?: Value): Value {
  const own = positions(g, q);
  const queries = past ? g.add(own, lengthOf(g, past)) : own;
  return g.op('GreaterOrEqual', [g.op('Unsqueeze', [queries, g.ints([1])]), positions(g, k)]);
}

/** Keys or values behind those of earlier runs. */
export const afterPast = (g: GraphBuilder, past: Value | undefined, x: Value): Value =>
  past ? g.op('Concat', [past, x], { axis: 2 }) : x;

/** [N, S, H * width] as [N, H, S, width]. */
export const splitHeads = (g: GraphBuilder, x: Value, heads: number): Value =>
  g.transpose(g.op('Reshape', [x, g.ints([0, 0, heads, -1])]), [0, 2, 1, 3]);

/** [N, H, S, width] as [N, S, H * width]. */
export const mergeHeads = (g: GraphBuilder, x: Value): Value =>
  g.op('Reshape', [g.transpose(x, [0, 2, 1, 3]), g.ints([0, 0, -1])]);

/** Each head of keys or values once for each of the `groups` query heads that share it. */
export function repeatHeads(g: GraphBuilder, x: Value, heads: number, groups: number): Value {
  if (groups === 1) return x;
  const order = Array.from({ length: heads * groups }, (_, i) => Math.floor(i / groups));
  return g.op('Gather', [x, g.ints(order)], { axis: 1 });
}

export const headsOf = (node: Node, name: string): number => intAttribute(node, name, 1);
