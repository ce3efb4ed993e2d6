import { describe, expect, it } from 'vitest';
import { negotiate } from '../../../src/edge/http/negotiate.ts';

const OFFERED = ['application/json', 'image/png'] as const;

describe('content negotiation', () => {
  it.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['image/png', 'image/png'],
    ['IMAGE/PNG', 'image/png'],
    ['image/*', 'image/png'],
    ['image/webp, image/png;q=0.4', 'image/png'],
    ['application/json;q=0.5, image/png', 'image/png'],
    ['image/png;q=0.5, application/json;q=0.5', 'application/json'],
    ['text/html, image/avif, image/*;q=0.8, */*;q=0.5', 'image/png'],
    ['*/*, application/json;q=0', 'image/png'],
    ['image/*, image/png;q=0, */*;q=0.1', 'application/json'],
    ['application/json; charset="a,b;q=0"; q=0.2, image/png;q=0.3', 'image/png'],
  ])('answers Accept: %j with %s', (header, expected) => {
    expect(negotiate(header, OFFERED)).toBe(expected);
  });

  it.each(['text/html', 'image/png;q=0', 'application/json;q=0, text/plain', '*/*;q=0'])(
    'refuses Accept: %j',
    (header) => {
      expect(() => negotiate(header, OFFERED)).toThrow(
        expect.objectContaining({ code: 'not_acceptable', details: { allowed: OFFERED } }),
      );
    },
  );
});
