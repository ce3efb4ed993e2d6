import { describe, expect, it } from 'vitest';
import { seal, unseal } from '../../src/protocol/sealed.ts';

const bytes = Uint8Array.from({ length: 40 }, (_, i) => i * 5);

describe('sealed bytes', () => {
  it('come back unchanged, aligned to eight bytes', async () => {
    const opened = await unseal('key', await seal('key', bytes));
    expect(opened).toEqual(bytes);
    expect((opened?.byteOffset ?? 1) % 8).toBe(0);
    expect(await unseal('key', await seal('key', new Uint8Array(0)))).toEqual(new Uint8Array(0));
  });

  it('are refused after any flipped bit', async () => {
    const sealed = await seal('key', bytes);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = sealed.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(await unseal('key', flipped)).toBeUndefined();
    }
  });

  it('are refused when cut off, extended or found under another key', async () => {
    const sealed = await seal('key', bytes);
    for (let length = 0; length < sealed.length; length++) {
      expect(await unseal('key', sealed.subarray(0, length))).toBeUndefined();
    }
    expect(await unseal('key', Uint8Array.of(...sealed, 0))).toBeUndefined();
    expect(await unseal('other', sealed)).toBeUndefined();
  });
});
