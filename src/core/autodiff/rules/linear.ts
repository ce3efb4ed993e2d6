/** Matrix products. */
import { float, floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { defineRule, type Rule } from '../rule.ts';
import { isWorthLooking, overUsedChannels } from './used-channels.ts';

/** The last two dims swapped. */
function swapped(g: GraphBuilder, x: Value): Value {
  const rank = x.dims?.length ?? 2;
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return g.transpose(x, perm);
}

/**
 * `d b^T`. A matrix is read where it lies, for all rows of `d` at once: its turned copy would take memory, and time in
 * every run or, for weights, at the compilation.
 */
function timesTransposed(g: GraphBuilder, d: Value, b: Value): Value {
  const [rows, columns] = b.dims ?? [];
  if (b.dims?.length !== 2 || typeof rows !== 'number' || typeof columns !== 'number' || !d.dims) {
    return g.op('MatMul', [d, swapped(g, b)]);
  }
  const lead = d.dims.slice(0, -1);
  const list = d.dims.length === 2 ? d : g.op('Reshape', [d, g.ints([-1, columns])]);
  const flat = g.op('Gemm', [list, b], { transB: 1 });
  if (d.dims.length === 2) return flat;
  if (lead.filter((dim) => typeof dim === 'string').length <= 1) return g.reshape(flat, [...lead, rows]);
  const shape = g.op('Concat', [g.op('Shape', [d], { start: 0, end: -1 }), g.ints([rows])], { axis: 0 });
  return g.op('Reshape', [flat, shape]);
}

export const linearRules: readonly Rule[] = [
  defineRule({
    op: 'MatMul',
    since: [1, 9, 13],
    vjp({ g, inputs: [a, b], outputs: [y], cotangents: [dy], wants }) {
      const [rankA, rankB] = [a.dims?.length ?? 2, b.dims?.length ?? 2];
      // A vector operand is a matrix of one row or column whose dim the result has lost.
      const unsqueeze = (v: Value, axis: number): Value => g.op('Unsqueeze', [v, g.ints([axis])]);
      const left = rankA === 1 ? unsqueeze(a, 0) : a;
      const right = rankB === 1 ? unsqueeze(b, 1) : b;
      let d = dy;
      if (rankB === 1) d = unsqueeze(d, -1);
      if (rankA === 1) d = unsqueeze(d, -2);
      if (y.dims?.length === 0) d = g.reshape(dy, [1, 1]);
      const da = (): Value => {
        const product = timesTransposed(g, d, right);
        return rankA === 1 ? g.op('Squeeze', [product, g.ints([-2])]) : product;
      };
      const db = (): Value => {
        const product = g.op('MatMul', [swapped(g, left), d]);
        return rankB === 1 ? g.op('Squeeze', [product, g.ints([-1])]) : product;
      };
      return [wants(0) && da(), wants(1) && db()];
    },
    cases: [
      {
        inputs: [
          [2, 3],
          [3, 4],
        ],
      },
      {
        inputs: [
          [2, 5, 2, 3],
          [3, 4],
        ],
      },
      {
        inputs: [
          [2, 1, 2, 3],
          [5, 3, 4],
        ],
      },
      { inputs: [[3], [3, 4]] },
      { inputs: [[2, 3], [3]] },
      { inputs: [[3], [3]] },
      { inputs: [[3], [2, 3, 4]] },
      { inputs: [[2, 4, 3], [3]] },
    ],
  }),
  defineRule({
    op: 'Gemm',
    since: [7, 9, 11, 13],
    vjp({ g, node, inputs: [a, b], cotangents: [dy], wants, isLast }) {
      const [ta, tb] = [intAttribute(node, 'transA', 0), intAttribute(node, 'transB', 0)];
      const [alpha, beta] = [floatAttribute(node, 'alpha', 1), floatAttribute(node, 'beta', 1)];
      const gemm = (l: Value, r: Value, transA: number, transB: number): Value =>
        g.op('Gemm', [l, r], { ...(alpha !== 1 && { alpha: float(alpha) }), transA, transB });
      // y = a' b': da' = dy b'^T, db' = a'^T dy, each read back through the operand's own transposition.
      const isClassifier = isLast && !ta && tb === 1 && isWorthLooking(dy, b.dims);
      const used = wants(0) && isClassifier ? overUsedChannels(g, dy, b) : { dy, w: b };
      const da = (): Value => (ta ? gemm(b, dy, tb, 1) : gemm(used.dy, used.w, 0, 1 - tb));
      const db = (): Value => (tb ? gemm(dy, a, 1, ta) : gemm(a, dy, 1 - ta, 0));
      return [wants(0) && da(), wants(1) && db(), wants(2) && (beta === 1 ? dy : g.mul(dy, g.number(beta, dy)))];
    },
    cases: [
      { inputs: [[2, 3], [3, 4], [4]] },
      {
        inputs: [
          [3, 2],
          [3, 4],
          [2, 1],
        ],
        attributes: { transA: 1, alpha: float(0.5) },
      },
      { inputs: [[2, 3], [4, 3], []], attributes: { transB: 1, beta: float(-2) } },
      {
        inputs: [
          [3, 2],
          [4, 3],
        ],
        attributes: { transA: 1, transB: 1 },
      },
    ],
  }),
];
