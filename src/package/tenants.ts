/** Tenants of an embedder's settings. */
import type { z } from 'zod';
import { type TenantConfig, tenantConfigSchema } from '../config/tenant-policy.ts';
import { WhylightError } from '../core/errors.ts';

/** Tenant as in `plugins.config.json`: keys, scopes, limits and what it may use; see `docs/tenants.md`. */
export type TenantInput = z.input<typeof tenantConfigSchema>;

/**
 * Checks tenants and fills in their defaults.
 * @throws WhylightError `invalid_config`
 */
export function parseTenants(tenants: Readonly<Record<string, TenantInput>>): Record<string, TenantConfig> {
  return Object.fromEntries(
    Object.entries(tenants).map(([name, tenant]) => {
      const result = tenantConfigSchema.safeParse(tenant);
      if (result.success) return [name, result.data];
      const [issue] = result.error.issues;
      throw new WhylightError('invalid_config', `Tenant "${name}", ${issue?.path.join('.')}: ${issue?.message}.`, {
        tenant: name,
      });
    }),
  );
}
