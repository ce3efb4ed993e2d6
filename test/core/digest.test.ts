import { expect, it } from 'vitest';
import { sha256Hex } from '../../src/core/digest.ts';

it('sha256Hex hashes the bytes of a view only', async () => {
  const bytes = new TextEncoder().encode('xabcx');
  expect(await sha256Hex(bytes.subarray(1, 4))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
