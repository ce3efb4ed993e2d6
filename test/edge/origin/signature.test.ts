import { describe, expect, it } from 'vitest';
import { SignatureCheck, sign } from '../../../src/edge/origin/signature.ts';

const [older, newer, other] = ['older', 'newer', 'other'].map((name) => `the ${name} secret between edge and origin`);
const request = { method: 'POST', path: '/origin/explain', body: 'f'.repeat(64) };

async function accepted(secrets: readonly string[], signedWith: string): Promise<boolean> {
  const headers = await sign(signedWith, request);
  const { body: digest, ...head } = request;
  const check = new SignatureCheck(secrets).verify({ ...head, digest }, (name) => headers[name]);
  return check.then(
    () => true,
    () => false,
  );
}

describe('the signature of a request to an origin', () => {
  it('may be made with either secret while edges go over to a new one', async () => {
    const both = [newer as string, older as string];
    expect(await accepted(both, newer as string)).toBe(true);
    expect(await accepted(both, older as string)).toBe(true);
    expect(await accepted(both, other as string)).toBe(false);
    expect(await accepted([newer as string], older as string)).toBe(false);
  });

  it('needs secrets of at least 32 characters', () => {
    expect(() => new SignatureCheck([newer as string, 'short'])).toThrow(/at least 32 characters/);
    expect(() => new SignatureCheck([])).toThrow(/at least 32 characters/);
  });
});
