import { describe, expect, it } from 'vitest';
import { decodeRequest } from '../../src/protocol/open-inference.ts';

const request = (parameters: object, ofInput: object = {}) => {
  const input = { name: 'x', datatype: 'FP32', shape: [1], data: [1], parameters: ofInput };
  return new TextEncoder().encode(JSON.stringify({ parameters, inputs: [input] }));
};

describe('a request of an extension that is not offered', () => {
  it.each([{ sequence_id: 7 }, { sequence_id: 'a', sequence_end: true }, { sequence_start: true }])(
    'is refused when it is part of a sequence: %o',
    (parameters) => {
      expect(() => decodeRequest(request(parameters))).toThrow(/sequence_.*is not offered/);
    },
  );

  it('is answered when it says that it is part of no sequence', () => {
    expect(decodeRequest(request({ sequence_id: 0, sequence_start: false })).inputs.size).toBe(1);
  });

  it('is refused when its input is in shared memory', () => {
    const shared = { shared_memory_region: 'r', shared_memory_byte_size: 4 };
    expect(() => decodeRequest(request({}, shared))).toThrow('Shared memory is not offered');
  });

  it.each(['method', 'target', 'explain_if'])('is refused when its parameter %s stands beside the inputs', (name) => {
    const body = JSON.parse(new TextDecoder().decode(request({})));
    const misplaced = new TextEncoder().encode(JSON.stringify({ ...body, [name]: 'x' }));
    expect(() => decodeRequest(misplaced)).toThrow(`"${name}" is a parameter: write it under "parameters"`);
  });
});
