/** Multi-head attention in the three forms that models hold it in (Vaswani et al. 2017, "Attention is all you need", section 3.2). */
import { floatAttribute, intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { rankOf, refuse } from '../rules/axes.ts';
import type { Decomposition, DecompositionContext } from './decompose.ts';

const domain = 'com.microsoft';

/** How the scores of queries [N, H, S, T] are changed on their way to the softmax. */
interface Scoring {
  /** 1 / sqrt(width of a head) when left out. */
  readonly scale?: number;
  /** Added; broadcasts to the scores. */
  readonly bias?: Value;
  readonly causal: boolean;
  /** Keys of earlier runs, which are among the keys. */
  readonly earlier?: Value;
  /** What scores that are masked out are replaced with, or lowered by. */
  readonly masked: number;
  /** 0 is off. */
  readonly softcap?: number;
}

/** softmax(q k' scale) v, each [N, H, length, width of a head]. */
function attend(g: GraphBuilder, node: Node, q: Value, k: Value, v: Value, scoring: Scoring): Value {
  const width = q.dims?.[3];
  if (typeof width !== 'number') refuse(node, 'the width of its heads is not known before the run');
  const scaled = g.mul(q, g.number(scoring.scale || 1 / Math.sqrt(width), q));
  let scores = g.op('MatMul', [scaled, g.transpose(k, [0, 1, 3, 2])]);
  if (scoring.softcap) {
    const cap = g.number(scoring.softcap, scores);
    scores = g.mul(g.op('Tanh', [g.div(scores, cap)]), cap);
  }
  if (scoring.bias) scores = g.add(scores, scoring.bias);
  if (scoring.causal) scores = g.where(reachable(g, q, k, scoring.earlier), scores, g.number(scoring.masked, scores));
  return g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), v]);
}

/** The length of [N, H, length, width], a scalar. */
function lengthOf(g: GraphBuilder, x: Value): Value {
  const extent = x.dims?.[2];
  if (typeof extent === 'number') return g.scalar(extent, 'int64');
  return g.op('Squeeze', [g.op('Shape', [x], { start: 2, end: 3 })]);
}

/** 0, 1 ... for the rows of [N, H, length, width]. */
const positions = (g: GraphBuilder, x: Value): Value =>
  g.op('Range', [g.scalar(0, 'int64'), lengthOf(g, x), g.scalar(1, 'int64')]);

/** Keys or values with those of earlier runs in front. */
const behind = (g: GraphBuilder, earlier: Value | undefined, x: Value): Value =>
  earlier ? g.op('Concat', [earlier, x], { axis: 2 }) : x;

/** True where a key does not lie behind its query: [S, T]. `earlier` keys lie in front of all queries. */
function reachable(g: GraphBuilder, q: Value, k: Value, earlier?: Value): Value {
  const places = positions(g, q);
  const last = earlier ? g.add(places, lengthOf(g, earlier)) : places;
  return g.op('GreaterOrEqual', [g.op('Unsqueeze', [last, g.ints([1])]), positions(g, k)]);
}

/** [N, S, H * width] as [N, H, S, width]. */
const split = (g: GraphBuilder, x: Value, heads: number): Value =>
  g.transpose(g.op('Reshape', [x, g.ints([0, 0, heads, -1])]), [0, 2, 1, 3]);

const merge = (g: GraphBuilder, x: Value): Value => g.op('Reshape', [g.transpose(x, [0, 2, 1, 3]), g.ints([0, 0, -1])]);

/** Refuses buffers that only generation needs. */
function withoutBuffers({ node, inputs }: DecompositionContext, buffers: readonly number[]): void {
  if (buffers.some((i) => inputs[i]))
    refuse(node, 'its keys and values of earlier runs are places in a buffer: export the model without a shared cache');
}

/** What a mask of 0 and 1, or of lengths, adds to the scores: [N, T], [N, S, T] or [N]. */
function maskBias(g: GraphBuilder, node: Node, mask: Value, like: Value, keys: Value, lowest: number): Value {
  const rank = rankOf(mask, node);
  if (rank === 1 && mask.dims?.[0] !== like.dims?.[0]) refuse(node, 'masks of ranges have no rule');
  if (rank > 3) refuse(node, 'masks of four dimensions have no rule');
  let keep = mask;
  if (rank === 1) {
    const places = g.op('CastLike', [positions(g, keys), mask]);
    keep = g.op('CastLike', [g.op('Less', [places, g.op('Unsqueeze', [mask, g.ints([1])])]), mask]);
  }
  const lowered = g.mul(g.sub(g.number(1, like), g.op('CastLike', [keep, like])), g.number(lowest, like));
  return g.op('Unsqueeze', [lowered, g.ints(rank === 3 ? [1] : [1, 2])]);
}

const sum = (g: GraphBuilder, a: Value | undefined, b: Value | undefined): Value | undefined =>
  a && b ? g.add(a, b) : (a ?? b);

