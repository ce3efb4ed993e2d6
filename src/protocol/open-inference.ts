/**
 * Tensors as the Open Inference Protocol (KServe V2) writes them, with the binary tensor extension: a JSON object, then
 * the bytes of the tensors in the order in which the JSON names them, little-endian, row-major, without padding.
 * https://github.com/kserve/open-inference-protocol,
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
import { joinBytes } from '../core/bytes.ts';
import { WhylightError } from '../core/errors.ts';
import { bytesPerElement, type DataType, sizeOf, type Tensor, tensor } from '../core/tensor/tensor.ts';
import { list, object, parse, type Scalar, scalars, text, wrong, wrongTensor } from './json-members.ts';
import { decodeOutputs, type RequestedOutput } from './requested-outputs.ts';
import { refuseMisplaced, refuseSequence, refuseSharedMemory } from './unoffered.ts';

export type { Scalar } from './json-members.ts';

/** Header with the length of the JSON part, in bytes; absent when nothing is binary. */
export const HEADER_LENGTH = 'Inference-Header-Content-Length';

export const DATATYPES = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  BF16: 'bfloat16',
  FP32: 'float32',
  FP64: 'float64',
} as const satisfies Record<string, DataType>;
export type Datatype = keyof typeof DATATYPES;

const NAMES = Object.fromEntries(Object.entries(DATATYPES).map(([name, dtype]) => [dtype, name])) as Record<
  DataType,
  Datatype
>;

/** The protocol's name of an element type: `FP32` for `float32`. */
export const datatypeOf = (dtype: DataType): Datatype => NAMES[dtype];

export type Parameters = Readonly<Record<string, Scalar>>;

/** Texts: the protocol's BYTES. They leave as answers; as inputs they are images. */
export interface TextTensor {
  readonly dims: readonly number[];
  readonly texts: readonly string[];
}

export interface InferenceRequest {
  readonly id?: string;
  readonly parameters: Parameters;
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Inputs of datatype BYTES: texts as they came, binary elements as bytes. */
  readonly texts?: ReadonlyMap<string, readonly (string | Uint8Array)[]>;
  /** Requested outputs; all when empty. */
  readonly outputs: readonly RequestedOutput[];
  /** True if outputs are returned as bytes, unless they say otherwise. */
  readonly binaryOutput: boolean;
}

export interface NamedOutput {
  readonly name: string;
  readonly value: Tensor | TextTensor;
}

export interface InferenceResponse {
  readonly id?: string;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly parameters: Parameters;
  readonly outputs: readonly NamedOutput[];
}

/** Parameters of the protocol itself, which do not reach a model or a method. */
export const BINARY_SIZE = 'binary_data_size';
export const BINARY_OUTPUT = 'binary_data_output';

/** Parameter that names an image by its https URL, in place of inputs. */
export const IMAGE_URL = 'image_url';

/**
 * The length of the JSON part.
 * @param header value of {@link HEADER_LENGTH}
 * @param most bytes that it may have
 * @throws WhylightError `invalid_request`
 */
export function headerLengthOf(header: string, most: number): number {
  const length = /^\d+$/.test(header.trim()) ? Number(header) : Number.NaN;
  if (length >= 1 && length <= most) return length;
  throw wrong(`${HEADER_LENGTH} is "${header}", but must be the bytes of the JSON part: a number from 1 to ${most}.`);
}

/**
 * @param headerLength bytes of the JSON part, see {@link headerLengthOf}; the whole body is JSON when left out
 * @throws WhylightError `invalid_request` or `invalid_tensor`; `details.errors` holds the JSON Pointer of each mistake.
 */
export function decodeRequest(body: Uint8Array, headerLength: number = body.length): InferenceRequest {
  if (!(Number.isInteger(headerLength) && headerLength >= 0 && headerLength <= body.length)) {
    throw wrong(
      `${HEADER_LENGTH} says ${headerLength}, but the body has ${body.length} bytes: give the length of its JSON part.`,
    );
  }
  const json = object(parse(body.subarray(0, headerLength)), '');
  const binary = new BinaryReader(body.subarray(headerLength));
  const { [BINARY_OUTPUT]: binaryOutput = false, ...parameters } = scalars(json.parameters, '/parameters');
  refuseSequence(parameters);
  refuseMisplaced(json);
  const inputs = new Map<string, Tensor>();
  const texts = new Map<string, (string | Uint8Array)[]>();
  for (const [i, entry] of inputList(json.inputs, parameters).entries()) {
    const at = `/inputs/${i}`;
    const input = object(entry, at);
    const name = text(input.name, `${at}/name`);
    if (inputs.has(name) || texts.has(name)) throw wrong(`The input "${name}" is given twice.`, `${at}/name`);
    if (input.datatype === 'BYTES') texts.set(name, decodeTexts(input, at, binary));
    else inputs.set(name, decodeTensor(input, at, binary));
  }
  binary.finish();
  return {
    ...(json.id !== undefined && { id: text(json.id, '/id') }),
    parameters,
    inputs,
    ...(texts.size > 0 && { texts }),
    outputs: decodeOutputs(json.outputs),
    binaryOutput: binaryOutput === true,
  };
}

