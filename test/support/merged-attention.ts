/** One block of attention whose heads are merged into the batch, as exporters write it, and its mathematics in float64. */
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';
import { Random } from '../../src/core/tensor/random.ts';

export const [TOKENS, WIDTH, HEADS, CLASSES] = [3, 4, 2, 3];
const DEPTH = WIDTH / HEADS;

/**
 * `torch`: tokens first, [T, N, C], and [N * heads, T, T], as `torch.nn.MultiheadAttention` has it. `concat` and `reshape`:
 * [heads * N, T, T], from a Concat of the heads or a Transpose that puts them in front.
 */
export const FORMS = ['torch', 'concat', 'reshape'] as const;
export type Form = (typeof FORMS)[number];

const [query, key, value, mixing] = [1, 2, 3, 4].map((seed) => new Random(seed).normal(WIDTH * WIDTH));
const head = new Random(5).normal(WIDTH * CLASSES);

/** Tokens x [N, T, C] -> attention, residual, mean over the tokens -> logits [N, classes]; `tokens` is what attends. */
export function mergedAttention(form: Form): Graph {
  const g = GraphBuilder.empty(form);
  const x = g.input('x', 'float32', ['N', TOKENS, WIDTH]);
  const sequenceFirst = form === 'torch';
  const start = g.mul(x, g.scalar(1));
  const tokens = g.named(sequenceFirst ? g.transpose(start, [1, 0, 2]) : start, 'tokens');
  const merge = (weights: ArrayLike<number> = []): Value => {
    const all = g.op('MatMul', [tokens, g.constant('float32', [WIDTH, WIDTH], weights)]);
    if (sequenceFirst) {
      return g.transpose(g.op('Reshape', [all, g.ints([TOKENS, -1, DEPTH])]), [1, 0, 2]);
    }
    if (form === 'concat')
      return g.op('Concat', g.ops('Split', [all], { axis: 2, num_outputs: HEADS }, HEADS), { axis: 0 });
    const apart = g.transpose(g.op('Reshape', [all, g.ints([0, TOKENS, HEADS, DEPTH])]), [2, 0, 1, 3]);
    return g.op('Reshape', [apart, g.ints([-1, TOKENS, DEPTH])]);
  };
  const attention = g.named(
    g.op('Softmax', [g.op('MatMul', [merge(query), g.transpose(merge(key), [0, 2, 1])])], { axis: -1 }),
    'attention',
  );
  const mixed = g.op('MatMul', [attention, merge(value)]);
  const together = (): Value => {
    if (sequenceFirst) return g.op('Reshape', [g.transpose(mixed, [1, 0, 2]), g.ints([TOKENS, -1, WIDTH])]);
    if (form === 'concat')
      return g.op('Concat', g.ops('Split', [mixed], { axis: 0, num_outputs: HEADS }, HEADS), { axis: 2 });
    const apart = g.op('Reshape', [mixed, g.ints([HEADS, -1, TOKENS, DEPTH])]);
    return g.op('Reshape', [g.transpose(apart, [1, 2, 0, 3]), g.ints([0, TOKENS, WIDTH])]);
  };
  const added = g.add(tokens, g.op('MatMul', [together(), g.constant('float32', [WIDTH, WIDTH], mixing ?? [])]));
  const pooled = g.reduce('ReduceMean', added, [sequenceFirst ? 0 : 1], false);
  return g.build([g.named(g.op('MatMul', [pooled, g.constant('float32', [WIDTH, CLASSES], head)]), 'logits')]);
}

export interface Mathematics {
  /** [heads][queries * keys] */
  readonly attention: number[][];
  /** Derivative of the score with respect to it. */
  readonly slopes: number[][];
}

/** Attention of one row of tokens, and the derivative of a class score with respect to it. */
export function mathematics(x: ArrayLike<number>, target: number): Mathematics {
  const at = (values: ArrayLike<number> | undefined, row: number, column: number, width = WIDTH): number =>
    values?.[row * width + column] as number;
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const sum = (count: number, term: (i: number) => number): number => range(count).reduce((all, i) => all + term(i), 0);
  const project = (weights: ArrayLike<number> | undefined, t: number, c: number): number =>
    sum(WIDTH, (k) => at(x, t, k) * at(weights, k, c));
  /** Derivative of the score with respect to channel `c` of a query's mixture. */
  const worth = (c: number): number => sum(WIDTH, (k) => at(mixing, c, k) * at(head, k, target, CLASSES)) / TOKENS;
  const squares = (element: (h: number, i: number, j: number) => number): number[][] =>
    range(HEADS).map((h) => range(TOKENS ** 2).map((ij) => element(h, Math.floor(ij / TOKENS), ij % TOKENS)));
  const similar = squares((h, i, j) =>
    Math.exp(sum(DEPTH, (d) => project(query, i, h * DEPTH + d) * project(key, j, h * DEPTH + d))),
  );
  return {
    attention: squares((h, i, j) => at(similar[h], i, j, TOKENS) / sum(TOKENS, (k) => at(similar[h], i, k, TOKENS))),
    slopes: squares((h, _, j) => sum(DEPTH, (d) => worth(h * DEPTH + d) * project(value, j, h * DEPTH + d))),
  };
}