export const attentionDecompositions: readonly Decomposition[] = [
  {
    op: 'Attention',
    domain,
    note: 'Masks of 0 and 1 or of lengths; past without a shared buffer.',
    rewrite(context) {
      const {
        g,
        node,
        inputs: [, , bias, mask, earlier, attentionBias],
        input,
      } = context;
      withoutBuffers(context, [6]);
      if (intAttribute(node, 'do_rotary', 0) === 1) refuse(node, 'rotary positions have no rule');
      const x = input(0);
      const product = g.op('MatMul', [x, input(1)]);
      const packed = bias ? g.add(product, bias) : product;
      const sizes = intsAttribute(node, 'qkv_hidden_sizes', []);
      const parts = g.ops(
        'Split',
        [packed, sizes.length > 0 ? g.ints(sizes) : undefined],
        { axis: -1, num_outputs: sizes.length > 0 ? undefined : 3 },
        3,
      );
      const [q, ownK, ownV] = parts.map((part) => split(g, part, intAttribute(node, 'num_heads', 1))) as [
        Value,
        Value,
        Value,
      ];
      // Keys and values of earlier runs lie one behind the other: [2, N, H, length, width].
      const [pastK, pastV] = earlier
        ? g.ops('Split', [earlier], { axis: 0, num_outputs: 2 }, 2).map((one) => g.op('Squeeze', [one, g.ints([0])]))
        : [];
      const [k, v] = [behind(g, pastK, ownK), behind(g, pastV, ownV)];
      const lowest = floatAttribute(node, 'mask_filter_value', -10000);
      const causal = intAttribute(node, 'unidirectional', 0) === 1;
      const masks = mask && maskBias(g, node, mask, x, k, lowest);
      const scoring = {
        scale: floatAttribute(node, 'scale', 0),
        bias: sum(g, masks, attentionBias),
        causal,
        masked: lowest,
        ...(pastK && { earlier: pastK }),
      };
      const present = context.reads(1)
        ? g.op(
            'Concat',
            [k, v].map((one) => g.op('Unsqueeze', [one, g.ints([0])])),
            { axis: 0 },
          )
        : undefined;
      return [merge(g, attend(g, node, q, k, v, scoring)), present];
    },
  },
  {
    op: 'MultiHeadAttention',
    domain,
    note: 'Query, key and value apart; past without a shared buffer.',
    rewrite(context) {
      const {
        g,
        node,
        inputs: [, key, value, bias, mask, attentionBias, pastK, pastV],
        input,
      } = context;
      withoutBuffers(context, [8, 9]);
      if (context.reads(3)) refuse(node, 'its inner products cannot be given out');
      const heads = intAttribute(node, 'num_heads', 1);
      const query = input(0);
      if (!key || !value || rankOf(key, node) === 5) refuse(node, 'packed keys and values have no rule');
      const parts = [query, key, value];
      const widths = parts.map((part) => (part.dims?.length === 3 ? part.dims[2] : undefined));
      const biases = bias && biasParts(g, node, bias, widths);
      const [q, ownK, ownV] = parts.map((part, i) => {
        // Keys and values of cross attention may come as [N, H, T, width].
        if (part.dims?.length === 4) return part;
        const shift = biases?.[i];
        return split(g, shift ? g.add(part, shift) : part, heads);
      }) as [Value, Value, Value];
      const [k, v] = [behind(g, pastK, ownK), behind(g, pastV, ownV)];
      const lowest = floatAttribute(node, 'mask_filter_value', -10000);
      const masks = mask && maskBias(g, node, mask, q, k, lowest);
      const causal = intAttribute(node, 'unidirectional', 0) === 1;
      const scoring = {
        scale: floatAttribute(node, 'scale', 0),
        bias: sum(g, masks, attentionBias),
        causal,
        masked: lowest,
        ...(pastK && { earlier: pastK }),
      };
      return [merge(g, attend(g, node, q, k, v, scoring)), k, v];
    },
  },
  {
    op: 'Attention',
    always: true,
    note: 'Of operator set 23; grouped queries, masks, causality, soft cap, past.',
    rewrite(context) {
      const {
        g,
        node,
        inputs: [, , , mask, pastK, pastV],
        input,
      } = context;
      if (context.reads(3)) refuse(node, 'its inner products cannot be given out');
      const flat = rankOf(input(0), node) === 3;
      const headsOf = (i: number): number =>
        flat ? intAttribute(node, i === 0 ? 'q_num_heads' : 'kv_num_heads', 1) : Number(input(i).dims?.[1]);
      const groups = headsOf(0) / headsOf(1);
      if (!Number.isInteger(groups)) refuse(node, 'the numbers of its heads are not known before the run');
      const [q, ownK, ownV] = [0, 1, 2].map((i) => (flat ? split(g, input(i), headsOf(i)) : input(i))) as [
        Value,
        Value,
        Value,
      ];
      const present = [behind(g, pastK, ownK), behind(g, pastV, ownV)] as const;
      const [k, v] = present.map((x, i) => (groups === 1 ? x : repeated(g, x, headsOf(i + 1), groups))) as [
        Value,
        Value,
      ];
      const lowest = -3.4028234663852886e38;
      const bias = mask?.dtype === 'bool' ? g.where(mask, g.number(0, q), g.number(lowest, q)) : mask;
      const scoring = {
        scale: floatAttribute(node, 'scale', 0),
        bias,
        causal: intAttribute(node, 'is_causal', 0) === 1,
        masked: lowest,
        softcap: floatAttribute(node, 'softcap', 0),
        ...(pastK && { earlier: pastK }),
      };
      const y = attend(g, node, q, k, v, scoring);
      return [flat ? merge(g, y) : y, ...present];
    },
  },
];

/** Each head of keys or values for the `groups` query heads that share it. */
function repeated(g: GraphBuilder, x: Value, heads: number, groups: number): Value {
  const order = Array.from({ length: heads * groups }, (_, i) => Math.floor(i / groups));
  return g.op('Gather', [x, g.ints(order)], { axis: 1 });
}

/** The biases of query, key and value, one behind the other in `bias`. */
function biasParts(
  g: GraphBuilder,
  node: Node,
  bias: Value,
  widths: readonly (string | number | undefined)[],
): Value[] {
  if (!widths.every((w) => typeof w === 'number'))
    refuse(node, 'a bias needs query, key and value of three dimensions');
  return g.ops('Split', [bias, g.ints(widths as number[])], { axis: 0 }, 3);
}
