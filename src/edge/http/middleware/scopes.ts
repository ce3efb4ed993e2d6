import type { MiddlewareHandler } from 'hono';
import type { Scope } from '../../../config/tenant-policy.ts';
import { WhylightError } from '../../../core/errors.ts';
import type { EdgeEnv } from '../../services.ts';
import { operationOf } from './operation.ts';

/** What each operation needs, by the end of its path; the first line that fits counts. */
const OPERATIONS: readonly (readonly [path: RegExp, scope: Scope | undefined])[] = [
  // Open to everybody, also to be told that another HTTP method is the right one.
  [/^\/v2(\/health\/(live|ready))?$/, undefined],
  [/^\/(admin|v2\/webhook)(\/|$)/, 'admin'],
  [/^\/v2\/jobs\//, 'explain'],
  [/(\/|:|%3a)predict$|\/infer$/i, 'predict'],
];

/**
 * The scope that a request needs; none to read what there is. Whatever is not known here computes explanations, or
 * changes something, and is treated so.
 */
export function scopeOf(method: string, path: string): Scope | undefined {
  const found = OPERATIONS.find(([pattern]) => pattern.test(path));
  if (found) return found[1];
  if (method === 'GET' || method === 'HEAD') return undefined;
  return method === 'POST' ? 'explain' : 'admin';
}

/**
 * Lets pass what is no operation, to be told so.
 * @throws WhylightError `forbidden`, with the same words whatever it was for.
 */
export const requireScope: MiddlewareHandler<EdgeEnv> = async function requireScope(c, next) {
  const scope = scopeOf(c.req.method, c.req.path);
  if (scope !== undefined && operationOf(c) !== undefined && !c.get('caller').scopes.includes(scope)) {
    throw new WhylightError('forbidden', 'This key is not good for this.');
  }
  await next();
};
