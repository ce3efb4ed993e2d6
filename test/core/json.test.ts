import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/core/json.ts';

describe('parseJson', () => {
  it('returns the value of valid JSON', () => {
    expect(parseJson('{"a": [1, -2.5e3, "x\\"y"], "b": {"c": null, "d": []}}', 'f')).toEqual({
      a: [1, -2500, 'x"y'],
      b: { c: null, d: [] },
    });
  });

  it.each([
    ['', 1, 1],
    ['{', 1, 2],
    ['{\n  "a": 1,\n}', 3, 1],
    ['[1, 2,]', 1, 7],
    ['[,]', 1, 2],
    ['{"a" 1}', 1, 6],
    ['{"a": 1 "b": 2}', 1, 9],
    ['{"a": tru}', 1, 7],
    ["{'a': 1}", 1, 2],
    ['{"a": 1}\n}', 2, 1],
    ['[1}', 1, 3],
    ['{"a": "x\n"}', 1, 7],
    ['{"a": 01}', 1, 8],
    ['// note\n{}', 1, 1],
  ])('reports the mistake in %j at line %i, column %i', (text, line, column) => {
    expect(() => parseJson(text, 'f.json')).toThrow(
      expect.objectContaining({
        code: 'invalid_config',
        message: expect.stringContaining(`f.json, line ${line}, column ${column}: not valid JSON`),
      }),
    );
  });
});
