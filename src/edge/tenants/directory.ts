/** Directory of tenants: finds the tenant of a credential. */

import type { KeyConfig } from '../../config/tenant-policy.ts';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Log } from '../observe/log.ts';
import { keyDigest, sameDigest } from './api-key.ts';
import { type JwtVerifier, readClaims } from './jwt.ts';
import { ANONYMOUS, type Caller, keyId } from './tenant.ts';
import type { KnownTenant, Tenants } from './tenants.ts';

export interface DirectoryOptions {
  readonly tenants: Tenants;
  readonly tokens: JwtVerifier;
  readonly log: Log;
  /** True if the host names tenants; those that are not configured then have the policy of `*`. */
  readonly openToNames?: boolean;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

export class TenantDirectory {
  readonly tenants: Tenants;
  private readonly tokens: JwtVerifier;
  private readonly log: Log;
  private readonly openToNames: boolean;
  private readonly clock: () => number;

  constructor({ tenants, tokens, log, openToNames = false, clock = Date.now }: DirectoryOptions) {
    this.tenants = tenants;
    this.tokens = tokens;
    this.log = log;
    this.openToNames = openToNames;
    this.clock = clock;
  }

  /**
   * Finds the caller.
   * @param credential an API key or a JSON Web Token. An invalid one is refused even where none is needed, rather than
   * silently lowering the caller's rights.
   * @throws WhylightError `unauthorized`, with the same message for every reason.
   */
  async find(credential: string | undefined, waitUntil: WaitUntil): Promise<Caller> {
    const caller =
      credential === undefined
        ? await this.byNothing(waitUntil)
        : ((await this.byToken(credential, waitUntil)) ?? (await this.byKey(credential, waitUntil)));
    if (caller && !caller.tenant.disabled) return caller;
    throw new WhylightError(
      'unauthorized',
      'A valid key is needed: send it as "Authorization: Bearer KEY" or "X-Api-Key: KEY".',
    );
  }

  /** Returns the tenant of this id with its credentials. It may be disabled. */
  async named(id: string, waitUntil: WaitUntil): Promise<KnownTenant | undefined> {
    const known = await this.tenants.get(id, waitUntil);
    if (known || !this.openToNames) return known;
    const everybody = await this.tenants.get(ANONYMOUS, waitUntil);
    return everybody && { tenant: { ...everybody.tenant, id }, credentials: { keys: [] } };
  }

  private async byNothing(waitUntil: WaitUntil): Promise<Caller | undefined> {
    const known = await this.tenants.get(ANONYMOUS, waitUntil);
    return known && { tenant: known.tenant, scopes: known.tenant.scopes, credential: 'anonymous' };
  }

  /** Looks a key up by its digest, so that timing reveals nothing of a key. */
  private async byKey(key: string, waitUntil: WaitUntil): Promise<Caller | undefined> {
    const digest = await keyDigest(key);
    const id = await this.tenants.ownerOfKey(digest);
    const known = id === undefined ? undefined : await this.tenants.get(id, waitUntil);
    const match = known && this.validKey(known, digest);
    return match && { tenant: known.tenant, scopes: match.scopes, credential: `key:${keyId(match)}` };
  }

  private validKey({ credentials }: KnownTenant, digest: string): KeyConfig | undefined {
    let match: KeyConfig | undefined;
    for (const key of credentials.keys) if (sameDigest(key.sha256, digest)) match = key;
    if (match?.expires !== undefined && Date.parse(match.expires) <= this.clock()) return undefined;
    return match;
  }

  /** @returns undefined for a text that is no token, or an invalid token */
  private async byToken(token: string, waitUntil: WaitUntil): Promise<Caller | undefined> {
    const claims = await readClaims(token);
    for (const audience of claims?.audiences ?? []) {
      const owner = await this.tenants.ownerOfIssuer({ issuer: claims?.issuer as string, audience });
      const known = owner === undefined ? undefined : await this.tenants.get(owner, waitUntil);
      const jwt = known?.credentials.jwt;
      if (!jwt || jwt.issuer !== claims?.issuer || jwt.audience !== audience) continue;
      try {
        const { scopes, subject } = await this.tokens.verify(token, jwt, this.clock());
        return { tenant: known.tenant, scopes, credential: `jwt:${subject}` };
      } catch (error) {
        this.log('warn', 'a token was refused', { tenant: owner, reason: (error as Error).message });
      }
    }
    return undefined;
  }
}
