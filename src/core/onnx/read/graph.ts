/** The messages of an ONNX file as graphs. */
import { getTextEncoding } from '@bufbuild/protobuf/wire';
import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type NodeProto,
  TensorProto_DataType,
  type TensorShapeProto_Dimension,
  type ValueInfoProto,
} from 'onnx-buf';
import { withArticle } from '../../counted.ts';
import { makeConstant } from '../constant.ts';
import { canonical, symbolOf } from '../dims.ts';
import { elementName, elementType } from '../elements.ts';
import type { Attribute, Constant, Dim, Graph, Node, TensorType, ValueInfo } from '../graph.ts';
import { isKnownOperator } from '../infer.ts';
import { invalid } from '../invalid.ts';
import { heldType } from '../narrow.ts';
import { encodedList } from './decode.ts';
import { boundAttributes, type Scope, toDomain, type VersionedNode } from './scope.ts';
import { densify, toConstant } from './tensor.ts';

export function toGraph(proto: GraphProto, scope: Scope): Graph {
  const constants = new Map<string, Constant>();
  const add = (name: string, constant: Constant): void => {
    if (name === '') invalid('An initializer has no name.');
    constants.set(name, constant);
  };
  for (const tensor of proto.initializer) add(tensor.name, toConstant(tensor, scope));
  for (const sparse of proto.sparseInitializer) {
    const { name, constant } = densify(sparse, scope);
    add(name, constant);
  }
  const nodes = toNodes(proto.node, scope);
  return {
    name: proto.name || 'graph',
    opsets: {},
    // Before version 4 of the format every initializer was listed as an input too.
    inputs: proto.input.filter(({ name }) => !constants.has(name)).map((value) => toValueInfo(value, true, scope)),
    outputs: tensorOutputs(proto, scope).map((value) => toValueInfo(value, false, scope)),
    constants,
    nodes,
    ...(!nodes.every(isKnownOperator) && { declared: declaredTypes([...proto.valueInfo, ...proto.output]) }),
  };
}

/**
 * Outputs of a model that are tensors of numbers. Sequences, maps and texts (labels, ZipMap's dictionaries) cannot be
 * explained, so they are left out; in place of the dictionaries of ZipMap stand the probabilities that it reads.
 */
function tensorOutputs({ output, node }: GraphProto, { inner = false }: Scope): ValueInfoProto[] {
  if (inner) return output;
  return output.flatMap((value) => {
    const { type } = value;
    if (type?.value.case === undefined) return [value];
    if (type.value.case === 'tensorType') {
      const { elemType } = type.value.value;
      return elemType === 0 || elementType(elemType) ? [value] : [];
    }
    const zipMap = node.find(({ opType, output: [made] }) => opType === 'ZipMap' && made === value.name);
    const probabilities = zipMap?.input[0];
    const isOutput = output.some(({ name }) => name === probabilities);
    return probabilities === undefined || isOutput ? [] : [{ ...value, name: probabilities, type: undefined }];
  });
}

/** Types of inner values and outputs that are tensors of a known element type. */
function declaredTypes(values: readonly ValueInfoProto[]): Map<string, TensorType> {
  const types = new Map<string, TensorType>();
  for (const { name, type } of values) {
    if (type?.value.case !== 'tensorType') continue;
    const { elemType, shape } = type.value.value;
    const dtype = heldType(elemType);
    if (dtype) types.set(name, { dtype, dims: shape?.dim.map((dim, axis) => toDim(dim, axis, name, false)) });
  }
  return types;
}

/** Nodes, calls of the model's own functions replaced by what they do. */
export function toNodes(protos: readonly NodeProto[], scope: Scope): VersionedNode[] {
  return protos.flatMap((proto) => {
    const call = scope.functions.find(proto);
    return call ? scope.functions.inline(call, proto, scope, toNodes) : [toNode(proto, scope)];
  });
}

function toNode(proto: NodeProto, scope: Scope): Node {
  const { name, opType: op, input: inputs, output: outputs } = proto;
  if (op === '') invalid(`Node "${name}" has no operator.`, { node: name });
  if (outputs.every((output) => output === '')) invalid(`${op} "${name}" has no outputs.`, { node: name });
  return { name, op, domain: toDomain(proto.domain), inputs, outputs, attributes: toAttributes(proto, scope) };
}

function toAttributes(node: NodeProto, scope: Scope): Record<string, Attribute> {
  return Object.fromEntries(boundAttributes(node, scope).map((proto) => [proto.name, toAttribute(proto, node, scope)]));
}

