import { describe, expect, it } from 'vitest';
import { nearest, quoted } from '../../src/core/errors.ts';

describe('the names most like another', () => {
  it('come best first', () => {
    expect(nearest('salency', ['rise', 'saliency', 'sobol'])).toEqual(['saliency']);
    expect(nearest('CAT', ['car', 'cat', 'truck'])).toEqual(['cat', 'car']);
  });

  it('are not looked for letter by letter in a name of any length', () => {
    const candidates = Array.from({ length: 1000 }, (_, i) => `layer_${i}`);
    expect(nearest('x'.repeat(1e7), candidates)).toEqual([]);
  });
});

describe('a name in a message', () => {
  it('is cut when it is much too long', () => {
    expect(quoted('conv_1')).toBe('"conv_1"');
    expect(quoted('x'.repeat(1e6))).toBe(`"${'x'.repeat(80)}..."`);
  });
});
