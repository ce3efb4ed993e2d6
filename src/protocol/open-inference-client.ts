/** The client's side of the Open Inference Protocol: requests written, answers read. Tensors travel as bytes. */
import { joinBytes } from '../core/bytes.ts';
import { WhylightError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor/tensor.ts';
import { list, object, parse, text } from './json-members.ts';
import {
  BINARY_OUTPUT,
  BINARY_SIZE,
  BinaryReader,
  type Datatype,
  datatypeOf,
  decodeTensor,
  type Parameters,
  toBytes,
  writeData,
} from './open-inference.ts';

export interface ClientRequest {
  readonly id?: string;
  readonly parameters?: Parameters;
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Names of the outputs wanted; all when left out. */
  readonly outputs?: readonly string[];
}

export interface EncodedRequest {
  readonly body: Uint8Array<ArrayBuffer>;
  /** Bytes of the JSON part: the value of `Inference-Header-Content-Length`. */
  readonly headerLength: number;
}

/** Every input as bytes behind the JSON part, in the order of `inputs`; every output asked for as bytes. */
export function encodeRequest({ id, parameters, inputs, outputs }: ClientRequest): EncodedRequest {
  const chunks: Uint8Array[] = [];
  const written = Object.entries(inputs).map(([name, value]) => {
    const bytes = toBytes(value);
    chunks.push(bytes);
    return {
      name,
      shape: value.dims,
      datatype: datatypeOf(value.dtype),
      parameters: { [BINARY_SIZE]: bytes.byteLength },
    };
  });
  const json = JSON.stringify({
    id,
    parameters: { ...parameters, [BINARY_OUTPUT]: true },
    inputs: written,
    ...(outputs && { outputs: outputs.map((name) => ({ name, parameters: { binary_data: true } })) }),
  });
  const head = new TextEncoder().encode(json);
  // The first tensor starts where a reader can map it without a copy; spaces at the end are valid JSON.
  const padding = new TextEncoder().encode(' '.repeat(-head.length & 7));
  return { body: joinBytes([head, padding, ...chunks]), headerLength: head.length + padding.length };
}

/**
 * Writes a request with its tensors in JSON, for servers without the binary extension.
 * @throws WhylightError `origin_error` for half floats, which have no form in JSON
 */
export function encodeJsonRequest({ id, parameters, inputs, outputs }: ClientRequest): Uint8Array<ArrayBuffer> {
  const written = Object.entries(inputs).map(([name, value]) => {
    if (value.dtype === 'float16' || value.dtype === 'bfloat16') {
      const message = `The server takes JSON only, which has no form for "${name}": export the graphs with --wire fp32.`;
      throw new WhylightError('origin_error', message, { name });
    }
    const head = JSON.stringify({ name, shape: value.dims, datatype: datatypeOf(value.dtype) });
    return `${head.slice(0, -1)},"data":${writeData(value)}}`;
  });
  const rest = JSON.stringify({ id, parameters, ...(outputs && { outputs: outputs.map((name) => ({ name })) }) });
  const json = `{"inputs":[${written.join(',')}]${rest === '{}' ? '' : `,${rest.slice(1, -1)}`}}`;
  return joinBytes([new TextEncoder().encode(json)]);
}

export interface ModelMetadata {
  readonly inputs: ReadonlyMap<string, TensorMetadata>;
  readonly outputs: ReadonlyMap<string, TensorMetadata>;
}

export interface TensorMetadata {
  readonly datatype: Datatype;
  /** -1 for an extent that is open. */
  readonly shape: readonly number[];
}

/**
 * Decodes the response to `GET /v2/models/{model}`.
 * @throws WhylightError `origin_error`
 */
export function decodeMetadata(body: Uint8Array): ModelMetadata {
  return answered(() => {
    const json = object(parse(body), '');
    return { inputs: described(json.inputs, '/inputs'), outputs: described(json.outputs, '/outputs') };
  });
}

/**
 * The outputs of an answer to `POST .../infer`, by name. Outputs of texts have no tensor and are refused.
 * @param headerLength value of `Inference-Header-Content-Length`; the whole body is JSON when left out
 * @throws WhylightError `origin_error`
 */
export function decodeResponse(body: Uint8Array, headerLength: number = body.length): ReadonlyMap<string, Tensor> {
  return answered(() => {
    const json = object(parse(body.subarray(0, headerLength)), '');
    const binary = new BinaryReader(body.subarray(headerLength));
    const outputs = new Map<string, Tensor>();
    for (const [i, entry] of list(json.outputs, '/outputs').entries()) {
      const output = object(entry, `/outputs/${i}`);
      outputs.set(text(output.name, `/outputs/${i}/name`), decodeTensor(output, `/outputs/${i}`, binary));
    }
    binary.finish();
    return outputs;
  });
}

function described(entries: unknown, at: string): ReadonlyMap<string, TensorMetadata> {
  return new Map(
    list(entries, at).map((entry, i) => {
      const { name, datatype, shape } = object(entry, `${at}/${i}`);
      return [
        text(name, `${at}/${i}/name`),
        {
          datatype: text(datatype, `${at}/${i}/datatype`) as Datatype,
          shape: list(shape, `${at}/${i}/shape`).map(Number),
        },
      ];
    }),
  );
}

/** Converts errors of decoding a response to a failure of the server. */
function answered<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const message = `The server's answer does not follow the Open Inference Protocol: ${(cause as Error).message}`;
    throw new WhylightError('origin_error', message, {}, { cause });
  }
}
