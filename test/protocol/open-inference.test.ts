import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayType, bytesPerElement, type DataType, sizeOf, type Tensor } from '../../src/core/tensor/tensor.ts';
import {
  datatypeOf,
  decodeRequest,
  encodeResponse,
  headerLengthOf,
  type InferenceResponse,
} from '../../src/protocol/open-inference.ts';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const request = (input: object) => encode({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], ...input }] });
/** Deeper than `JSON.stringify` goes. */
const NESTED = new TextEncoder().encode(
  `{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":${'['.repeat(1e5)}${']'.repeat(1e5)}}]}`,
);

const FLOATS = ['float32', 'float64', 'float16', 'bfloat16'] as const;
const INTEGERS = ['int64', 'uint64', 'int32', 'uint32', 'int16', 'uint16', 'int8', 'uint8'] as const;
const DTYPES = [...FLOATS, ...INTEGERS, 'bool'] as const satisfies DataType[];

const anyTensor = (dtypes: readonly DataType[]): fc.Arbitrary<Tensor> =>
  fc
    .tuple(fc.constantFrom(...dtypes), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }))
    .chain(([dtype, dims]) => {
      const bytes = sizeOf(dims) * bytesPerElement(dtype);
      return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((data) => {
        const raw = dtype === 'bool' ? data.map((byte) => byte & 1) : data.slice();
        return { dtype, dims, data: new (arrayType(dtype))(raw.buffer) } as Tensor;
      });
    });

const anyResponse = (dtypes: readonly DataType[]): fc.Arbitrary<InferenceResponse> =>
  fc.record({
    modelName: fc.string(),
    modelVersion: fc.string(),
    parameters: fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
    outputs: fc
      .uniqueArray(fc.string({ unit: 'grapheme' }), { maxLength: 4 })
      .chain((names) => fc.tuple(...names.map((name) => anyTensor(dtypes).map((value) => ({ name, value }))))),
  });

/** Answer of a server, as a client would send it back. */
function echo(response: InferenceResponse, isBinary: (name: string) => boolean) {
  const { body, headerLength = body.length } = encodeResponse(response, isBinary);
  const { outputs, ...rest } = JSON.parse(new TextDecoder().decode(body.subarray(0, headerLength)));
  const head = encode({ ...rest, inputs: outputs });
  const sent = new Uint8Array(head.length + body.length - headerLength);
  sent.set(head);
  sent.set(body.subarray(headerLength), head.length);
  return { headerLength, decoded: decodeRequest(sent, head.length) };
}

