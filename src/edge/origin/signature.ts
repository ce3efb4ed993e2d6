/**
 * Signed requests from the edge to an origin: HMAC-SHA-256 over method, path, body, time and a nonce, so that a
 * request can neither be changed nor replayed. The secret is never sent.
 */
import { hex, sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';

export const SIGNATURE_HEADERS = {
  timestamp: 'X-Whylight-Timestamp',
  nonce: 'X-Whylight-Nonce',
  signature: 'X-Whylight-Signature',
  /** SHA-256 of the body in hex, so that the signature can be checked before the body is read. */
  digest: 'X-Whylight-Content-SHA256',
} as const;

/** Maximum clock difference of both sides in milliseconds, and lifetime of a request. */
export const TOLERANCE_MS = 60_000;

/** Maximum number of requests within twice the tolerance; more are refused, since their nonces must be stored. */
const MAX_NONCES = 200_000;

export interface Signed {
  readonly method: string;
  /** Path with the query. */
  readonly path: string;
  /** The bytes, or their SHA-256 in hex for a streaming body. */
  readonly body: Uint8Array | string;
}

/** Signed facts of a request that are known before its body. */
export interface SignedHead {
  readonly method: string;
  /** Path with the query. */
  readonly path: string;
  /** SHA-256 of the body in hex, as the request states it. */
  readonly digest: string;
}

const keyOf = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);

/** Makes the headers of a signed request. */
export async function sign(secret: string, request: Signed, now: number = Date.now()): Promise<Record<string, string>> {
  const timestamp = String(now);
  const nonce = crypto.randomUUID();
  const digest = typeof request.body === 'string' ? request.body : await sha256Hex(request.body);
  const text = message({ ...request, digest }, timestamp, nonce);
  const signature = await crypto.subtle.sign('HMAC', await keyOf(secret), text);
  return {
    [SIGNATURE_HEADERS.timestamp]: timestamp,
    [SIGNATURE_HEADERS.nonce]: nonce,
    [SIGNATURE_HEADERS.signature]: `v1=${hex(signature)}`,
    [SIGNATURE_HEADERS.digest]: digest,
  };
}

/** Checks signatures, and stores nonces for as long as their requests are valid. */
export class SignatureCheck {
  private readonly secrets: readonly string[];
  private readonly clock: () => number;
  private keys: Promise<readonly CryptoKey[]> | undefined;
  /** Expiry of each nonce, in the order of arrival. */
  private readonly seen = new Map<string, number>();

  /**
   * @param secrets secrets that are accepted: one, or two while edges go over from the older to the newer
   * @param clock milliseconds since 1970
   */
  constructor(secrets: readonly string[], clock: () => number = Date.now) {
    if (secrets.length === 0 || secrets.some(({ length }) => length < 32)) {
      throw new WhylightError('invalid_config', 'The secret between edge and origin must have at least 32 characters.');
    }
    this.secrets = secrets;
    this.clock = clock;
  }

  /**
   * Checks the headers alone; the caller compares the body with {@link SignedHead.digest} once it is read.
   * @throws WhylightError `unauthorized`, with the same message for every reason; `overloaded`
   */
  async verify(request: SignedHead, header: (name: string) => string | null | undefined): Promise<void> {
    const timestamp = header(SIGNATURE_HEADERS.timestamp) ?? '';
    const nonce = header(SIGNATURE_HEADERS.nonce) ?? '';
    const signature = /^v1=([0-9a-f]{64})$/.exec(header(SIGNATURE_HEADERS.signature) ?? '')?.[1];
    const now = this.clock();
    const fresh = /^\d{1,15}$/.test(timestamp) && Math.abs(now - Number(timestamp)) <= TOLERANCE_MS;
    if (!signature || !fresh || nonce.length < 16 || nonce.length > 64) throw refused();
    this.keys ??= Promise.all(this.secrets.map(keyOf));
    const text = message(request, timestamp, nonce);
    const verified = (await this.keys).map((key) => crypto.subtle.verify('HMAC', key, unhex(signature), text));
    if (!(await Promise.all(verified)).includes(true)) throw refused();
    this.remember(nonce, now);
  }

  private remember(nonce: string, now: number): void {
    for (const [old, until] of this.seen) {
      if (until > now) break;
      this.seen.delete(old);
    }
    if (this.seen.has(nonce)) throw refused();
    if (this.seen.size >= MAX_NONCES)
      throw new WhylightError('overloaded', 'Too many requests within two minutes: try again later.');
    this.seen.set(nonce, now + 2 * TOLERANCE_MS);
  }
}

function message({ method, path, digest }: SignedHead, timestamp: string, nonce: string) {
  return new TextEncoder().encode([method.toUpperCase(), path, digest, timestamp, nonce].join('\n'));
}

/** Error for a request without a valid signature. */
export const refused = (): WhylightError => new WhylightError('unauthorized', 'Missing or invalid request signature.');

const unhex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
