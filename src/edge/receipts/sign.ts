/** Signatures of receipts: compact JWS (RFC 7515) with Ed25519 (RFC 8037). */
import type { importJWK } from 'jose';
import { WhylightError } from '../../core/errors.ts';
import { type PrivateKey, type PublicKey, parsePrivateKeys, published } from './keys.ts';
import { type Receipt, receiptSchema } from './receipt.ts';

type Library = typeof import('../jose.ts');

const ALGORITHM = 'EdDSA';
/** Type of the token (RFC 8725, 3.11): no receipt passes for a token of another kind. */
const TYPE = 'whylight-receipt+jws';

/** Signs receipts with the first of its keys, and publishes all. */
export class ReceiptSigner {
  private readonly keys: readonly [PrivateKey, ...PrivateKey[]];
  private key: ReturnType<typeof importJWK> | undefined;

  /**
   * @param secret key set as JSON, see `parsePrivateKeys`
   * @throws WhylightError `invalid_config`
   */
  constructor(secret: string) {
    this.keys = parsePrivateKeys(secret);
  }

  /** Keys with which receipts of this server can be verified. */
  get published(): readonly PublicKey[] {
    return this.keys.map(published);
  }

  async sign(receipt: Receipt): Promise<string> {
    const [signing] = this.keys;
    const { CompactSign, importJWK } = await import('../jose.ts');
    this.key ??= importJWK({ ...signing }, ALGORITHM);
    const bytes = new TextEncoder().encode(JSON.stringify(receipt));
    const header = { alg: ALGORITHM, kid: signing.kid, typ: TYPE };
    return new CompactSign(bytes).setProtectedHeader(header).sign(await this.key);
  }
}

/**
 * Verifies a receipt.
 * @param keys published keys of the server
 * @returns its content
 * @throws WhylightError `invalid_request` for a receipt that was changed, that another key signed, or that is none
 */
export async function verifyReceipt(token: string, keys: readonly PublicKey[]): Promise<Receipt> {
  const { base64url, compactVerify, decodeProtectedHeader, importJWK } = await import('../jose.ts');
  const { kid, typ } = headerOf(token, decodeProtectedHeader);
  const key = keys.find((one) => one.kid === kid);
  if (typ !== TYPE) throw refused('It is not a receipt.');
  if (!isCanonical(token, base64url)) throw refused('It is not the base64url of its content: it was changed.');
  if (!key) throw refused(`It was signed with the key ${kid}, which is none of the given ones.`);
  const { payload } = await compactVerify(token, await importJWK({ ...key }, ALGORITHM), {
    algorithms: [ALGORITHM],
  }).catch((cause: unknown) => {
    throw refused('Its signature is not that of its content: it was changed.', cause);
  });
  return receiptSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
}

/** False where bits are set that no byte uses: the same content would have several spellings. */
const isCanonical = (token: string, { encode, decode }: Library['base64url']): boolean =>
  token.split('.').every((part) => encode(decode(part)) === part);

function headerOf(token: string, decodeProtectedHeader: Library['decodeProtectedHeader']) {
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw refused('It is no compact JWS.', cause);
  }
}

const refused = (reason: string, cause?: unknown): WhylightError =>
  new WhylightError('invalid_request', `The receipt is not valid. ${reason}`, {}, { cause });
