import type { Context, MiddlewareHandler } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import { type EdgeEnv, waitUntilOf } from '../../services.ts';
import type { TenantDirectory } from '../../tenants/directory.ts';
import { limitGuesses, type Rates } from './limit-rate.ts';

/**
 * Finds who the request's credential belongs to and leaves that under `c.get('caller')` and `c.get('tenant')`.
 * @throws WhylightError `unauthorized`; `rate_limited` for an address that keeps on guessing.
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
    // What a key may see is for nobody else, and for no longer than the key is good.
    c.header('Cache-Control', 'private, no-cache');
    c.header('Vary', 'Authorization, X-Api-Key', { append: true });
    await next();
  };

function credentialOf(c: Context): string | undefined {
  const header = c.req.header('Authorization');
  // Another kind of credential is a wrong key, not the lack of one.
  return /^Bearer +(\S+)\s*$/i.exec(header ?? '')?.[1] ?? c.req.header('X-Api-Key') ?? header;
}
