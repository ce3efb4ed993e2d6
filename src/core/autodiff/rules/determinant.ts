/** Determinant of square matrices. */
import { defineRule, type Rule } from '../rule.ts';
import { rankOf, refuse, upTo } from './axes.ts';

/** Largest number of rows: the cofactors of a matrix of n rows hold n^4 numbers. */
const MAX_ROWS = 16;

export const determinantRules: readonly Rule[] = [
  defineRule({
    op: 'Det',
    since: [11, 22],
    note: 'By cofactors, so that singular matrices have a derivative too; at most 16 rows.',
    vjp({ g, node, inputs: [x], cotangents: [dy] }) {
      const rank = rankOf(x, node);
      const rows = x.dims?.at(-1);
      if (typeof rows !== 'number') refuse(node, 'the size of its matrices is not known before the run');
      if (rows > MAX_ROWS) refuse(node, `its matrices have ${rows} rows, and the rule takes at most ${MAX_ROWS}`);
      const each = g.op('Unsqueeze', [dy, g.ints([-2, -1])]);
      if (rows === 1) return [each];
      const others = g.constant(
        'int64',
        [rows, rows - 1],
        upTo(rows).flatMap((row) => upTo(rows).filter((other) => other !== row)),
      );
      // [..., i, rows but i, j, columns but j], then the minors [..., i, j].
      const parts = g.op('Gather', [g.op('Gather', [x, others], { axis: rank - 2 }), others], { axis: rank });
      const front = upTo(rank - 2);
      const minors = g.op('Det', [g.transpose(parts, [...front, rank - 2, rank, rank - 1, rank + 1])]);
      const signs = upTo(rows * rows).map((at) => ((Math.floor(at / rows) + (at % rows)) % 2 === 0 ? 1 : -1));
      return [g.mul(each, g.mul(minors, g.constant(x.dtype, [rows, rows], signs)))];
    },
    cases: [
      { inputs: [[2, 3, 3]] },
      { inputs: [[2, 2, 4, 4]] },
      { inputs: [[3, 1, 1]] },
      { inputs: [[2, 2]] },
      { inputs: [{ dims: [1, 3, 3], data: [1, 2, 3, 2, 4, 6, 1, 0, 1] }] },
    ],
  }),
];
