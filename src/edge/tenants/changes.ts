/** Changes of a tenant's record: pure functions from one record to the next. */
import type { KeyConfig, TenantPolicy } from '../../config/tenant-policy.ts';
import { ownProperty } from './own-property.ts';
import { EMPTY_RECORD, type TenantRecord } from './record.ts';
import { keyId } from './tenant.ts';

export type Change =
  | { readonly kind: 'policy_set'; readonly policy: TenantPolicy }
  /** Restores plugins.config.json; a tenant that it lacks is removed. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'key_created'; readonly key: KeyConfig }
  /** Replaces a key; the old one stays valid until `until`. */
  | { readonly kind: 'key_rotated'; readonly old: KeyConfig; readonly key: KeyConfig; readonly until: string }
  | { readonly kind: 'key_revoked'; readonly sha256: string }
  /** Purges the answers of one model, or all. */
  | { readonly kind: 'purged'; readonly model?: string }
  /** Restores policy, keys and revoked keys from a backup. */
  | { readonly kind: 'restored'; readonly record: TenantRecord };

/** Preconditions of a change. */
export interface Expected {
  /** Revisions, one of which the record must have; `*` for any, if the tenant exists. */
  readonly match?: '*' | readonly number[];
  /** True if the tenant must not exist. */
  readonly absent?: boolean;
  /** True if a change of an existing tenant must have a precondition. */
  readonly required?: boolean;
}

export interface AuditEntry {
  readonly revision: number;
  /** ISO 8601. */
  readonly at: string;
  /** Tenant and credential of the author. */
  readonly by: { readonly tenant: string; readonly credential: string };
  readonly change: string;
  /** Id of the key, or name of the model. */
  readonly subject?: string;
}

/**
 * Checks preconditions.
 * @param inFile true if plugins.config.json has the tenant
 */
export function meets({ match, absent, required }: Expected, record: TenantRecord, inFile: boolean): boolean {
  const exists = inFile || record.policy !== undefined;
  if (absent && exists) return false;
  if (match === undefined) return !(required && exists && !absent);
  return exists && (match === '*' || match.includes(record.revision));
}

export function applied(record: TenantRecord, change: Change): TenantRecord {
  const next = { ...record, revision: record.revision + 1 };
  switch (change.kind) {
    case 'policy_set':
      return { ...next, policy: change.policy };
    case 'reset':
      // A later tenant of this name must not find the old answers.
      return { ...EMPTY_RECORD, revision: next.revision, generation: raised(record.generation) };
    case 'key_created':
      return { ...next, keys: [...record.keys, change.key] };
    case 'key_rotated': {
      const { old, key, until } = change;
      const others = record.keys.filter(({ sha256 }) => sha256 !== old.sha256);
      // A key of plugins.config.json becomes one of the record, where it can have an end.
      return { ...next, ...withoutKey(record, old), keys: [...others, { ...old, expires: until }, key] };
    }
    case 'key_revoked':
      return { ...next, ...withoutKey(record, change) };
    case 'purged':
      return { ...next, generation: raised(record.generation, change.model) };
    case 'restored': {
      const { policy, keys, revoked, generation } = change.record;
      const { policy: _, ...rest } = next;
      return { ...rest, ...(policy && { policy }), keys, revoked, generation: later(record.generation, generation) };
    }
  }
}

/** Tells if a record holds what a backup does: restoring it would change nothing. */
export const isRestored = (record: TenantRecord, backup: TenantRecord): boolean =>
  JSON.stringify({ ...applied(record, { kind: 'restored', record: backup }), revision: 0 }) ===
  JSON.stringify({ ...applied(record, { kind: 'restored', record }), revision: 0 });

export function auditEntry(change: Change, revision: number, by: AuditEntry['by'], at: string): AuditEntry {
  const subject =
    change.kind === 'key_created' || change.kind === 'key_rotated'
      ? keyId(change.key)
      : change.kind === 'key_revoked'
        ? keyId(change)
        : change.kind === 'purged'
          ? change.model
          : undefined;
  return { revision, at, by, change: change.kind, ...(subject !== undefined && { subject }) };
}

/** Removes a key. A key that the record lacks is one of plugins.config.json, and is recorded as revoked. */
function withoutKey({ keys, revoked }: TenantRecord, { sha256 }: { sha256: string }) {
  const left = keys.filter((key) => key.sha256 !== sha256);
  return { keys: left, revoked: left.length < keys.length ? revoked : [...new Set([...revoked, sha256])] };
}

/** Counts every purge of both: answers that were purged before or after the backup stay unreachable. */
function later(a: TenantRecord['generation'], b: TenantRecord['generation']): TenantRecord['generation'] {
  const models = { ...a.models };
  for (const [name, count] of Object.entries(b.models)) models[name] = Math.max(ownProperty(models, name) ?? 0, count);
  return { tenant: Math.max(a.tenant, b.tenant), models };
}

/** Maximum number of models with a counter of their own; a purge of a further one purges everything. */
const MAX_MODELS = 200;

function raised({ tenant, models }: TenantRecord['generation'], model?: string): TenantRecord['generation'] {
  const known = model !== undefined && ownProperty(models, model) !== undefined;
  if (model === undefined || (!known && Object.keys(models).length >= MAX_MODELS)) {
    return { tenant: tenant + 1, models: {} };
  }
  return { tenant, models: { ...models, [model]: (ownProperty(models, model) ?? 0) + 1 } };
}
