import type { Context, MiddlewareHandler } from 'hono';
import type { Scope } from '../../../config/tenant-policy.ts';
import { WhylightError } from '../../../core/errors.ts';
import type { EdgeEnv } from '../env.ts';

/**
 * Checks that the credential of a request has the scope.
 * @throws WhylightError `forbidden`
 */
export function checkScope(c: Context<EdgeEnv>, scope: Scope): void {
  if (c.get('caller').scopes.includes(scope)) return;
  throw new WhylightError('forbidden', `The API key lacks the scope \`${scope}\`.`, { scope });
}

/** Lets requests pass whose credential has the scope, see {@link checkScope}. */
export const requireScope = (scope: Scope): MiddlewareHandler<EdgeEnv> =>
  async function requireScope(c, next) {
    checkScope(c, scope);
    await next();
  };
