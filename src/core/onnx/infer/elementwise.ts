/** Operators that work element by element, with broadcasting. */
import type { DataType } from '../../tensor/tensor.ts';
import { intAttribute } from '../attributes.ts';
import { elementType } from '../elements.ts';
import { operatorsWhere } from '../operators.ts';
import { broadcast, fail } from './checks.ts';
import { each, type Inputs, ofType, type Rule, type Rules, required, sameType } from './rule.ts';

/** All inputs are broadcast together; the output has the type of input `like`, or `dtype`. */
const broadcasting =
  (like = 0, dtype?: DataType): Rule =>
  (node, inputs) => {
    const operands = inputs.filter((input) => input !== undefined);
    const dims = broadcast(
      node,
      operands.map((operand) => operand.dims),
    );
    return [ofType(dtype ?? required(node, inputs, like).dtype, dims)];
  };

/** The second operand must be broadcast to the first. */
const toFirst: Rule = (node, inputs) => {
  const [x, slope] = [required(node, inputs, 0), required(node, inputs, 1)];
  if (x.dims && slope.dims && slope.dims.length <= x.dims.length) broadcast(node, [x.dims, slope.dims]);
  return [ofType(x.dtype, x.dims)];
};

const predicate: Rule = (node, inputs) => [ofType('bool', required(node, inputs, 0).dims)];

/** The element type that an attribute such as `to` or `dtype` names by its number in TensorProto. */
export function typeAttribute(node: Parameters<Rule>[0], name: string, inputs: Inputs, otherwise?: DataType): DataType {
  const number = intAttribute(node, name, 0);
  if (number === 0) return otherwise ?? required(node, inputs, 0).dtype;
  return elementType(number) ?? fail(node, `the element type ${number} is not supported.`, { type: number });
}

const cast: Rule = (node, inputs) => [ofType(typeAttribute(node, 'to', inputs), required(node, inputs, 0).dims)];

const castLike: Rule = (node, inputs) => [ofType(required(node, inputs, 1).dtype, required(node, inputs, 0).dims)];

const dropout: Rule = (node, inputs) => {
  const x = required(node, inputs, 0);
  return [ofType(x.dtype, x.dims), ofType('bool', x.dims)];
};

export const elementwise: Rules = {
  ...Object.fromEntries(operatorsWhere(({ elementwise }) => elementwise !== undefined).map((op) => [op, sameType])),
  ...each('Identity BitwiseNot', sameType),
  ...each('Softmax LogSoftmax Hardmax LpNormalization LRN MeanVarianceNormalization CumSum Trilu', sameType),
  ...each('Add Sub Mul Div Pow Mod Min Max Mean Sum BitShift BitwiseAnd BitwiseOr BitwiseXor', broadcasting()),
  ...each('And Or Xor Equal Greater Less GreaterOrEqual LessOrEqual', broadcasting(0, 'bool')),
  ...each('Not IsNaN IsInf', predicate),
  PRelu: toFirst,
  Where: broadcasting(1),
  ...each('RotaryEmbedding TensorScatter CumProd', sameType),
  Cast: cast,
  BitCast: cast,
  CastLike: castLike,
  Dropout: dropout,
};