/** Inputs of a request; it may leave them out where the parameter `image_url` names an image. */
const inputList = (inputs: unknown, { [IMAGE_URL]: url }: Parameters): unknown[] =>
  inputs === undefined && url !== undefined ? [] : list(inputs, '/inputs');

/**
 * @param isBinary which outputs leave as bytes
 * @returns the body; `headerLength` is there when some of it is bytes
 */
export function encodeResponse(
  { id, modelName, modelVersion, parameters, outputs }: InferenceResponse,
  isBinary: (name: string) => boolean = () => false,
): { readonly body: Uint8Array<ArrayBuffer>; readonly headerLength?: number } {
  const chunks: Uint8Array[] = [];
  const written = outputs.map(({ name, value }) => {
    const head = { name, shape: value.dims, datatype: 'texts' in value ? 'BYTES' : datatypeOf(value.dtype) };
    if (!isBinary(name)) return `${JSON.stringify(head).slice(0, -1)},"data":${writeData(value)}}`;
    const bytes = toBytes(value);
    chunks.push(bytes);
    return JSON.stringify({ ...head, parameters: { [BINARY_SIZE]: bytes.byteLength } });
  });
  const head = JSON.stringify({ model_name: modelName, model_version: modelVersion, id, parameters });
  let json = `${head.slice(0, -1)},"outputs":[${written.join(',')}]}`;
  if (chunks.length === 0) return { body: joinBytes([new TextEncoder().encode(json)]) };
  // Spaces at the end are valid JSON, and the first tensor then starts where a reader can map it without a copy.
  const length = new TextEncoder().encode(json).length;
  json += ' '.repeat(-length & 7);
  return { body: joinBytes([new TextEncoder().encode(json), ...chunks]), headerLength: length + (-length & 7) };
}

/** The bytes of a tensor as they travel. */
export function toBytes(value: Tensor | TextTensor): Uint8Array {
  if ('texts' in value) {
    return joinBytes(
      value.texts.flatMap((item) => {
        const bytes = new TextEncoder().encode(item);
        return [new Uint8Array(Uint32Array.of(bytes.length).buffer), bytes];
      }),
    );
  }
  return new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength);
}

/** A flat JSON array, written by hand because `JSON.stringify` has no 64-bit integers. */
export function writeData(value: Tensor | TextTensor): string {
  if ('texts' in value) return JSON.stringify(value.texts);
  if (value.dtype === 'bool') return `[${Array.from(value.data as Uint8Array, (bit) => bit !== 0).join(',')}]`;
  if (value.dtype === 'float16' || value.dtype === 'bfloat16') {
    throw new WhylightError('internal', `${value.dtype} has no JSON form: it must leave as bytes.`);
  }
  const { data } = value;
  return `[${data.join(',').replace(/NaN|-?Infinity/g, 'null')}]`;
}

export function decodeTensor(input: Record<string, unknown>, at: string, binary: BinaryReader): Tensor {
  const name = input.name as string;
  const datatype = text(input.datatype, `${at}/datatype`);
  if (!Object.hasOwn(DATATYPES, datatype)) {
    throw wrongTensor(
      `Input "${name}" has the datatype ${datatype}, which is not supported: use one of ${Object.keys(DATATYPES).join(', ')}.`,
      `${at}/datatype`,
      { allowed: Object.keys(DATATYPES) },
    );
  }
  const dtype = DATATYPES[datatype as Datatype];
  const dims = decodeShape(input, at);
  const parameters = scalars(input.parameters, `${at}/parameters`);
  refuseSharedMemory(parameters, `${at}/parameters`);
  const { [BINARY_SIZE]: size } = parameters;
  if (size === undefined) return fromJson(name, dtype, dims, input.data, `${at}/data`);
  if (input.data !== undefined) {
    throw wrong(`Input "${name}" has both data and ${BINARY_SIZE}: send one.`, `${at}/data`);
  }
  const expected = sizeOf(dims) * bytesPerElement(dtype);
  if (size !== expected) {
    throw wrongTensor(
      `Input "${name}": ${datatype} of shape [${dims.join(', ')}] takes ${expected} bytes, but ${BINARY_SIZE} says ${size}.`,
      `${at}/parameters/${BINARY_SIZE}`,
      { expected, given: size },
    );
  }
  return fromBytes(dtype, dims, binary.take(expected, name));
}

function decodeShape(input: Record<string, unknown>, at: string): number[] {
  return list(input.shape, `${at}/shape`).map((extent, i) => {
    if (Number.isSafeInteger(extent) && (extent as number) >= 0) return extent as number;
    throw wrongTensor(`Input "${input.name}": an extent is a non-negative integer.`, `${at}/shape/${i}`);
  });
}

