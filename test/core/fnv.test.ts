import { expect, it } from 'vitest';
import { fnv1a } from '../../src/core/fnv.ts';

// Draft RFC "The FNV Non-Cryptographic Hash Algorithm", test vectors of 32 bits.
it.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('fnv1a of "%s" is that of the published test vector', (text, hash) => {
  expect(fnv1a(new TextEncoder().encode(text))).toBe(hash);
});
