import type { MiddlewareHandler } from 'hono';
import type { Scope } from '../../../config/tenant-policy.ts';
import { WhylightError } from '../../../core/errors.ts';
import type { EdgeEnv } from '../env.ts';

/**
 * Lets requests pass whose credential has the scope.
 * @throws WhylightError `forbidden`
 */
export const requireScope = (scope: Scope): MiddlewareHandler<EdgeEnv> =>
  async function requireScope(c, next) {
    if (!c.get('caller').scopes.includes(scope)) {
      throw new WhylightError('forbidden', `The API key lacks the scope \`${scope}\`.`, { scope });
    }
    await next();
  };
