/** The standard's Attention, of operator set 23. */
import { intAttribute } from '../attributes.ts';
import { add, divide, multiply } from '../dims.ts';
import type { Dim } from '../graph.ts';
import { fail } from './checks.ts';
import { type Inferred, ofType, type Rule, type Rules, required, unknownDim } from './rule.ts';

/** [N, heads, length, width of a head] of an operand, which may come as [N, length, heads * width]. */
function inHeads(dims: readonly Dim[], heads: number): [Dim, Dim, Dim, Dim] | undefined {
  if (dims.length === 4) return dims as [Dim, Dim, Dim, Dim];
  const width = divide(dims[2] as Dim, heads);
  return dims.length === 3 && width !== undefined ? [dims[0] as Dim, heads, dims[1] as Dim, width] : undefined;
}

/** Query, key, value; then a mask, and keys and values of earlier runs. */
const attention: Rule = (node, inputs) => {
  const operands = [0, 1, 2].map((i): Inferred => required(node, inputs, i));
  const dtype = (operands[0] as Inferred).dtype;
  if (operands.some((x) => !x.dims)) return [0, 1, 2, 3].map(() => ofType(dtype, undefined));
  const [q, k, v] = operands.map(({ dims = [] }, i) =>
    inHeads(dims, intAttribute(node, i === 0 ? 'q_num_heads' : 'kv_num_heads', 1)),
  );
  if (!q || !k || !v) return fail(node, 'its operands do not divide into heads.');
  const past = inputs[4];
  const earlier = past ? (past.dims?.[2] ?? unknownDim(node, 2, 1)) : 0;
  const total = add(k[2], earlier);
  const flat = operands[0]?.dims?.length === 3;
  return [
    ofType(dtype, flat ? [q[0], q[2], multiply(q[1], v[3])] : [q[0], q[1], q[2], v[3]]),
    ofType(dtype, [k[0], k[1], total, k[3]]),
    ofType(dtype, [v[0], v[1], total, v[3]]),
    ofType(dtype, [q[0], q[1], q[2], total]),
  ];
};

export const attentions: Rules = { Attention: attention };
