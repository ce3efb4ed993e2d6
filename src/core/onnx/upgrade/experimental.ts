/** Operators that were tried and withdrawn before operator set 9; PyTorch still writes one in front of recurrent layers. */
import { floatAttribute, intAttribute, intsAttribute, tensorAttr } from '../attributes.ts';
import { makeConstant } from '../constant.ts';
import { elementName, elementType } from '../elements.ts';
import { type Change, type Changes, refuse } from './context.ts';

/** One value in the shape that the input holds, or that the attributes give. */
const constantFill: Change = {
  to: 9,
  rewrite(node, context) {
    const number = intAttribute(node, 'dtype', 1);
    const dtype =
      elementType(number) ?? refuse(node, `it gives ${elementName(number)}, which whylight does not work on.`);
    const given = intAttribute(node, 'input_as_shape', 0) === 1;
    const [input = ''] = node.inputs;
    if (!given && input !== '') refuse(node, 'it copies the shape of its input. Export the model with operator set 9.');
    const own = intsAttribute(node, 'shape', []);
    const extra = intsAttribute(node, 'extra_shape', []);
    const first = given ? input : context.ints(`${node.name}/shape`, own);
    const shape =
      extra.length === 0
        ? first
        : context.emit(node, 'Concat', [first, context.ints(`${node.name}/extra_shape`, extra)], {
            axis: { type: 'int', value: 0 },
          });
    const value = tensorAttr(makeConstant(dtype, [1], [floatAttribute(node, 'value', 0)]));
    return { ...node, op: 'ConstantOfShape', inputs: [shape], attributes: { value } };
  },
};

export const experimental: Changes = { ConstantFill: [constantFill] };