function toAttribute(proto: AttributeProto, node: NodeProto, scope: Scope): Attribute {
  const isConstant = node.opType === 'Constant' && toDomain(node.domain) === '';
  const words = isConstant && constantWords(proto, scope);
  if (words) {
    scope.dictionary.holders.add(node.output[0] ?? '');
    return { type: 'tensor', value: words };
  }
  const list = encodedList(proto);
  if (list) return { type: 'encoded', value: list };
  switch (proto.type) {
    case AttributeType.INT:
      return { type: 'int', value: Number(proto.i) };
    case AttributeType.INTS:
      return { type: 'ints', value: proto.ints.map(Number) };
    case AttributeType.FLOAT:
      return { type: 'float', value: proto.f };
    case AttributeType.FLOATS:
      return { type: 'floats', value: proto.floats };
    case AttributeType.STRING:
      return { type: 'string', value: toText(proto.s) };
    case AttributeType.STRINGS:
      return { type: 'strings', value: proto.strings.map(toText) };
    case AttributeType.TENSOR:
      if (proto.t) return { type: 'tensor', value: toConstant(proto.t, scope) };
      break;
    case AttributeType.SPARSE_TENSOR:
      if (proto.sparseTensor) return { type: 'tensor', value: densify(proto.sparseTensor, scope).constant };
      break;
    case AttributeType.GRAPH:
      if (proto.g) return { type: 'graph', value: toGraph(proto.g, { ...scope, inner: true }) };
      break;
  }
  const kind = AttributeType[proto.type]?.toLowerCase() ?? proto.type;
  return invalid(
    `${node.opType} "${node.name}": attribute "${proto.name}" of type ${kind} has no value that can be read.`,
    {
      node: node.name,
      attribute: proto.name,
    },
  );
}

/** Words of a Constant node as their codes; undefined for numbers. */
function constantWords({ type, s, strings, t }: AttributeProto, scope: Scope): Constant | undefined {
  const code = (word: Uint8Array): number => scope.dictionary.codeOf(toText(word));
  if (type === AttributeType.STRING) return makeConstant('int64', [], [code(s)]);
  if (type === AttributeType.STRINGS) return makeConstant('int64', [strings.length], strings.map(code));
  return t?.dataType === TensorProto_DataType.STRING ? toConstant(t, scope) : undefined;
}

function toText(bytes: Uint8Array): string {
  try {
    return getTextEncoding().decodeUtf8(bytes);
  } catch {
    return invalid('A text in the model is not UTF-8.');
  }
}

/** Unnamed dims of inputs get names, the first the batch's `N`. */
function toValueInfo(
  { name, type }: ValueInfoProto,
  isInput: boolean,
  { inner = false, dictionary }: Scope,
): ValueInfo {
  const role = isInput ? 'Input' : 'Output';
  if (name === '') invalid(`An ${role.toLowerCase()} of the model has no name.`);
  if (type?.value.case !== 'tensorType') {
    // The types of a subgraph's values, and of outputs, follow from the nodes.
    if (type?.value.case === undefined) return { name, dtype: 'float32', untyped: true };
    if (inner && type.value.case === 'sequenceType') {
      const held = type.value.value.elemType?.value;
      const dtype = held?.case === 'tensorType' ? elementType(held.value.elemType) : undefined;
      if (dtype) return { name, dtype, sequence: true };
    }
    return invalid(
      `${role} "${name}" is ${withArticle(type.value.case.replace('Type', ''))}, but whylight works on tensors only.`,
      { name },
    );
  }
  const { elemType, shape } = type.value.value;
  if (elemType === 0 && !isInput) return { name, dtype: 'float32', untyped: true };
  const isWords = elemType === TensorProto_DataType.STRING;
  if (isWords) dictionary.holders.add(name);
  const dtype = isWords ? 'int64' : inner ? heldType(elemType) : elementType(elemType);
  if (!dtype) {
    return invalid(
      `${role} "${name}" holds elements of type ${elementName(elemType)}, which whylight does not work on.${wayOut(elemType)}`,
      { name },
    );
  }
  return { name, dtype, dims: shape?.dim.map((dim, axis) => toDim(dim, axis, name, isInput)) };
}

/** Numbers of less than a byte are taken inside a graph alone: tensors of a request have none. */
const wayOut = (elemType: number): string =>
  heldType(elemType) === undefined
    ? ''
    : ' Numbers of less than a byte are taken inside a model only: export it with int8 or uint8 there, and a Cast behind it.';

function toDim({ value }: TensorShapeProto_Dimension, axis: number, name: string, isInput: boolean): Dim {
  // Some exporters write 0 or -1 for "any".
  if (value.case === 'dimValue' && value.value > 0n) return Number(value.value);
  if (value.case === 'dimParam' && value.value !== '' && value.value !== '?') return canonical(value.value);
  if (!isInput) return `?${symbolOf(name)}_${axis}`;
  return axis === 0 ? 'N' : `${symbolOf(name)}_${axis}`;
}
