/** Tenants, keys and changes as the admin API shows them. */
import type { Context } from 'hono';
import type { KeyConfig } from '../../config/tenant-policy.ts';
import type { EdgeEnv } from '../http/env.ts';
import { keyId } from '../tenants/tenant.ts';
import { actor } from './access.ts';
import type { Administered } from './tenants.ts';

/** Makes the view of a tenant. */
export function tenantView(id: string, { record, config }: Administered) {
  const { keys, operator, ...policy } = config;
  const source = record.policy ? ('override' as const) : ('file' as const);
  return { id, source, revision: record.revision, operator, policy, keys: keys.map(keyView) };
}

/** Makes the view of a key, without its digest. */
export function keyView(key: KeyConfig) {
  const { sha256: _, ...known } = key;
  return { id: keyId(key), ...known };
}

/** Logs a change, since the ledger forgets the oldest ones. */
export function logChange(c: Context<EdgeEnv>, tenant: string, change: string): void {
  c.get('log')('info', 'a tenant was changed', { tenant, change, by: actor(c), request_id: c.get('requestId') });
}

/** Makes the time that is `seconds` from now, ISO 8601. */
export const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
