/** A graph as the messages of the ONNX format. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { getTextEncoding, WireType } from '@bufbuild/protobuf/wire';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProtoSchema,
  type TensorProtoSchema,
  type TypeProtoSchema,
  type ValueInfoProtoSchema,
} from 'onnx-buf';
import { elementNumber } from '../elements.ts';
import type { Attribute, Constant, Graph, Node, ValueInfo } from '../graph.ts';

type Init<S extends Parameters<typeof create>[0]> = MessageInitShape<S>;

export function graphInit(graph: Graph): Init<typeof GraphProtoSchema> {
  return {
    name: graph.name,
    node: graph.nodes.map(nodeInit),
    initializer: [...graph.constants].map(([name, constant]) => tensorInit(constant, name)),
    input: graph.inputs.map(valueInit),
    output: graph.outputs.map(valueInit),
  };
}

const nodeInit = ({
  name,
  op,
  domain,
  inputs,
  outputs,
  attributes,
}: Node): NonNullable<Init<typeof GraphProtoSchema>['node']>[number] => ({
  name,
  opType: op,
  domain,
  input: [...inputs],
  output: [...outputs],
  attribute: Object.keys(attributes)
    .sort()
    .map((key) => namedAttribute(key, attributes[key] as Attribute)),
});

function namedAttribute(name: string, attribute: Attribute): Init<typeof AttributeProtoSchema> {
  if (attribute.type !== 'encoded') return { name, ...attributeInit(attribute) };
  const { kind, bytes } = attribute.value;
  const message = create(AttributeProtoSchema, { name });
  // Fields that were never decoded go out as they came in, behind the tag of the first, in the order of their numbers.
  const tag = bytes[0] as number;
  message.$unknown = [
    { no: tag >> 3, wireType: tag & 7, data: bytes.subarray(1) },
    { no: AttributeProtoSchema.field.type.number, wireType: WireType.Varint, data: Uint8Array.of(LIST_TYPES[kind]) },
  ];
  return message;
}

const LIST_TYPES = { ints: AttributeType.INTS, floats: AttributeType.FLOATS, strings: AttributeType.STRINGS };

type TypeInit = Init<typeof TypeProtoSchema>;

const valueInit = ({ name, dtype, dims, sequence, untyped }: ValueInfo): Init<typeof ValueInfoProtoSchema> => {
  if (untyped) return { name };
  const tensor: TypeInit = {
    value: {
      case: 'tensorType',
      value: { elemType: elementNumber(dtype), ...(dims && { shape: { dim: dims.map(dimInit) } }) },
    },
  };
  return { name, type: sequence ? { value: { case: 'sequenceType', value: { elemType: tensor } } } : tensor };
};

/** A dim of the file; symbols that inference made up (`?...`) are left open. */
function dimInit(
  dim: number | string,
): { value: { case: 'dimValue'; value: bigint } | { case: 'dimParam'; value: string } } | Record<string, never> {
  if (typeof dim === 'number') return { value: { case: 'dimValue', value: BigInt(dim) } };
  return dim.includes('?') ? {} : { value: { case: 'dimParam', value: dim } };
}

const tensorInit = ({ dtype, dims, bytes }: Constant, name = ''): Init<typeof TensorProtoSchema> => ({
  name,
  dims: dims.map(BigInt),
  dataType: elementNumber(dtype),
  rawData: bytes as Uint8Array<ArrayBuffer>,
});

function attributeInit(
  attribute: Exclude<Attribute, { readonly type: 'encoded' }>,
): Omit<Exclude<Init<typeof AttributeProtoSchema>, AttributeProto>, '$typeName'> {
  switch (attribute.type) {
    case 'int':
      return { type: AttributeType.INT, i: toInt64(attribute.value) };
    case 'ints':
      return { type: AttributeType.INTS, ints: attribute.value.map(toInt64) };
    case 'float':
      return { type: AttributeType.FLOAT, f: attribute.value };
    case 'floats':
      return { type: AttributeType.FLOATS, floats: [...attribute.value] };
    case 'string':
      return { type: AttributeType.STRING, s: utf8(attribute.value) };
    case 'strings':
      return { type: AttributeType.STRINGS, strings: attribute.value.map(utf8) };
    case 'tensor':
      return { type: AttributeType.TENSOR, t: tensorInit(attribute.value) };
    case 'graph':
      return { type: AttributeType.GRAPH, g: graphInit(attribute.value) };
  }
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => getTextEncoding().encodeUtf8(text);

/** The extremes are no exact doubles, so they are clamped. */
const toInt64 = (value: number): bigint => {
  const whole = BigInt(Math.trunc(value));
  return whole >= 2n ** 63n ? 2n ** 63n - 1n : whole < -(2n ** 63n) ? -(2n ** 63n) : whole;
};
