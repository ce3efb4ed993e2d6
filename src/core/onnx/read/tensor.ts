/** Tensors of an ONNX file as constants: stored raw, in typed fields, in another file, or sparse. */
import { type SparseTensorProto, type TensorProto, TensorProto_DataLocation, TensorProto_DataType } from 'onnx-buf';
import { WhylightError } from '../../errors.ts';
import { arrayType, bytesPerElement, type DataType, sizeOf } from '../../tensor/tensor.ts';
import { constantData, constantValues, makeConstant } from '../constant.ts';
import { elementName, elementType } from '../elements.ts';
import type { Constant } from '../graph.ts';
import { invalid } from '../invalid.ts';
import { narrowType, packedLength, unpackNarrow } from '../narrow.ts';
import type { Dictionary } from '../words/dictionary.ts';

/** Gives the content of a file that lies beside the model. */
export type External = (path: string) => Uint8Array | undefined;

/** A sparse tensor may be a few bytes that claim any size. In bytes. */
const MAX_DENSE_BYTES = 2 ** 28;

/** Context that tensors are read in. */
export interface TensorScope {
  readonly external?: External | undefined;
  /** Codes of the words that the file holds. */
  readonly dictionary: Dictionary;
}

/** Words as their codes. */
function wordCodes({ name, dims, stringData }: TensorProto, dictionary: Dictionary): Constant {
  dictionary.holders.add(name);
  const decoder = new TextDecoder();
  const codes = stringData.map((word) => dictionary.codeOf(decoder.decode(word)));
  const shape = toDims(dims, name);
  if (sizeOf(shape) !== codes.length) {
    invalid(`Tensor "${name}" of shape [${shape.join(', ')}] holds ${sizeOf(shape)} texts, but has ${codes.length}.`, {
      name,
    });
  }
  return makeConstant('int64', shape, codes);
}

/** The content stays where it is if that can be. */
export function toConstant(proto: TensorProto, { external, dictionary }: TensorScope): Constant {
  if (proto.dataType === TensorProto_DataType.STRING) return wordCodes(proto, dictionary);
  const narrow = narrowType(proto.dataType);
  const dtype = narrow?.dtype ?? elementType(proto.dataType);
  if (!dtype) {
    return invalid(
      `Tensor "${proto.name}" holds elements of type ${elementName(proto.dataType)}, which whylight does not work on.`,
      { name: proto.name, type: proto.dataType },
    );
  }
  const dims = toDims(proto.dims, proto.name);
  const bytes =
    proto.dataLocation === TensorProto_DataLocation.EXTERNAL
      ? bytesOutside(proto, external)
      : proto.rawData.byteLength > 0
        ? proto.rawData
        : bytesOfFields(proto, dtype);
  const count = sizeOf(dims);
  const expected = narrow ? packedLength(count, narrow) : count * bytesPerElement(dtype);
  if (bytes.byteLength !== expected) {
    invalid(
      `Tensor "${proto.name}" is ${elementName(proto.dataType)} [${dims.join(', ')}], which takes ${expected} bytes, but has ${bytes.byteLength}.`,
      { name: proto.name, dims, expected, given: bytes.byteLength },
    );
  }
  return narrow
    ? { dtype, dims, bytes: unpackNarrow(bytes, count, narrow), bits: narrow.bits }
    : { dtype, dims, bytes };
}

function toDims(dims: readonly bigint[], name: string): number[] {
  const numbers = dims.map(Number);
  if (numbers.some((d) => d < 0) || !Number.isSafeInteger(numbers.reduce((size, d) => size * Math.max(d, 1), 8))) {
    invalid(`Tensor "${name}" has the impossible shape [${dims.join(', ')}].`, { name });
  }
  return numbers;
}

/** float_data, int32_data and their like: the field that the format names for the type. */
function bytesOfFields(proto: TensorProto, dtype: DataType): Uint8Array {
  const values = fieldOf(proto, dtype);
  const data = new (arrayType(dtype))(values.length);
  const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  for (let i = 0; i < values.length; i++) data[i] = wide ? (values[i] as bigint) : Number(values[i]);
  return new Uint8Array(data.buffer);
}

function fieldOf(proto: TensorProto, dtype: DataType): readonly (number | bigint)[] {
  switch (dtype) {
    case 'float32':
      return proto.floatData;
    case 'float64':
      return proto.doubleData;
    case 'int64':
      return proto.int64Data;
    case 'uint64':
    case 'uint32':
      return proto.uint64Data;
    default:
      return proto.int32Data;
  }
}

function bytesOutside(proto: TensorProto, external: External | undefined): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const path = entries.get('location') ?? '';
  const where = { name: proto.name, path };
  // The model must not choose which files of the machine are read.
  if (path === '' || /^([/\\]|\w:)|(^|[/\\])\.\.([/\\]|$)/.test(path)) {
    invalid(`Tensor "${proto.name}" lies in "${path}", but only files beside the model are read.`, where);
  }
  const file = openFile(path, external);
  if (!file) {
    return invalid(
      `Tensor "${proto.name}" lies in the file "${path}", which was not given. Pass it with the model.`,
      where,
    );
  }
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? file.byteLength - offset);
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    offset < 0 ||
    length < 0 ||
    offset + length > file.byteLength
  ) {
    invalid(
      `Tensor "${proto.name}" is bytes ${offset} to ${offset + length} of "${path}", which has ${file.byteLength}.`,
      where,
    );
  }
  return new Uint8Array(file.buffer, file.byteOffset + offset, length);
}

function openFile(path: string, external: External | undefined): Uint8Array | undefined {
  try {
    return external?.(path);
  } catch (cause) {
    if (WhylightError.is(cause)) throw cause;
    throw new WhylightError(
      'invalid_model',
      `The file "${path}" that the model needs cannot be read.`,
      { path },
      { cause },
    );
  }
}

/** A sparse tensor with its zeros. */
export function densify(proto: SparseTensorProto, scope: TensorScope): { name: string; constant: Constant } {
  if (!proto.values || !proto.indices) return invalid('A sparse tensor has no values or no indices.');
  const name = proto.values.name;
  const [values, indices] = [toConstant(proto.values, scope), toConstant(proto.indices, scope)];
  const dims = toDims(proto.dims, name);
  const [size, count] = [sizeOf(dims), sizeOf(values.dims)];
  if (size * bytesPerElement(values.dtype) > MAX_DENSE_BYTES) {
    invalid(`The sparse tensor "${name}" of shape [${dims.join(', ')}] is too large to be written out.`, {
      name,
      dims,
    });
  }
  const positions = constantValues(indices);
  const perElement = indices.dims.length === 2 ? dims.length : 1;
  if (indices.dtype !== 'int64' || positions.length !== count * perElement) {
    invalid(`The sparse tensor "${name}" has ${count} values, but ${positions.length} indices.`, { name });
  }
  const from = constantData(values);
  const data = new (arrayType(values.dtype))(size);
  for (let i = 0; i < count; i++) {
    let at = 0;
    for (let axis = 0; axis < perElement; axis++) {
      const index = positions[i * perElement + axis] as number;
      const dim = perElement === 1 ? size : (dims[axis] as number);
      if (index < 0 || index >= dim)
        invalid(`The sparse tensor "${name}" has an index outside of its shape.`, { name });
      at = at * dim + index;
    }
    data[at] = from[i] as never;
  }
  return { name, constant: { dtype: values.dtype, dims, bytes: new Uint8Array(data.buffer) } };
}
