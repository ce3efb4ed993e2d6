import { describe, expect, it } from 'vitest';
import { parseJsonTensor } from '../../../src/modalities/tensor/json.ts';

const options = (more: object = {}) => ({ name: 'x.json', ...more });

describe('tensors from JSON', () => {
  it('take their shape from the nesting', () => {
    const { dtype, dims, data } = parseJsonTensor('[[[1, 2], [3, 4]], [[5, 6], [7, 8.5]]]');
    expect({ dtype, dims, data: [...data] }).toEqual({
      dtype: 'float32',
      dims: [2, 2, 2],
      data: [1, 2, 3, 4, 5, 6, 7, 8.5],
    });
  });

  it('take a flat list in the requested shape', () => {
    expect(parseJsonTensor('[1, 2, 3, 4]', options({ dims: [2, 2] })).dims).toEqual([2, 2]);
  });

  it('may be a single number', () => {
    expect(parseJsonTensor('3').dims).toEqual([]);
  });

  it('preserve 64-bit integers, in quotes beyond the numbers of JSON', () => {
    const { data } = parseJsonTensor('["9223372036854775807", -5]', options({ dtype: 'int64' }));
    expect([...data]).toEqual([9223372036854775807n, -5n]);
  });

  it('read booleans as true, false, 1 and 0', () => {
    expect([...parseJsonTensor('[true, false, 1, 0]', options({ dtype: 'bool' })).data]).toEqual([1, 0, 1, 0]);
  });

  it('have missing values only where they are allowed', () => {
    expect([...parseJsonTensor('[null, "NaN", 1]', options({ allowMissing: true })).data]).toEqual([NaN, NaN, 1]);
    expect(() => parseJsonTensor('[1, null]', options())).toThrow(
      '[1] of x.json is null: expected a number (float32).',
    );
  });

  it.each([
    ['[[1, 2], [3]]', {}, '[1] of x.json is a list of 1: expected a list of 2, as the others on this level'],
    ['[[1, 2], 3]', {}, '[1] of x.json is 3: expected a list of 2'],
    ['[1, [2]]', {}, '[1] of x.json is a list of 1: expected a number'],
    [
      '[[0, 1e999]]',
      {},
      '[0][1] of x.json is a number that is too large: expected a finite number of magnitude at most 3.4028',
    ],
    ['[1e39]', {}, '[0] of x.json is 1e+39: expected a finite number'],
    ['[70000]', { dtype: 'float16' }, 'magnitude at most 65504 (float16)'],
    ['[1, "a"]', {}, '[1] of x.json is "a": expected a number (float32)'],
    ['[1.5]', { dtype: 'int32' }, 'an integer from -2147483648 to 2147483647 (int32)'],
    ['[256]', { dtype: 'uint8' }, 'an integer from 0 to 255 (uint8)'],
    ['[9007199254740993]', { dtype: 'int64' }, 'in quotes beyond 2^53'],
    ['[2]', { dtype: 'bool' }, '[0] of x.json is 2: expected true or false'],
    ['[1, NaN]', {}, 'line 1, column 5: not valid JSON, "N" does not belong there. JSON has no NaN'],
    ['{"x": [1]}', {}, 'x.json is an object: expected nested lists of numbers'],
    ['[1, 2, 3]', { dims: [2, 2] }, 'x.json has shape [3], but [2, 2] was expected (or a flat list of 4)'],
    ['[[1, 2]', {}, 'line 1, column 8: not valid JSON'],
  ])('are refused for %s %j', (text, more, message) => {
    expect(() => parseJsonTensor(text, options(more))).toThrow(
      expect.objectContaining({ code: 'invalid_tensor', message: expect.stringContaining(message) }),
    );
  });
});
