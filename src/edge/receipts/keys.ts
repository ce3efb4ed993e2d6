/** Keys that receipts are signed with: Ed25519, as a JSON Web Key Set (RFC 7517, RFC 8037). */
import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';

const publicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().min(1),
  kid: z.string().min(1),
});
const privateKeys = z.object({ keys: z.array(publicKey.extend({ d: z.string().min(1) })).min(1) });
const publicKeys = z.object({ keys: z.array(z.looseObject(publicKey.shape)) });

export type PublicKey = z.output<typeof publicKey>;
export type PrivateKey = PublicKey & { readonly d: string };

/**
 * Parses the secret of a server: `{"keys": [...]}`. The first key signs; the others are published, so that receipts which
 * they signed can still be verified.
 * @throws WhylightError `invalid_config`; no part of the text is repeated
 */
export function parsePrivateKeys(text: string): readonly [PrivateKey, ...PrivateKey[]] {
  const parsed = privateKeys.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data.keys as [PrivateKey, ...PrivateKey[]];
  throw new WhylightError(
    'invalid_config',
    'The keys of receipts must be a JSON Web Key Set of private Ed25519 keys, as "whylight receipt key" prints them.',
  );
}

/** Parses a published key set. @throws WhylightError `invalid_request` */
export function parsePublicKeys(text: string): readonly PublicKey[] {
  const parsed = publicKeys.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data.keys.map(published);
  throw new WhylightError(
    'invalid_request',
    'These are no keys of receipts: give the JSON of /.well-known/whylight-keys.json.',
  );
}

/** The part of a key that may be known. */
export const published = ({ kty, crv, x, kid }: PublicKey): PublicKey => ({ kty, crv, x, kid });

/**
 * Makes a key set with a new key in front of those of an older one: the new one signs from now on.
 * @param older key set to go on publishing
 */
export async function newKeySet(older?: string): Promise<{ readonly keys: readonly PrivateKey[] }> {
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import('../jose.ts');
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const { x = '', d = '' } = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x });
  return { keys: [{ kty: 'OKP', crv: 'Ed25519', x, d, kid }, ...(older === undefined ? [] : parsePrivateKeys(older))] };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
