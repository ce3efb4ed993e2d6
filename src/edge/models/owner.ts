/** Owners of uploaded models: an operator's are shared, those of a tenant are its own. */
import { WhylightError } from '../../core/errors.ts';
import type { Tenant } from '../tenants/tenant.ts';

/** Name of an owner: `shared`, or `tenants/<id>`. */
export const OWNER = /^(?:shared|tenants\/(?:\*|[a-z0-9][a-z0-9_-]{0,62}))$/;

/** Returns the owner of the uploads of a tenant that is no operator. */
export const tenantOwner = (id: string): string => `tenants/${id}`;

/** Returns the id of the tenant that an owner is; undefined for models that are shared. */
export const tenantOf = (owner: string): string | undefined =>
  owner.startsWith('tenants/') ? owner.slice('tenants/'.length) : undefined;

/** Returns the owner of a tenant's uploads. An operator's are shared with all tenants that may use a model of the name. */
export const ownerOf = ({ id, operator }: Tenant): string => (operator ? 'shared' : tenantOwner(id));

/**
 * Returns the owner that a request is about.
 * @param named owner that the request names; only operators may name another than their own
 * @throws WhylightError `forbidden`, `invalid_request`
 */
export function requestedOwner(tenant: Tenant, named: string | undefined): string {
  const own = ownerOf(tenant);
  if (named === undefined || named === own) return own;
  if (!tenant.operator) {
    throw new WhylightError('forbidden', 'Only an operator may name the owner of a model: leave out "owner".');
  }
  if (OWNER.test(named)) return named;
  throw new WhylightError('invalid_request', 'The owner of a model is "shared" or "tenants/<id>".', {
    issues: [{ parameter: 'owner', message: 'must be shared or tenants/<id>' }],
  });
}