/** Elements of BYTES: in JSON as texts, as bytes each behind its length (uint32). */
function decodeTexts(input: Record<string, unknown>, at: string, binary: BinaryReader): (string | Uint8Array)[] {
  const size = sizeOf(decodeShape(input, at));
  const { [BINARY_SIZE]: bytes } = scalars(input.parameters, `${at}/parameters`);
  const items =
    bytes === undefined
      ? leaves(list(input.data, `${at}/data`)).map((item, i) => text(item, `${at}/data/${i}`))
      : splitTexts(input, bytes, at, binary);
  if (items.length === size) return items;
  throw wrongTensor(
    `Input "${input.name}": its shape takes ${size} elements, but there are ${items.length}.`,
    `${at}/shape`,
    { expected: size, given: items.length },
  );
}

function splitTexts(input: Record<string, unknown>, size: Scalar, at: string, binary: BinaryReader): Uint8Array[] {
  if (!Number.isSafeInteger(size) || (size as number) < 0) {
    throw wrong(`Input "${input.name}": ${BINARY_SIZE} is a number of bytes.`, `${at}/parameters/${BINARY_SIZE}`);
  }
  const bytes = binary.take(size as number, String(input.name));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const length = from + 4 <= bytes.length ? view.getUint32(from, true) : Infinity;
    if (from + 4 + length > bytes.length) {
      throw wrongTensor(
        `Input "${input.name}": an element says that it is longer than what is left.`,
        `${at}/parameters/${BINARY_SIZE}`,
      );
    }
    items.push(bytes.subarray(from + 4, from + 4 + length));
    from += 4 + length;
  }
  return items;
}

/** The bytes may start anywhere, so they are copied to where a typed array may lie. */
function fromBytes(dtype: DataType, dims: readonly number[], bytes: Uint8Array): Tensor {
  const { data } = tensor(dtype, dims);
  new Uint8Array(data.buffer).set(bytes);
  return { dtype, dims, data };
}

/** Data may be nested or flat. */
function fromJson(name: string, dtype: DataType, dims: readonly number[], data: unknown, at: string): Tensor {
  if (dtype === 'float16' || dtype === 'bfloat16') {
    throw wrongTensor(
      `Input "${name}": ${datatypeOf(dtype)} has no JSON form. Send it as bytes (${BINARY_SIZE}).`,
      at.replace(/data$/, 'datatype'),
    );
  }
  const values = leaves(list(data, at));
  const size = sizeOf(dims);
  if (values.length !== size) {
    throw wrongTensor(
      `Input "${name}": the shape [${dims.join(', ')}] takes ${size} elements, but the data have ${values.length}.`,
      at,
      { expected: size, given: values.length },
    );
  }
  const { isValid, expected } = elementCheck(dtype);
  const bad = values.findIndex((value) => !isValid(value));
  if (bad >= 0) {
    throw wrongTensor(
      `Input "${name}": element ${bad} is ${shown(values[bad])}, but ${datatypeOf(dtype)} takes ${expected}.`,
      at,
      { element: bad },
    );
  }
  return tensor(dtype, dims, values.map(Number));
}

/** Shows a value for a message. A list is not shown: it may be nested more deeply than `JSON.stringify` goes. */
const shown = (value: unknown): string => (Array.isArray(value) ? 'a list' : JSON.stringify(value).slice(0, 40));

/** Checks of JSON elements, by datatype. */
function elementCheck(dtype: DataType): { isValid: (value: unknown) => boolean; expected: string } {
  if (dtype === 'float32' || dtype === 'float64') return { isValid: Number.isFinite, expected: 'finite numbers' };
  if (dtype === 'bool') {
    return { isValid: (value) => typeof value === 'boolean' || value === 0 || value === 1, expected: 'true and false' };
  }
  const bits = bytesPerElement(dtype) * 8;
  const unsigned = dtype.startsWith('u');
  const least = unsigned ? 0 : -(2 ** (bits - 1));
  const most = unsigned ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
  return {
    isValid: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    expected: `integers from ${least} to ${most}${bits === 64 ? ' (as bytes, where they are over 2^53)' : ''}`,
  };
}

/** More than any tensor has; lists that are nested deeper are no tensors, and would exhaust the stack. */
const MAX_AXES = 16;

/** Flattens nested lists. A list that is nested too deeply is kept, and fits no type. */
export function leaves(items: readonly unknown[]): unknown[] {
  return items.flat(MAX_AXES);
}

export class BinaryReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(size: number, name: string): Uint8Array {
    if (this.at + size > this.bytes.length) {
      throw wrongTensor(
        `Input "${name}" takes ${size} bytes, but only ${this.bytes.length - this.at} follow the JSON part.`,
        undefined,
        { expected: size, given: this.bytes.length - this.at },
      );
    }
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  finish(): void {
    const rest = this.bytes.length - this.at;
    if (rest > 0) throw wrong(`${rest} bytes are left over after the last tensor: check shapes and ${BINARY_SIZE}.`);
  }
}
