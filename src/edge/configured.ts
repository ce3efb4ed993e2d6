/** Configuration of a server: plugins.config.json, or the settings of an embedder. */

import type { TenantConfig } from '../config/tenant-policy.ts';
import type { PluginEntry } from '../core/method/registry.ts';

export interface Configured {
  readonly plugins: readonly PluginEntry[];
  /** True if the plugins were checked at build time. */
  readonly checked?: boolean;
  /** Folder of each model, by name. */
  readonly models: Readonly<Record<string, string>>;
  readonly tenants: Readonly<Record<string, TenantConfig>>;
}
