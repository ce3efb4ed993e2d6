import type { MiddlewareHandler } from 'hono';
import type { EdgeEnv } from '../services.ts';
import type { TenantDirectory } from '../tenants/directory.ts';

/** Finds the tenant of the request's key and leaves it under `c.get('tenant')`. */
export const authenticate = (tenants: TenantDirectory): MiddlewareHandler<EdgeEnv> =>
  async function authenticate(c, next) {
    const bearer = /^Bearer +(\S+)\s*$/i.exec(c.req.header('Authorization') ?? '')?.[1];
    // Another kind of credential is a wrong key, not the lack of one.
    const key = bearer ?? c.req.header('X-Api-Key') ?? c.req.header('Authorization');
    c.set('tenant', await tenants.find(key));
    await next();
  };
