/** Between numbers and their quantized form. */
import { typeAttribute } from './elementwise.ts';
import { ofType, type Rule, type Rules, required } from './rule.ts';

const quantize: Rule = (node, inputs) => {
  const dtype = inputs[2]?.dtype ?? typeAttribute(node, 'output_dtype', inputs, 'uint8');
  return [ofType(dtype, required(node, inputs, 0).dims)];
};

const dequantize: Rule = (node, inputs) => [ofType(required(node, inputs, 1).dtype, required(node, inputs, 0).dims)];

/** The quantized value, its scale and its zero point. */
const dynamicQuantize: Rule = (node, inputs) => [
  ofType('uint8', required(node, inputs, 0).dims),
  ofType('float32', []),
  ofType('uint8', []),
];

export const quantizations: Rules = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamicQuantize,
};
