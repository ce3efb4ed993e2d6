/** `whylight/edge` on every platform: the app, and what it is made of. */
import type { Configured } from '../edge/configured.ts';
import { type ExplainerSettings, entriesOf } from './explain.ts';
import { parseTenants, type TenantInput } from './tenants.ts';

export type { TenantInput } from './tenants.ts';

export interface EdgeSettings {
  /** The methods that are served, and no others. */
  readonly methods: ExplainerSettings['methods'];
  /** Folder of each model, by name; it holds a manifest.json. */
  readonly models: Readonly<Record<string, string>>;
  /** As in plugins.config.json; everybody may use everything when left out. */
  readonly tenants?: Readonly<Record<string, TenantInput>>;
}

export const configuredBy = ({ methods, models, tenants = { '*': {} } }: EdgeSettings): Configured => ({
  plugins: entriesOf(methods),
  models,
  tenants: parseTenants(tenants),
});
