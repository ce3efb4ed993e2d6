/** What is stored of a tenant beside plugins.config.json. */
import { z } from 'zod';
import { keySchema, type TenantConfig, tenantConfigSchema, tenantPolicySchema } from '../../config/tenant-policy.ts';

const count = z.int().min(0);

export const recordSchema = z.strictObject({
  /** Raised by every change. */
  revision: count,
  /** Takes the place of the policy in plugins.config.json as a whole, when there is one. */
  policy: tenantPolicySchema.optional(),
  keys: z.array(keySchema),
  /** Digests of keys of plugins.config.json that are no longer good. */
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

/** In place of a tenant's name: its generation counts for everybody. No tenant can be called so. */
export const EVERYBODY = ':all';

/**
 * The tenant that plugins.config.json and the record make together; undefined when there is neither. Only
 * plugins.config.json can make an operator.
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
