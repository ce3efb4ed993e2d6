import { describe, expect, it } from 'vitest';
import { keyDigest, mintKey, sameDigest } from '../../../src/edge/tenants/api-key.ts';

describe('an API key', () => {
  it('has 256 random bits and is stored as its SHA-256', async () => {
    const keys = Array.from({ length: 50 }, mintKey);
    expect(new Set(keys).size).toBe(50);
    for (const key of keys) expect(key).toMatch(/^wl_[A-Za-z0-9_-]{43}$/);
    // FIPS 180-2, appendix B.1.
    expect(await keyDigest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('matches only when its whole digest is equal', () => {
    const digest = 'a'.repeat(64);
    expect(sameDigest(digest, digest)).toBe(true);
    for (const i of [0, 31, 63]) expect(sameDigest(digest, `${digest.slice(0, i)}b${digest.slice(i + 1)}`)).toBe(false);
    expect(sameDigest(digest, digest.slice(1))).toBe(false);
    expect(sameDigest('', digest)).toBe(false);
  });
});
