/** Attention of `ai.onnx`, operator sets 23 to 25. */
import { floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { rankOf, refuse } from '../rules/axes.ts';
import {
  afterPast,
  attend,
  headsOf,
  lengthOf,
  mergeHeads,
  positions,
  repeatHeads,
  type Scoring,
  splitHeads,
} from './attention-core.ts';
import type { Decomposition } from './decomposition.ts';

type Maybe = Value | undefined;

const LOWEST = -3.4028234663852886e38;
const LOWEST_HALF = -65504;

interface Masking {
  readonly g: GraphBuilder;
  readonly node: Node;
  readonly q: Value;
  readonly k: Value;
  readonly mask: Maybe;
  readonly past: Maybe;
  /** Number of keys that count, for each row: [N]. */
  readonly lengths: Maybe;
}

/** Both conditions; undefined stands for always. */
const both = (g: GraphBuilder, a: Maybe, b: Maybe): Maybe => (a && b ? g.op('And', [a, b]) : (a ?? b));

/** [N] as [N, 1, 1, 1]. */
const perRow = (g: GraphBuilder, x: Value): Value =>
  g.op('Unsqueeze', [g.op('Cast', [x], { to: 7 }), g.ints([1, 2, 3])]);

/** Absolute positions of the queries: [S, 1], or [N, 1, S, 1] where each row has a length of its own. */
function queryPositions({ g, q, past, lengths }: Masking): Value {
  const own = g.op('Unsqueeze', [positions(g, q), g.ints([1])]);
  if (lengths) return g.add(own, g.sub(perRow(g, lengths), lengthOf(g, q)));
  return past ? g.add(own, lengthOf(g, past)) : own;
}

/** Causality, windows and lengths: the pairs of query and key that count. Undefined when all of them do. */
function allowedPairs(masking: Masking): Maybe {
  const { g, node, k, lengths } = masking;
  const keys = positions(g, k);
  const [left, right] = ['left_window_size', 'right_window_size'].map((name) => intAttribute(node, name, -1));
  const shifted = (by: number): Value => g.add(queryPositions(masking), g.scalar(by, 'int64'));
  let allowed: Maybe;
  if (intAttribute(node, 'is_causal', 0) === 1) allowed = g.op('LessOrEqual', [keys, shifted(0)]);
  if (left !== undefined && left >= 0) allowed = both(g, allowed, g.op('GreaterOrEqual', [keys, shifted(-left)]));
  if (right !== undefined && right >= 0) allowed = both(g, allowed, g.op('LessOrEqual', [keys, shifted(right)]));
  if (lengths) allowed = both(g, allowed, g.op('Less', [keys, perRow(g, lengths)]));
  return allowed;
}

/** A mask with fewer keys than there are stands for one that shuts out the rest. */
function fullLength({ g, node, k, mask }: Masking): Maybe {
  const [given, keys] = [mask?.dims?.at(-1), k.dims?.[2]];
  if (!mask || given === keys || given === 1 || typeof given !== 'number' || typeof keys !== 'number') return mask;
  const rank = rankOf(mask, node);
  const pads = g.ints([...Array<number>(2 * rank - 1).fill(0), keys - given]);
  const shut = mask.dtype === 'bool' ? g.scalar(0, 'bool') : g.number(Number.NEGATIVE_INFINITY, mask);
  return g.op('Pad', [mask, pads, shut]);
}

/** Masks, windows and lengths as changes of the scores. */
function scoringOf(masking: Masking): Scoring {
  const { g, node, q, past, lengths } = masking;
  const mask = fullLength(masking);
  const isBoolean = mask?.dtype === 'bool';
  const pairs = allowedPairs(masking);
  const allowed = both(g, isBoolean ? mask : undefined, pairs);
  const bias = isBoolean ? undefined : mask;
  const lowest = q.dtype === 'float16' ? LOWEST_HALF : LOWEST;
  // A causal query always has itself to attend to, unless rows have lengths of their own.
  const mayBeShut =
    isBoolean || lengths !== undefined || (pairs !== undefined && past === undefined && narrow(masking));
  const opened = (rows: Value): Value => g.op('CastLike', [rows, q]);
  const byPairs = allowed && mayBeShut ? g.reduce('ReduceMax', opened(allowed), [-1]) : undefined;
  const byBias = bias && opened(g.op('Not', [g.op('IsInf', [g.reduce('ReduceMax', bias, [-1])])]));
  return {
    scale: floatAttribute(node, 'scale', 0),
    softcap: floatAttribute(node, 'softcap', 0),
    // Minus infinity less a score would be NaN for a row that has nothing else.
    bias: bias && g.op('Max', [bias, g.number(lowest, bias)]),
    allowed,
    masked: lowest,
    openRows: byPairs && byBias ? g.mul(byPairs, byBias) : (byPairs ?? byBias),
    softmaxType: intAttribute(node, 'softmax_precision', 0),
  };
}

/** Windows may lie beside all keys where queries and keys differ in number. */
const narrow = ({ node, q, k }: Masking): boolean =>
  intAttribute(node, 'left_window_size', -1) >= 0 && q.dims?.[2] !== k.dims?.[2];

export const standardAttention: Decomposition = {
  op: 'Attention',
  always: true,
  note: 'Of operator sets 23 to 25: grouped queries, masks, causality, windows, lengths, soft cap, past; every output.',
  rewrite(context) {
    const {
      g,
      node,
      inputs: [, , , mask, pastK, pastV, lengths],
      input,
    } = context;
    const flat = rankOf(input(0), node) === 3;
    const count = (i: number): number =>
      flat ? headsOf(node, i === 0 ? 'q_num_heads' : 'kv_num_heads') : Number(input(i).dims?.[1]);
    const groups = count(0) / count(1);
    if (!Number.isInteger(groups)) refuse(node, 'the numbers of its heads are not known before the run');
    const inHeads = (i: number): Value => (flat ? splitHeads(g, input(i), count(i)) : input(i));
    const present = [afterPast(g, pastK, inHeads(1)), afterPast(g, pastV, inHeads(2))] as const;
    const [k, v] = present.map((x, i) => repeatHeads(g, x, count(i + 1), groups)) as [Value, Value];
    const q = inHeads(0);
    const { result, stages } = attend(g, node, [q, k, v], scoringOf({ g, node, q, k, mask, past: pastK, lengths }));
    return [flat ? mergeHeads(g, result) : result, ...present, stages[intAttribute(node, 'qk_matmul_output_mode', 0)]];
  },
};
