import type { Context, MiddlewareHandler } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import type { TenantDirectory } from '../../tenants/directory.ts';
import { type Authenticate, hostCaller } from '../../tenants/host-authentication.ts';
import type { Rates } from '../../tenants/rates.ts';
import type { Caller } from '../../tenants/tenant.ts';
import { type EdgeEnv, waitUntilOf } from '../env.ts';
import { limitGuesses } from './limit-rate.ts';

/** Sources of identities: tenants with their keys, or the host. */
export interface Identities {
  readonly tenants: TenantDirectory;
  /** Limits wrong keys of an address. */
  readonly rates?: Rates;
  /** Identifies callers in place of keys and tokens. */
  readonly authenticate?: Authenticate;
}

/**
 * Finds the owner of the request's credential, or asks the host for it, and sets `caller` and `tenant` of the context.
 * @throws WhylightError `unauthorized`; `rate_limited` for an address that sent many wrong keys.
 */
export const authenticate = (identities: Identities): MiddlewareHandler<EdgeEnv> =>
  async function authenticate(c, next) {
    try {
      const caller = await callerOf(c, identities);
      c.set('caller', caller);
      c.set('tenant', caller.tenant);
    } catch (error) {
      if (WhylightError.is(error, 'unauthorized')) await limitGuesses(c, identities.rates);
      throw error;
    }
    // Shared caches must not hand answers to other keys, nor to this one once it is revoked.
    c.header('Cache-Control', 'private, no-cache');
    c.header('Vary', 'Authorization, X-Api-Key', { append: true });
    await next();
  };

async function callerOf(c: Context, { tenants, authenticate }: Identities): Promise<Caller> {
  if (!authenticate) return tenants.find(credentialOf(c), waitUntilOf(c));
  return hostCaller(tenants, await authenticate(c.req.raw, c.env), waitUntilOf(c));
}

function credentialOf(c: Context): string | undefined {
  const header = c.req.header('Authorization');
  // Another kind of credential is a wrong key, not the lack of one.
  return bearerOf(header) ?? c.req.header('X-Api-Key') ?? header;
}

/** Token of an Authorization header; undefined for another kind of credential. */
export const bearerOf = (header: string | undefined): string | undefined =>
  /^Bearer +(\S+)\s*$/i.exec(header ?? '')?.[1];
