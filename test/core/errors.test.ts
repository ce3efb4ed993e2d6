import { describe, expect, it } from 'vitest';
import { nearest, quoted } from '../../src/core/errors.ts';

describe('nearest', () => {
  it('lists the most similar names, best first', () => {
    expect(nearest('salency', ['rise', 'saliency', 'sobol'])).toEqual(['saliency']);
    expect(nearest('CAT', ['car', 'cat', 'truck'])).toEqual(['cat', 'car']);
  });

  it('skips the edit distance for names of extreme length', () => {
    const candidates = Array.from({ length: 1000 }, (_, i) => `layer_${i}`);
    expect(nearest('x'.repeat(1e7), candidates)).toEqual([]);
  });
});

describe('quoted', () => {
  it('truncates a long name', () => {
    expect(quoted('conv_1')).toBe('"conv_1"');
    expect(quoted('x'.repeat(1e6))).toBe(`"${'x'.repeat(80)}..."`);
  });
});
