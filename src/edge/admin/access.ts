/** Who may do what to which tenant. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { EdgeEnv } from '../services.ts';
import type { AuditEntry } from '../tenants/changes.ts';
import { EVERYBODY } from '../tenants/record.ts';

/**
 * For an administrator of the tenant, and for operators.
 * @throws WhylightError `not_found` for everybody else, whether or not there is such a tenant.
 */
export function administers(c: Context<EdgeEnv>, id: string): void {
  const { tenant } = c.get('caller');
  if (!tenant.operator && tenant.id !== id) throw noTenant();
}

/**
 * For operators: tenants cannot widen their own rights.
 * @param id the tenant that it is about
 * @throws WhylightError `forbidden`; `not_found` where the tenant is somebody else's
 */
export function operates(c: Context<EdgeEnv>, id?: string): void {
  if (c.get('caller').tenant.operator) return;
  if (id !== undefined) administers(c, id);
  throw new WhylightError('forbidden', 'This key is not good for this.');
}

/** Who does it, for the audit log. */
export const actor = (c: Context<EdgeEnv>): AuditEntry['by'] => {
  const { tenant, credential } = c.get('caller');
  return { tenant: tenant.id, credential };
};

/** What a tenant may know of who changed it: not which operator. */
export function seenBy(c: Context<EdgeEnv>, entry: AuditEntry): AuditEntry {
  const { tenant } = c.get('caller');
  if (tenant.operator || entry.by.tenant === tenant.id) return entry;
  return { ...entry, by: { tenant: 'operator', credential: 'operator' } };
}

export const noTenant = (): WhylightError => new WhylightError('not_found', 'There is no tenant of this name.');

/** @throws WhylightError `invalid_request` for what stands for no single tenant. */
export function refuseEverybody(id: string): void {
  if (id === '*' || id === EVERYBODY) {
    throw new WhylightError('invalid_request', 'Whoever comes without a key has none: make a tenant for them.');
  }
}
