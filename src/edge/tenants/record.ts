/** Stored record of a tenant: changes to plugins.config.json. */
import * as z from 'zod';
import { keySchema, type TenantConfig, tenantConfigSchema, tenantPolicySchema } from '../../config/tenant-policy.ts';

const count = z.int().min(0);

export const recordSchema = z.strictObject({
  /** Number of changes. */
  revision: count,
  /** Replaces the policy of plugins.config.json as a whole. */
  policy: tenantPolicySchema.optional(),
  keys: z.array(keySchema),
  /** Digests of revoked keys of plugins.config.json. */
  revoked: z.array(z.string()),
  generation: z.strictObject({ tenant: count, models: z.record(z.string(), count) }),
});

export type TenantRecord = z.output<typeof recordSchema>;

export const EMPTY_RECORD: TenantRecord = {
  revision: 0,
  keys: [],
  revoked: [],
  generation: { tenant: 0, models: {} },
};

/** Id of the record whose generation applies to all tenants. It is no valid tenant name. */
export const EVERYBODY = ':all';

/**
 * Merges plugins.config.json and the record; undefined when there is neither. Only plugins.config.json can make a tenant
 * an operator.
 */
export function effectiveTenant(base: TenantConfig | undefined, record: TenantRecord): TenantConfig | undefined {
  if (!base && !record.policy) return undefined;
  const { keys = [], operator = false, ...policy } = base ?? tenantConfigSchema.parse({});
  return {
    ...(record.policy ?? policy),
    operator,
    keys: [...keys.filter(({ sha256 }) => !record.revoked.includes(sha256)), ...record.keys],
  };
}
