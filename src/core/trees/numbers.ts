/** Attributes that are numbers, as a list or as a tensor. */
import { floatList, tensorAttribute } from '../onnx/attributes.ts';
import { constantValues } from '../onnx/constant.ts';
import type { Node } from '../onnx/graph.ts';

/** The attribute `name` or `name_as_tensor`, which newer files use for doubles; empty where there is neither. */
export function numbersAttribute(node: Node, name: string): ArrayLike<number> {
  const constant = tensorAttribute(node, `${name}_as_tensor`);
  return constant ? constantValues(constant) : floatList(node, name);
}

/** Tells if the attribute is a tensor of doubles. */
export const hasDoubles = (node: Node, name: string): boolean =>
  tensorAttribute(node, `${name}_as_tensor`)?.dtype === 'float64';
