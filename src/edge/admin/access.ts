/** Rights in the admin API. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { EdgeEnv } from '../http/env.ts';
import type { AuditEntry } from '../tenants/changes.ts';
import { EVERYBODY } from '../tenants/record.ts';

/**
 * Lets an administrator of the tenant pass, and operators.
 * @throws WhylightError `not_found` for everybody else, whether or not the tenant exists.
 */
export function administers(c: Context<EdgeEnv>, id: string): void {
  const { tenant } = c.get('caller');
  if (!tenant.operator && tenant.id !== id) throw noTenant();
}

/**
 * Lets operators pass: tenants cannot widen their own rights.
 * @param id tenant to change
 * @throws WhylightError `forbidden`; `not_found` for another tenant than the caller's
 */
export function operates(c: Context<EdgeEnv>, id?: string): void {
  if (c.get('caller').tenant.operator) return;
  if (id !== undefined) administers(c, id);
  throw new WhylightError('forbidden', 'The API key is not one of an operator.');
}

/** Returns the caller, for the audit log. */
export const actor = (c: Context<EdgeEnv>): AuditEntry['by'] => {
  const { tenant, credential } = c.get('caller');
  return { tenant: tenant.id, credential };
};

/** Hides from a tenant which operator made a change. */
export function seenBy(c: Context<EdgeEnv>, entry: AuditEntry): AuditEntry {
  const { tenant } = c.get('caller');
  if (tenant.operator || entry.by.tenant === tenant.id) return entry;
  return { ...entry, by: { tenant: 'operator', credential: 'operator' } };
}

export const noTenant = (): WhylightError => new WhylightError('not_found', 'There is no tenant with this name.');

/** @throws WhylightError `invalid_request` for a name that stands for no single tenant. */
export function refuseEverybody(id: string): void {
  if (id === '*' || id === EVERYBODY) {
    throw new WhylightError(
      'invalid_request',
      'Requests without a key belong to no tenant: create a tenant, and a key for it.',
    );
  }
}
