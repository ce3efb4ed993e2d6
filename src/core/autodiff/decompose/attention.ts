/** Multi-head attention as `com.microsoft` has it, and the standard's. */
import { floatAttribute, intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { rankOf, refuse } from '../rules/axes.ts';
import {
  afterPast,
  attend,
  causalMask,
  headsOf,
  mergeHeads,
  positions,
  type Scoring,
  splitHeads,
} from './attention-core.ts';
import { standardAttention } from './attention-standard.ts';
import type { Decomposition, DecompositionContext } from './decomposition.ts';

const domain = 'com.microsoft';

/** Refuses buffers that only generation needs. */
function withoutBuffers({ node, inputs }: DecompositionContext, buffers: readonly number[]): void {
  if (buffers.some((i) => inputs[i]))
    refuse(node, 'its keys and values of earlier runs lie in a shared buffer: export the model without a cache');
}

/** Bias of the scores for a mask of 0 and 1, or of lengths: [N, T], [N, S, T] or [N]. */
function maskBias(g: GraphBuilder, node: Node, mask: Value, like: Value, keys: Value, lowest: number): Value {
  const rank = rankOf(mask, node);
  if (rank === 1 && mask.dims?.[0] !== like.dims?.[0]) refuse(node, 'masks of ranges have no rule');
  if (rank > 3) refuse(node, 'masks of four dims have no rule');
  let keep = mask;
  if (rank === 1) {
    const keyPositions = g.op('CastLike', [positions(g, keys), mask]);
    keep = g.op('CastLike', [g.op('Less', [keyPositions, g.op('Unsqueeze', [mask, g.ints([1])])]), mask]);
  }
  const lowered = g.mul(g.sub(g.number(1, like), g.op('CastLike', [keep, like])), g.number(lowest, like));
  return g.op('Unsqueeze', [lowered, g.ints(rank === 3 ? [1] : [1, 2])]);
}

interface Masks {
  readonly q: Value;
  readonly k: Value;
  /** Has the number of rows that a mask of lengths is recognised by. */
  readonly rows: Value;
  readonly mask: Value | undefined;
  readonly bias: Value | undefined;
  readonly past: Value | undefined;
}

/** Masks and causality of the `com.microsoft` operators. */
function scoringOf({ g, node }: DecompositionContext, { q, k, rows, mask, bias, past }: Masks): Scoring {
  const masked = floatAttribute(node, 'mask_filter_value', -10000);
  const lowered = mask && maskBias(g, node, mask, rows, k, masked);
  return {
    scale: floatAttribute(node, 'scale', 0),
    bias: lowered && bias ? g.add(lowered, bias) : (lowered ?? bias),
    allowed: intAttribute(node, 'unidirectional', 0) === 1 ? causalMask(g, q, k, past) : undefined,
    masked,
  };
}

/** Queries, keys and values side by side in one product with the weights. */
function projected({ g, node, inputs: [, , bias], input }: DecompositionContext): [Value, Value, Value] {
  const product = g.op('MatMul', [input(0), input(1)]);
  const packed = bias ? g.add(product, bias) : product;
  const sizes = intsAttribute(node, 'qkv_hidden_sizes', []);
  const parts =
    sizes.length > 0
      ? g.ops('Split', [packed, g.ints(sizes)], { axis: -1 }, 3)
      : g.ops('Split', [packed], { axis: -1, num_outputs: 3 }, 3);
  return parts.map((part) => splitHeads(g, part, headsOf(node, 'num_heads'))) as [Value, Value, Value];
}

const projectedAttention: Decomposition = {
  op: 'Attention',
  domain,
  note: 'Masks of 0 and 1 or of lengths; past without a shared buffer.',
  rewrite(context) {
    const {
      g,
      node,
      inputs: [, , , mask, past, bias],
      input,
    } = context;
    withoutBuffers(context, [6]);
    if (intAttribute(node, 'do_rotary', 0) === 1) refuse(node, 'rotary positions have no rule');
    const [q, ownK, ownV] = projected(context);
    // Past keys and values lie one behind the other: [2, N, H, length, width].
    const [pastK, pastV] = past
      ? g.ops('Split', [past], { axis: 0, num_outputs: 2 }, 2).map((one) => g.op('Squeeze', [one, g.ints([0])]))
      : [];
    const [k, v] = [afterPast(g, pastK, ownK), afterPast(g, pastV, ownV)];
    const present = (): Value => {
      const each = [k, v].map((one) => g.op('Unsqueeze', [one, g.ints([0])]));
      return g.op('Concat', each, { axis: 0 });
    };
    const scoring = scoringOf(context, { q, k, rows: input(0), mask, bias, past: pastK });
    return [mergeHeads(g, attend(g, node, [q, k, v], scoring).result), context.reads(1) ? present() : undefined];
  },
};

/** The biases of query, key and value, one behind the other in `bias`. */
function biasParts({ g, node }: DecompositionContext, bias: Value, parts: readonly Value[]): Value[] {
  const widths = parts.map(({ dims }) => (dims?.length === 3 ? dims[2] : undefined));
  if (!widths.every((width) => typeof width === 'number'))
    refuse(node, 'a bias needs query, key and value of three dims');
  return g.ops('Split', [bias, g.ints(widths as number[])], { axis: 0 }, 3);
}

const multiHeadAttention: Decomposition = {
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
    if (!key || !value || rankOf(key, node) === 5) refuse(node, 'packed keys and values have no rule');
    const parts = [input(0), key, value];
    const biases = bias && biasParts(context, bias, parts);
    const [q, ownK, ownV] = parts.map((part, i) => {
      // Keys and values of cross attention may come as [N, H, T, width].
      if (part.dims?.length === 4) return part;
      const shift = biases?.[i];
      return splitHeads(g, shift ? g.add(part, shift) : part, headsOf(node, 'num_heads'));
    }) as [Value, Value, Value];
    const [k, v] = [afterPast(g, pastK, ownK), afterPast(g, pastV, ownV)];
    const scoring = scoringOf(context, { q, k, rows: q, mask, bias: attentionBias, past: pastK });
    return [mergeHeads(g, attend(g, node, [q, k, v], scoring).result), k, v];
  },
};

export const attentionDecompositions: readonly Decomposition[] = [
  projectedAttention,
  multiHeadAttention,
  standardAttention,
];
