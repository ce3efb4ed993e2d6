/** Exports of `whylight/edge` that are the same on every platform. */
import type { EdgeParts } from '../edge/composition/edge-module.ts';
import type { Configured } from '../edge/configured.ts';
import { type ExplainerSettings, entriesOf } from './explain.ts';
import { parseTenants, type TenantInput } from './tenants.ts';

export type { EdgeParts } from '../edge/composition/edge-module.ts';
export type { TenantInput } from './tenants.ts';

export interface EdgeSettings {
  /** The methods that are served, and no others. */
  readonly methods: ExplainerSettings['methods'];
  /** Folder of each model, by name; it holds a manifest.json. */
  readonly models: Readonly<Record<string, string>>;
  /** Tenants as in plugins.config.json; everybody may use everything when left out. */
  readonly tenants?: Readonly<Record<string, TenantInput>>;
  /** Parts to replace, such as the cache, the log or the engine. */
  readonly parts?: EdgeParts;
}

/** Converts settings to a configuration. @throws WhylightError `invalid_config` */
export const configuredBy = ({ methods, models, tenants = { '*': {} } }: EdgeSettings): Configured => ({
  plugins: entriesOf(methods),
  models,
  tenants: parseTenants(tenants),
});
