/**
 * Half precision models in single precision. Derivatives of half floats underflow, and onnxruntime's CPU kernels convert
 * them back and forth anyway; what a caller hands in and gets out is then float32 throughout.
 */
import { constantValues, makeConstant } from './constant.ts';
import { elementNumber, elementType } from './elements.ts';
import type { Attribute, Constant, Graph, Node, TensorType } from './graph.ts';

const isHalf = (dtype: string): boolean => dtype === 'float16' || dtype === 'bfloat16';

const widen = (constant: Constant): Constant =>
  isHalf(constant.dtype) ? makeConstant('float32', constant.dims, constantValues(constant)) : constant;

const retyped = <T extends TensorType>(info: T): T => (isHalf(info.dtype) ? { ...info, dtype: 'float32' } : info);

/** Attributes that name an element type by ONNX's number for it. */
const TYPE_ATTRIBUTES = new Set(['to', 'dtype', 'output_dtype', 'stash_type']);

const namesHalf = (name: string, value: Attribute): boolean =>
  value.type === 'int' && TYPE_ATTRIBUTES.has(name) && isHalf(elementType(value.value) ?? '');

function attribute(name: string, value: Attribute): Attribute {
  if (value.type === 'tensor') return { type: 'tensor', value: widen(value.value) };
  if (value.type === 'graph') return { type: 'graph', value: toFloat32(value.value) };
  return namesHalf(name, value) ? { type: 'int', value: elementNumber('float32') } : value;
}

const converted = (node: Node): Node => ({
  ...node,
  attributes: Object.fromEntries(
    Object.entries(node.attributes).map(([name, value]) => [name, attribute(name, value)]),
  ),
});

const hasHalf = (graph: Graph): boolean =>
  [...graph.inputs, ...graph.outputs, ...graph.constants.values()].some(({ dtype }) => isHalf(dtype)) ||
  graph.nodes.some((node) => Object.entries(node.attributes).some(([name, value]) => namesHalf(name, value)));

/** The same graph with every float16 and bfloat16 as float32; the very same object when there are none. */
export function toFloat32(graph: Graph): Graph {
  if (!hasHalf(graph)) return graph;
  const computesHalf = [...graph.inputs, ...graph.constants.values()].some(({ dtype }) => dtype === 'float16');
  return {
    ...graph,
    ...(computesHalf && { computesHalf }),
    inputs: graph.inputs.map(retyped),
    outputs: graph.outputs.map(retyped),
    constants: new Map([...graph.constants].map(([name, constant]) => [name, widen(constant)])),
    nodes: graph.nodes.map(converted),
  };
}
