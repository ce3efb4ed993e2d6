/** Operators that carry a state from one run to the next: causal convolutions, linear attention. */
import { intAttribute } from '../attributes.ts';
import { divide, multiply } from '../dims.ts';
import type { Dim } from '../graph.ts';
import { expectRank } from './checks.ts';
import { ofType, type Rule, type Rules, required, unknownDim } from './rule.ts';

/** x [N, channels, steps], weights [channels, 1, size]; the state holds the `size - 1` steps before. */
const causalConvolution: Rule = (node, inputs) => {
  const [x, weights] = [required(node, inputs, 0), required(node, inputs, 1)];
  if (!x.dims) return [ofType(x.dtype, undefined), ofType(x.dtype, undefined)];
  expectRank(node, x.dims, 3);
  const size = weights.dims?.at(-1);
  const behind = typeof size === 'number' ? size - 1 : unknownDim(node, 2, 1);
  return [ofType(x.dtype, x.dims), ofType(x.dtype, x.dims.with(2, behind))];
};

/** Queries [N, steps, q_num_heads * K], values [N, steps, kv_num_heads * V]; the state is [N, kv_num_heads, K, V]. */
const linearAttention: Rule = (node, inputs) => {
  const [query, value] = [required(node, inputs, 0), required(node, inputs, 2)];
  const state = inputs[3]?.dtype ?? query.dtype;
  if (!query.dims || !value.dims) return [ofType(query.dtype, undefined), ofType(state, undefined)];
  expectRank(node, query.dims, 3);
  expectRank(node, value.dims, 3, 'the value');
  const [queries, heads] = [intAttribute(node, 'q_num_heads', 1), intAttribute(node, 'kv_num_heads', 1)];
  const [rows, , packed] = query.dims as [Dim, Dim, Dim];
  const key = divide(packed, queries) ?? unknownDim(node, 2, 1);
  const width = divide(value.dims[2] as Dim, heads) ?? unknownDim(node, 3, 1);
  return [ofType(query.dtype, query.dims.with(2, multiply(queries, width))), ofType(state, [rows, heads, key, width])];
};

export const states: Rules = { CausalConvWithState: causalConvolution, LinearAttention: linearAttention };
