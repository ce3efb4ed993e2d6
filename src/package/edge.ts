/** Exports of `whylight/edge` that are the same on every platform. */

import type { Modality } from '../core/modality/modality.ts';
import type { Task } from '../core/task/task.ts';
import type { EdgeParts } from '../edge/composition/edge-module.ts';
import type { Configured } from '../edge/configured.ts';
import { type ExplainerSettings, entriesOf } from './explain.ts';
import { parseTenants, type TenantInput } from './tenants.ts';

export type { EdgeParts } from '../edge/composition/edge-module.ts';
export type { TenantInput } from './tenants.ts';

/**
 * Settings of an edge: the methods and models that it serves, and for whom.
 *
 * @example
 * import type { EdgeSettings } from 'whylight/edge';
 * const settings: EdgeSettings = { methods: [gradCam], models: { cifar10: 'models/cifar10' } };
 */
export interface EdgeSettings {
  /** The methods that are served, and no others. */
  readonly methods: ExplainerSettings['methods'];
  /** Kinds of data beside images, such as the text modality; none when left out. */
  readonly modalities?: readonly Modality[];
  /** Kinds of answers; without any, answers have scores and no predictions. */
  readonly tasks?: readonly Task[];
  /** Folder of each model, by name; it holds a manifest.json. */
  readonly models: Readonly<Record<string, string>>;
  /** Tenants as in plugins.config.json; everybody may use everything when left out. */
  readonly tenants?: Readonly<Record<string, TenantInput>>;
  /** Parts to replace, such as the cache, the log or the engine. */
  readonly parts?: EdgeParts;
}

/**
 * Converts settings to the configuration of the app; without tenants everybody may use everything.
 * @throws WhylightError `invalid_config` for a tenant that does not fit its schema
 *
 * @example
 * import { configuredBy } from 'whylight/edge';
 * const { tenants } = configuredBy({ methods: [gradCam], models: { cifar10: 'models/cifar10' } });
 */
export const configuredBy = ({
  methods,
  modalities = [],
  tasks = [],
  models,
  tenants = { '*': {} },
}: EdgeSettings): Configured => ({
  plugins: entriesOf(methods),
  modalities: modalities.map((modality) => ({ id: modality.id, load: async () => modality })),
  tasks,
  models,
  tenants: parseTenants(tenants),
});
