/** Tenants of an embedder's settings. */
import type { z } from 'zod';
import { checkTenant } from '../config/check-tenant.ts';
import { type TenantConfig, tenantConfigSchema } from '../config/tenant-policy.ts';
import { WhylightError } from '../core/errors.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';

/** Tenant as in `plugins.config.json`: keys, scopes, limits and what it may use; see `docs/tenants.md`. */
export type TenantInput = z.input<typeof tenantConfigSchema>;

/**
 * Checks tenants against their schema and the methods that are served, and fills in their defaults.
 * @throws WhylightError `invalid_config`
 */
export function parseTenants(
  tenants: Readonly<Record<string, TenantInput>>,
  plugins: readonly PluginEntry[],
): Record<string, TenantConfig> {
  const registry = new MethodRegistry(plugins);
  return Object.fromEntries(
    Object.entries(tenants).map(([name, tenant]) => {
      const { data, error } = tenantConfigSchema.safeParse(tenant);
      const [issue] = data ? checkTenant(data, registry) : (error?.issues ?? []);
      if (data && !issue) return [name, data];
      throw new WhylightError('invalid_config', `Tenant "${name}", ${issue?.path.join('.')}: ${issue?.message}`, {
        tenant: name,
      });
    }),
  );
}
