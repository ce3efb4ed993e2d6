/** Rules of arithmetic: element by element, in pairs, and over whole rows. */
import { intAttribute } from '../onnx/attributes.ts';
import { constantValues } from '../onnx/constant.ts';
import { type Columns, mixed, type Origin } from './columns.ts';
import { forAll, type Rule, type Rules, type Scope } from './rule.ts';

/** One element of the result for each element of the data; the result of one operand. */
export const elementwise: Rule = ([data]) =>
  data && [{ dims: data.dims, origins: data.origins.map((origin) => ({ ...origin, untouched: false })) }];

/** The same values: their type, or nothing, changes. */
const same: Rule = ([data]) => data && [data];

/** Elements of several operands, constants among them, are put together in pairs, by ONNX's broadcasting. */
const together: Rule = (inputs, node, scope) => {
  const operands = node.inputs.map((name, i) => inputs[i] ?? constantColumns(name, scope));
  if (!operands.every((operand) => operand !== undefined)) return undefined;
  const dims = broadcast(operands.map((operand) => operand.dims));
  if (!dims) return undefined;
  const count = dims.reduce((a, b) => a * b, 1);
  return [
    {
      dims,
      origins: Array.from({ length: count }, (_, element) =>
        mixed(
          operands.map((operand) => operand.origins[elementUnder(element, dims, operand.dims)] as Origin),
          node.op,
        ),
      ),
    },
  ];
};

/** Every element of the result depends on every element of a row. */
const mixesAll: Rule = ([data], node) => {
  if (!data) return undefined;
  const all = mixed(data.origins, node.op);
  return [{ dims: data.dims, origins: data.origins.map(() => all) }];
};

/** A constant as a row: without its axis of length 1 for the batch. */
function constantColumns(name: string, { constant }: Scope): Columns | undefined {
  const known = constant(name);
  if (!known) return undefined;
  const dims = known.dims.length > 1 && known.dims[0] === 1 ? known.dims.slice(1) : known.dims;
  return {
    dims,
    origins: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => ({ sources: [], untouched: false })),
  };
}

function broadcast(shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const extents = Array.from({ length: rank }, (_, axis) =>
    shapes
      .map((dims) => dims[axis - rank + dims.length] ?? 1)
      .reduce((a, b) => (a === 1 ? b : b === 1 || a === b ? a : Number.NaN)),
  );
  return extents.some(Number.isNaN) ? undefined : extents;
}

/** Element of an operand that stands under an element of the result. */
function elementUnder(element: number, dims: readonly number[], under: readonly number[]): number {
  let [rest, index, stride] = [element, 0, 1];
  for (let axis = dims.length - 1, own = under.length - 1; axis >= 0; axis--, own--) {
    const extent = dims[axis] as number;
    const at = rest % extent;
    rest = Math.floor(rest / extent);
    if (own < 0) continue;
    if (under[own] !== 1) index += at * stride;
    stride *= under[own] as number;
  }
  return index;
}

/** Products with a constant matrix: each column of the result depends on the rows whose factors are not zero. */
const product: Rule = ([data], node, scope) => {
  const matrix = scope.constant(node.inputs[1] ?? '');
  if (!data || !matrix || matrix.dims.length !== 2 || data.dims.length !== 1) return undefined;
  const transposed = node.op === 'Gemm' && intAttribute(node, 'transB', 0) === 1;
  if (node.op === 'Gemm' && intAttribute(node, 'transA', 0) === 1) return undefined;
  const [rows = 0, width = 0] = transposed ? [...matrix.dims].reverse() : matrix.dims;
  const values = constantValues(matrix);
  const factor = (row: number, column: number): number =>
    values[transposed ? column * rows + row : row * width + column] as number;
  const origins = Array.from({ length: width }, (_, column) =>
    mixed(
      data.origins.filter((_, row) => factor(row, column) !== 0),
      node.op,
    ),
  );
  return [{ dims: [width], origins }];
};

export const arithmetic: Rules = {
  ...forAll('Identity Cast Dropout', same),
  ...forAll(
    'Abs Ceil Clip Erf Exp Floor IsInf IsNaN Log Neg Not Reciprocal Relu Round Sigmoid Sign Softplus Sqrt Tanh Trunc',
    elementwise,
  ),
  ...forAll('Sin Cos Tan Atan ai.onnx.ml.Scaler ai.onnx.ml.Binarizer', elementwise),
  ...forAll('Add Sub Mul Div Pow Mod Max Min Sum Mean Where', together),
  ...forAll('Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor', together),
  ...forAll('Softmax LogSoftmax Hardmax LpNormalization LayerNormalization CumSum ai.onnx.ml.Normalizer', mixesAll),
  ...forAll('MatMul Gemm', product),
};
