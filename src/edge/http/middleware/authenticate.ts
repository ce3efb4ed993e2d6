import type { Context, MiddlewareHandler } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import type { TenantDirectory } from '../../tenants/directory.ts';
import type { Rates } from '../../tenants/rates.ts';
import { type EdgeEnv, waitUntilOf } from '../env.ts';
import { limitGuesses } from './limit-rate.ts';

/**
 * Finds the owner of the request's credential, and sets `caller` and `tenant` of the context.
 * @throws WhylightError `unauthorized`; `rate_limited` for an address that sent many wrong keys.
 */
export const authenticate = (tenants: TenantDirectory, rates: Rates | undefined): MiddlewareHandler<EdgeEnv> =>
  async function authenticate(c, next) {
    try {
      const caller = await tenants.find(credentialOf(c), waitUntilOf(c));
      c.set('caller', caller);
      c.set('tenant', caller.tenant);
    } catch (error) {
      if (WhylightError.is(error, 'unauthorized')) await limitGuesses(c, rates);
      throw error;
    }
    // Shared caches must not hand answers to other keys, nor to this one once it is revoked.
    c.header('Cache-Control', 'private, no-cache');
    c.header('Vary', 'Authorization, X-Api-Key', { append: true });
    await next();
  };

function credentialOf(c: Context): string | undefined {
  const header = c.req.header('Authorization');
  // Another kind of credential is a wrong key, not the lack of one.
  return /^Bearer +(\S+)\s*$/i.exec(header ?? '')?.[1] ?? c.req.header('X-Api-Key') ?? header;
}
