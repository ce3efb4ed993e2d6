/** Authentication by the host of an embedded app, in place of keys and tokens. */
import { type Scope, TENANT_ID } from '../../config/tenant-policy.ts';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { WhylightError } from '../../core/errors.ts';
import type { TenantDirectory } from './directory.ts';
import type { Caller } from './tenant.ts';

/** Caller that the host has identified: the id of the tenant, or the id and the scopes of this request. */
export type HostCaller = string | { readonly tenant: string; readonly scopes: readonly Scope[] };

/**
 * Identifies the caller of a request.
 * @param request the request; its body must not be read
 * @param env bindings of the Worker; an empty object elsewhere
 * @returns the tenant; undefined refuses the request with 401
 */
export type Authenticate = (request: Request, env: unknown) => HostCaller | undefined | Promise<HostCaller | undefined>;

/**
 * Finds the caller that the host names. A tenant that is not configured has the policy of `*`, under its own id.
 * @throws WhylightError `unauthorized` where the host names none, or none that may be served; `invalid_config` for an id
 * that is no name of a tenant
 */
export async function hostCaller(
  tenants: TenantDirectory,
  named: HostCaller | undefined,
  waitUntil: WaitUntil,
): Promise<Caller> {
  if (named === undefined) throw unauthorized('Sign in: the server that embeds this API does not know the caller.');
  const { tenant: id, scopes } = typeof named === 'string' ? { tenant: named } : named;
  if (!TENANT_ID.test(id)) {
    throw new WhylightError(
      'invalid_config',
      'The function `authenticate` returned an id that is no name of a tenant: use a-z, 0-9, _ and -, or "*".',
    );
  }
  const known = await tenants.named(id, waitUntil);
  if (!known || known.tenant.disabled) throw unauthorized('The tenant of this request is not served here.');
  return { tenant: known.tenant, scopes: scopes ?? known.tenant.scopes, credential: 'host' };
}

const unauthorized = (message: string): WhylightError => new WhylightError('unauthorized', message);
