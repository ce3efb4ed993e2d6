/** Einstein summation. The derivative by one operand is the same kind of sum, over the cotangent and the other operands. */
import { stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { bytesPerElement } from '../../tensor/tensor.ts';
import { defineRule, type Rule } from '../rule.ts';
import { rankOf, refuse, upTo } from './axes.ts';

/** One letter for each dimension of each operand and of the result. */
interface Equation {
  readonly terms: readonly string[];
  readonly result: string;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Letters that `used` does not hold. */
const freshLetters = (used: string, count: number): string =>
  [...LETTERS]
    .filter((l) => !used.includes(l))
    .slice(0, count)
    .join('');

/** The node's equation with its ellipses as letters, aligned at their ends, and the result written out. */
function equationOf(node: Node, ranks: readonly number[]): Equation {
  const text = stringAttribute(node, 'equation', '').replaceAll(/\s/g, '');
  const [left = '', right] = text.split('->');
  const raw = left.split(',');
  const width = Math.max(
    0,
    ...raw.map((term, i) => (term.includes('...') ? (ranks[i] as number) - (term.length - 3) : 0)),
  );
  const dots = freshLetters(text, width);
  const terms = raw.map((term, i) =>
    term.replace('...', dots.slice(width - ((ranks[i] as number) - (term.length - 3)))),
  );
  const once = [...new Set(terms.join(''))].filter((l) => !dots.includes(l) && terms.join('').split(l).length === 2);
  return { terms, result: right === undefined ? dots + once.sort().join('') : right.replace('...', dots) };
}

/** The derivative by operand `index`, whose dims that nothing else knows come as 1: all their positions get the same. */
function byOperand(
  g: GraphBuilder,
  node: Node,
  equation: Equation,
  inputs: readonly Value[],
  dy: Value,
  index: number,
): Value {
  const { terms, result } = equation;
  const [x, term] = [inputs[index] as Value, terms[index] as string];
  const operands = [dy, ...inputs.filter((_, i) => i !== index)];
  const letters = [result, ...terms.filter((_, i) => i !== index)];
  // A letter that stands twice picks a diagonal: a unit matrix puts it back on one.
  let target = '';
  for (const [axis, letter] of [...term].entries()) {
    if (!target.includes(letter)) {
      target += letter;
      continue;
    }
    const [fresh, extent] = [freshLetters(letters.join('') + term + target, 1), x.dims?.[axis]];
    if (typeof extent !== 'number') refuse(node, `the dim of its index "${letter}" is not known before the run`);
    g.reserve(extent * extent * bytesPerElement(x.dtype));
    const unit = upTo(extent * extent).map((i) => (i % (extent + 1) === 0 ? 1 : 0));
    operands.push(g.constant(x.dtype, [extent, extent], unit));
    letters.push(letter + fresh);
    target += fresh;
  }
  const known = [...target].filter((letter) => letters.some((l) => l.includes(letter))).join('');
  const sum = g.op('Einsum', operands, { equation: `${letters.join(',')}->${known}` });
  const missing = [...target].flatMap((letter, axis) => (known.includes(letter) ? [] : [axis]));
  return missing.length === 0 ? sum : g.op('Unsqueeze', [sum, g.ints(missing)]);
}

const of = (equation: string, ...inputs: number[][]) => ({ inputs, attributes: { equation } });

export const einsumRules: readonly Rule[] = [
  defineRule({
    op: 'Einsum',
    since: [12],
    note: 'Any equation: ellipses, repeated and summed indices, with or without a written result.',
    vjp({ g, node, inputs, cotangents: [dy], wants }) {
      const operands = node.inputs.map((_, i) => inputs[i] as Value);
      const equation = equationOf(
        node,
        operands.map((x) => rankOf(x, node)),
      );
      return operands.map((_, i) => wants(i) && byOperand(g, node, equation, operands, dy, i));
    },
    cases: [
      of('ij,jk->ik', [2, 3], [3, 4]),
      of('ij,jk', [2, 3], [3, 4]),
      of('bhqd,bhkd->bhqk', [2, 2, 3, 2], [2, 2, 4, 2]),
      of('...ij,...jk->...ik', [2, 3, 2], [2, 2, 2]),
      of('...ij,...jk->...ik', [2, 1, 3, 2], [1, 3, 2, 2]),
      of('...ij,jk', [2, 3, 2], [2, 3]),
      of('i,j->ij', [2], [3]),
      of('ij->ji', [2, 3]),
      of('ij->i', [2, 3]),
      of('ij->', [2, 3]),
      of('ii->i', [3, 3]),
      of('ii', [3, 3]),
      of('ij,jk,kl->il', [2, 2], [2, 3], [3, 2]),
      of('bij,bij->b', [2, 2, 3], [2, 2, 3]),
      of('b...,b...->b...', [2, 2, 3], [2, 2, 3]),
      of('ij,i->j', [3, 2], [3]),
      of('ij,k->k', [2, 2], [3]),
    ],
  }),
];
