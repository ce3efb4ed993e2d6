import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { hardenBuiltIns } from '../../src/core/harden.ts';

/** Runs strict code in a realm of its own whose built-ins are hardened. */
function inHardenedRealm(code: string): unknown {
  const realm = createContext({});
  hardenBuiltIns(runInContext('globalThis', realm));
  return runInContext(`'use strict'; ${code}`, realm);
}

describe('hardenBuiltIns', () => {
  it.each([
    "Object.prototype.polluted = 'yes'",
    "Object.defineProperty(Object.prototype, 'polluted', { value: 1, enumerable: true })",
    'Array.prototype.map = () => []',
    'Float32Array.prototype.fill = () => {}',
    'Promise.prototype.then = () => {}',
  ])('refuses %s', (code) => {
    expect(() => inHardenedRealm(code)).toThrow(/read only|not extensible|Cannot/);
  });

  it('leaves objects, errors and functions as usable as before', () => {
    const code = `
      const error = new Error('a'); error.name = 'Own'; error.message = 'b';
      const object = {}; object.toString = () => 'text';
      function Old() {} Old.prototype.constructor = Old; Old.toString = () => 'old';
      class Rows extends Array {} const rows = new Rows(); rows.push(1);
      [error.name, error.message, String(object), String(Old), rows.length].join()`;
    expect(inHardenedRealm(code)).toBe('Own,b,text,old,1');
  });
});
