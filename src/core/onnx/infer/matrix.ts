/** Products of matrices. */
import type { DataType } from '../../tensor/tensor.ts';
import { intAttribute, stringAttribute } from '../attributes.ts';
import type { Dim, Node } from '../graph.ts';
import { broadcast, expectRank, expectSame, fail, moreKnown, show } from './checks.ts';
import { ofType, type Rule, type Rules, required, unknownDim } from './rule.ts';

/** The shape of a product after numpy.matmul; undefined when a rank is unknown. */
export function multiplied(node: Node, a?: readonly Dim[], b?: readonly Dim[]): Dim[] | undefined {
  if (!a || !b) return undefined;
  if (a.length === 0 || b.length === 0) fail(node, 'a scalar cannot be multiplied as a matrix.');
  const inner = b.length === 1 ? b[0] : b.at(-2);
  expectSame(node, a.at(-1), inner, `the inner dims of ${show(a)} and ${show(b)}`);
  const batch = broadcast(node, [a.slice(0, -2), b.slice(0, -2)]) as Dim[];
  return [...batch, ...(a.length > 1 ? [a.at(-2) as Dim] : []), ...(b.length > 1 ? [b.at(-1) as Dim] : [])];
}

/** The operands' positions among the inputs; the output's type is `dtype`, or that of the input at this position. */
const product =
  (left: number, right: number, dtype: DataType | number): Rule =>
  (node, inputs) => {
    const dims = multiplied(node, required(node, inputs, left).dims, required(node, inputs, right).dims);
    return [ofType(typeof dtype === 'number' ? required(node, inputs, dtype).dtype : dtype, dims)];
  };

export const gemm: Rule = (node, inputs) => {
  const [a, b] = [required(node, inputs, 0), required(node, inputs, 1)];
  expectRank(node, a.dims, 2, 'A');
  expectRank(node, b.dims, 2, 'B');
  const [turnA, turnB] = [intAttribute(node, 'transA', 0) !== 0, intAttribute(node, 'transB', 0) !== 0];
  expectSame(node, a.dims?.[turnA ? 0 : 1], b.dims?.[turnB ? 1 : 0], 'the inner dims of A and B');
  const rows = a.dims?.[turnA ? 1 : 0] ?? unknownDim(node, 0);
  return [ofType(a.dtype, [rows, b.dims?.[turnB ? 0 : 1] ?? unknownDim(node, 1)])];
};

/** The last two axes of a shape, swapped. */
export const swapped = (dims: readonly Dim[]): Dim[] =>
  dims.length < 2 ? [...dims] : [...dims.slice(0, -2), dims.at(-1) as Dim, dims.at(-2) as Dim];

const einsum: Rule = (node, inputs) => {
  const dtype = required(node, inputs, 0).dtype;
  const [left = '', right] = stringAttribute(node, 'equation', '').replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (terms.length !== inputs.length)
    fail(node, `its equation names ${terms.length} operands, but has ${inputs.length}.`);
  const extents = new Map<string, Dim>();
  const ellipses: Dim[][] = [];
  for (const [i, term] of terms.entries()) {
    const dims = inputs[i]?.dims;
    if (!dims) return [ofType(dtype, undefined)];
    const [before = '', after] = term.split('...');
    const named = before.length + (after?.length ?? 0);
    if (after === undefined ? named !== dims.length : named > dims.length) {
      fail(node, `operand ${i} has ${show(dims)}, which does not fit "${term}".`);
    }
    if (after !== undefined) ellipses.push(dims.slice(before.length, dims.length - after.length));
    for (const [letters, offset] of [
      [before, 0],
      [after ?? '', dims.length - (after?.length ?? 0)],
    ] as const) {
      for (const [j, letter] of [...letters].entries()) {
        const [dim, known] = [dims[offset + j] as Dim, extents.get(letter)];
        if (known !== undefined && known !== 1 && dim !== 1) expectSame(node, known, dim, `the dims of "${letter}"`);
        extents.set(letter, known === undefined || known === 1 ? dim : dim === 1 ? known : moreKnown(known, dim));
      }
    }
  }
  const lead = broadcast(node, ellipses) as Dim[];
  const output = right ?? implicitOutput(left);
  const [before = '', after = ''] = output.split('...');
  const dimOf = (letter: string): Dim => extents.get(letter) ?? fail(node, `"${letter}" is in no operand.`);
  const middle = output.includes('...') ? lead : [];
  return [ofType(dtype, [...[...before].map(dimOf), ...middle, ...[...after].map(dimOf)])];
};

/** Without an arrow: the ellipsis, then the letters that occur once, in order. */
function implicitOutput(left: string): string {
  const letters = left.replace(/[.,]/g, '');
  const once = [...letters].filter((l) => letters.indexOf(l) === letters.lastIndexOf(l)).sort();
  return (left.includes('...') ? '...' : '') + once.join('');
}

export const matrices: Rules = {
  MatMul: product(0, 1, 0),
  MatMulInteger: product(0, 1, 'int32'),
  QLinearMatMul: product(0, 3, 7),
  Gemm: gemm,
  Einsum: einsum,
};
