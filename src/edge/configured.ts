/** What an operator chooses: plugins.config.json, or the settings of somebody else's Worker that embeds the app. */

import type { TenantConfig } from '../config/tenant-policy.ts';
import type { PluginEntry } from '../core/method/registry.ts';

export interface Configured {
  readonly plugins: readonly PluginEntry[];
  /** Whether they were checked when the configuration was read, at build time. */
  readonly checked?: boolean;
  /** Folder of each model, by name. */
  readonly models: Readonly<Record<string, string>>;
  readonly tenants: Readonly<Record<string, TenantConfig>>;
}