const bytesOf = ({ data }: Tensor) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe('the Open Inference Protocol codec', () => {
  it('preserves binary tensors of every type bit for bit', () => {
    fc.assert(
      fc.property(anyResponse(DTYPES), fc.func(fc.boolean()), (response, choose) => {
        const binary = new Map(
          response.outputs.map(({ name, value }) => [name, (value as Tensor).dtype.includes('float') || choose(name)]),
        );
        // As JSON, integers beyond 2^53 would be refused; floats are tried below.
        for (const { name, value } of response.outputs) {
          if ((value as Tensor).dtype.endsWith('64')) binary.set(name, true);
        }
        const { decoded, headerLength } = echo(response, (name) => binary.get(name) as boolean);
        expect([...decoded.inputs.keys()]).toEqual(response.outputs.map(({ name }) => name));
        for (const { name, value } of response.outputs) {
          const got = decoded.inputs.get(name) as Tensor;
          expect([got.dtype, got.dims, bytesOf(got)]).toEqual([
            (value as Tensor).dtype,
            value.dims,
            bytesOf(value as Tensor),
          ]);
        }
        if ([...binary.values()].includes(true)) expect(headerLength % 8).toBe(0);
      }),
    );
  });

  it('preserves finite floats in JSON, except for the sign of zero', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true })), (values) => {
        const value = { dtype: 'float32' as const, dims: [values.length], data: Float32Array.from(values) };
        const { decoded } = echo(
          { modelName: 'm', modelVersion: '1', parameters: {}, outputs: [{ name: 'y', value }] },
          () => false,
        );
        expect(decoded.inputs.get('y')?.data).toEqual(value.data.map((x) => x + 0));
      }),
    );
  });

  it('flattens nested data, and decodes parameters, id and requested outputs', () => {
    const decoded = decodeRequest(
      encode({
        id: 'a',
        parameters: { method: 'saliency', n: 3, fast: true, binary_data_output: true },
        inputs: [
          {
            name: 'x',
            datatype: 'INT64',
            shape: [2, 2],
            data: [
              [1, 2],
              [3, -4],
            ],
          },
        ],
        outputs: [{ name: 'scores', parameters: { binary_data: false } }, { name: 'target' }],
      }),
    );
    expect(decoded).toEqual({
      id: 'a',
      parameters: { method: 'saliency', n: 3, fast: true },
      inputs: new Map([['x', { dtype: 'int64', dims: [2, 2], data: BigInt64Array.of(1n, 2n, 3n, -4n) }]]),
      outputs: [{ name: 'scores', binary: false }, { name: 'target' }],
      binaryOutput: true,
    });
  });

  it('encodes a response byte by byte as specified', () => {
    const { body, headerLength } = encodeResponse(
      {
        id: '7',
        modelName: 'm',
        modelVersion: '1',
        parameters: { method: 'saliency' },
        outputs: [
          { name: 'big', value: { dtype: 'int64', dims: [2], data: BigInt64Array.of(2n ** 60n, -1n) } },
          { name: 'labels', value: { dims: [2], texts: ['é', 'b'] } },
          { name: 'flags', value: { dtype: 'bool', dims: [2], data: Uint8Array.of(1, 0) } },
          { name: 'f', value: { dtype: 'float32', dims: [3], data: Float32Array.of(0.5, Number.NaN, -Infinity) } },
          { name: 'raw', value: { dtype: 'int16', dims: [1], data: Int16Array.of(258) } },
          { name: 'words', value: { dims: [1], texts: ['ab'] } },
        ],
      },
      (name) => name === 'raw' || name === 'words',
    );
    const json =
      '{"model_name":"m","model_version":"1","id":"7","parameters":{"method":"saliency"},"outputs":[' +
      '{"name":"big","shape":[2],"datatype":"INT64","data":[1152921504606846976,-1]},' +
      '{"name":"labels","shape":[2],"datatype":"BYTES","data":["é","b"]},' +
      '{"name":"flags","shape":[2],"datatype":"BOOL","data":[true,false]},' +
      '{"name":"f","shape":[3],"datatype":"FP32","data":[0.5,null,null]},' +
      '{"name":"raw","shape":[1],"datatype":"INT16","parameters":{"binary_data_size":2}},' +
      '{"name":"words","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":6}}]}';
    expect(new TextDecoder().decode(body.subarray(0, headerLength)).trimEnd()).toBe(json);
    expect([...body.subarray(headerLength)]).toEqual([2, 1, 2, 0, 0, 0, 97, 98]);
  });

  it.each<[string, Uint8Array, string, string]>([
    ['invalid JSON', new TextEncoder().encode('{"inputs":'), 'invalid_request', '#'],
    ['an empty body', new Uint8Array(0), 'invalid_request', '#'],
    ['a body that is not UTF-8', Uint8Array.of(0xff, 0xfe), 'invalid_request', '#'],
    ['a list', encode([]), 'invalid_request', '#'],
    ['no inputs', encode({}), 'invalid_request', '#/inputs'],
    ['an input without a name', encode({ inputs: [{}] }), 'invalid_request', '#/inputs/0/name'],
    [
      'the same input twice',
      encode({ inputs: [0, 1].map(() => ({ name: 'x', datatype: 'FP32', shape: [0], data: [] })) }),
      'invalid_request',
      '#/inputs/1/name',
    ],
    ['an unknown datatype', request({ datatype: 'FP99' }), 'invalid_tensor', '#/inputs/0/datatype'],
    [
      'BYTES data that is not text',
      request({ datatype: 'BYTES', data: ['a', 1] }),
      'invalid_request',
      '#/inputs/0/data/1',
    ],
    ['half floats as JSON', request({ datatype: 'FP16', data: [1, 2] }), 'invalid_tensor', '#/inputs/0/datatype'],
    ['a negative dim', request({ shape: [1, -2] }), 'invalid_tensor', '#/inputs/0/shape/1'],
    ['no data', request({}), 'invalid_request', '#/inputs/0/data'],
    ['too few elements', request({ data: [1] }), 'invalid_tensor', '#/inputs/0/data'],
    ['an element that is not a number', request({ data: [1, 'x'] }), 'invalid_tensor', '#/inputs/0/data'],
    ['null for NaN', request({ data: [1, null] }), 'invalid_tensor', '#/inputs/0/data'],
    ['an integer out of range', request({ datatype: 'INT8', data: [1, 128] }), 'invalid_tensor', '#/inputs/0/data'],
    ['a fraction for an integer', request({ datatype: 'UINT8', data: [1, 1.5] }), 'invalid_tensor', '#/inputs/0/data'],
    ['nested parameters', encode({ inputs: [], parameters: { a: [1] } }), 'invalid_request', '#/parameters/a'],
    [
      'a datatype named like a member of Object.prototype',
      request({ datatype: 'constructor' }),
      'invalid_tensor',
      '#/inputs/0/datatype',
    ],
    ['data nested deeper than the rank of a tensor', NESTED, 'invalid_tensor', '#/inputs/0/data'],
    [
      'more images than the shape says',
      request({ datatype: 'BYTES', shape: [1], data: ['a', 'b'] }),
      'invalid_tensor',
      '#/inputs/0/shape',
    ],
    [
      'a negative size of BYTES',
      request({ datatype: 'BYTES', shape: [1], parameters: { binary_data_size: -4 } }),
      'invalid_request',
      '#/inputs/0/parameters/binary_data_size',
    ],
    [
      'a wrong binary size',
      request({ parameters: { binary_data_size: 4 } }),
      'invalid_tensor',
      '#/inputs/0/parameters/binary_data_size',
    ],
  ])('refuses %s with a pointer to it', (_, body, code, pointer) => {
    expect(() => decodeRequest(body)).toThrow(
      expect.objectContaining({
        code,
        details: expect.objectContaining({ errors: [expect.objectContaining({ pointer })] }),
      }),
    );
  });

  it('accepts a header length in decimal digits only', () => {
    expect(headerLengthOf(' 12 ', 12)).toBe(12);
    for (const header of ['', ' ', '0', '13', '-1', '+5', '1e1', '0xa', '1.0', 'abc']) {
      expect(() => headerLengthOf(header, 12), header).toThrow(/a number from 1 to 12/);
    }
  });

  it('refuses lengths that contradict the body', () => {
    const body = request({ parameters: { binary_data_size: 8 } });
    expect(() => decodeRequest(body)).toThrow(/only 0 follow/);
    expect(() => decodeRequest(body, body.length + 1)).toThrow(/Inference-Header-Content-Length/);
    expect(() => decodeRequest(body, Number.NaN)).toThrow(/Inference-Header-Content-Length/);
    const long = new Uint8Array(body.length + 9);
    long.set(body);
    expect(() => decodeRequest(long, body.length)).toThrow(/1 bytes are left over/);
  });

  it('throws WhylightError only, for any input', () => {
    const ours = (body: Uint8Array, length?: number) => {
      try {
        decodeRequest(body, length);
      } catch (error) {
        expect(error).toMatchObject({ name: 'WhylightError' });
      }
    };
    fc.assert(fc.property(fc.json(), (text) => ours(new TextEncoder().encode(text))));
    fc.assert(fc.property(fc.uint8Array(), fc.integer({ min: -1, max: 20 }), (body, length) => ours(body, length)));
    const input = fc.record(
      {
        name: fc.jsonValue(),
        datatype: fc.constantFrom('FP32', 'BOOL', 'INT64'),
        shape: fc.jsonValue(),
        data: fc.jsonValue(),
        parameters: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(fc.property(fc.array(input), (inputs) => ours(encode({ inputs }))));
  });

  it('maps every dtype to its own datatype', () => {
    expect(new Set(DTYPES.map(datatypeOf)).size).toBe(DTYPES.length);
  });
});
