/** JSON Web Tokens (RFC 7519), checked against the public keys of the tenant that their issuer and audience name. */
import type { FetchImplementation, JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose';
import { type JwtConfig, SCOPES, type Scope } from '../../config/tenant-policy.ts';
import { sha256Hex } from '../../core/digest.ts';

/** Issuer and audiences that a token claims, unchecked. */
export interface TokenClaims {
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** Fetches a key set. Redirects are not followed. */
export type FetchKeys = FetchImplementation;

/** Maximum number of key sets in memory. */
const MAX_KEY_SETS = 200;
/** Maximum clock difference in seconds. */
const TOLERANCE = 30;

/** Loads the library, which most requests do not need: they have keys. */
const jose = () => import('../jose.ts');

/** Reads claims. @returns undefined for a text that is no token */
export async function readClaims(token: string): Promise<TokenClaims | undefined> {
  if (token.split('.').length !== 3) return undefined;
  const { decodeJwt } = await jose();
  try {
    const { iss, aud } = decodeJwt(token);
    return iss === undefined ? undefined : { issuer: iss, audiences: [aud ?? []].flat().slice(0, 10) };
  } catch {
    return undefined;
  }
}

export class JwtVerifier {
  private readonly fetchKeys: FetchKeys | undefined;
  private readonly keySets = new Map<string, JWTVerifyGetKey>();

  /** @param fetchKeys in place of the platform's `fetch` */
  constructor(fetchKeys?: FetchKeys) {
    this.fetchKeys = fetchKeys;
  }

  /**
   * Verifies a token, which must expire (`exp`).
   * @throws errors of jose for an invalid token or key set
   */
  async verify(
    token: string,
    config: JwtConfig,
    now: number,
  ): Promise<{ readonly scopes: readonly Scope[]; readonly subject: string }> {
    const library = await jose();
    const { payload } = await library.jwtVerify(token, this.keysOf(config, library), {
      issuer: config.issuer,
      audience: config.audience,
      algorithms: [...config.algorithms],
      requiredClaims: ['exp'],
      clockTolerance: TOLERANCE,
      currentDate: new Date(now),
    });
    for (const [name, value] of Object.entries(config.claims)) {
      if (payload[name] !== value)
        throw new TypeError(`The claim ${name} differs from the one that the tenant demands.`);
    }
    // A subject may be somebody's address: logs get its digest.
    const subject = (await sha256Hex(new TextEncoder().encode(payload.sub ?? ''))).slice(0, 12);
    return { scopes: scopesOf(payload, config.scopes), subject };
  }

  private keysOf(
    { jwks, jwks_url: url }: JwtConfig,
    { createLocalJWKSet, createRemoteJWKSet, customFetch }: Awaited<ReturnType<typeof jose>>,
  ): JWTVerifyGetKey {
    if (jwks) return createLocalJWKSet(jwks as JSONWebKeySet);
    const address = url as string;
    let keys = this.keySets.get(address);
    if (!keys) {
      keys = createRemoteJWKSet(new URL(address), {
        timeoutDuration: 5000,
        ...(this.fetchKeys && { [customFetch]: this.fetchKeys }),
      });
    } else this.keySets.delete(address);
    this.keySets.set(address, keys);
    for (const oldest of this.keySets.keys()) {
      if (this.keySets.size <= MAX_KEY_SETS) break;
      this.keySets.delete(oldest);
    }
    return keys;
  }
}

/** Reads `scope` (RFC 8693), or `scp` as some servers write it; a token without either has all allowed scopes. */
function scopesOf({ scope, scp }: JWTPayload, allowed: readonly Scope[]): readonly Scope[] {
  const claimed = scope ?? scp;
  if (claimed === undefined) return allowed;
  const names = Array.isArray(claimed) ? claimed : String(claimed).split(' ');
  return SCOPES.filter((candidate) => allowed.includes(candidate) && names.includes(candidate));
}
