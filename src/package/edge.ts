/** Exports of `whylight/edge` that are the same on every platform. */

import { withMetrics } from '../core/metrics/check.ts';
import { metrics as builtinMetrics } from '../core/metrics/index.ts';
import type { Metric } from '../core/metrics/metric.ts';
import type { Modality } from '../core/modality/modality.ts';
import type { Task } from '../core/task/task.ts';
import type { EdgeParts } from '../edge/composition/edge-module.ts';
import type { HostSettings } from '../edge/composition/settings-module.ts';
import type { Configured } from '../edge/configured.ts';
import type { ModelSetting } from '../edge/models/given-models.ts';
import { type ExplainerSettings, entriesOf } from './explain.ts';
import { parseTenants, type TenantInput } from './tenants.ts';

export { hardenBuiltIns } from '../core/harden.ts';
export type { CacheSetting } from '../edge/cache/setting.ts';
export type { ByteStorage } from '../edge/cache/storage.ts';
export type { EdgeParts } from '../edge/composition/edge-module.ts';
export type { EdgeLimits, HostSettings } from '../edge/composition/settings-module.ts';
export type { GivenModel, ModelPlace, ModelSetting } from '../edge/models/given-models.ts';
export type { Log } from '../edge/observe/log.ts';
export type { Authenticate, HostCaller } from '../edge/tenants/host-authentication.ts';
export type { ReadTenantFile, TenantFile } from '../edge/tenants/tenant-files.ts';
export { builtinTasks } from '../tasks/index.ts';
export type { TenantInput } from './tenants.ts';

/**
 * Settings of an edge: the methods and models that it serves, for whom, and how it fits into its host.
 *
 * @example
 * import type { EdgeSettings } from 'whylight/edge';
 * const settings: EdgeSettings = {
 *   methods: [gradCam],
 *   models: { cifar10: 'models/cifar10', own: () => readFile('model.onnx') },
 *   basePath: '/explain',
 *   authenticate: (request) => sessionOf(request)?.customer,
 *   cache: 'memory',
 * };
 * @see docs/embedding.md
 */
export interface EdgeSettings extends HostSettings {
  /** The methods that are served, and no others. */
  readonly methods: ExplainerSettings['methods'];
  /** Kinds of data beside images, such as the text modality; none when left out. */
  readonly modalities?: readonly Modality[];
  /** Kinds of answers; without any, answers have scores and no predictions. */
  readonly tasks?: readonly Task[];
  /** Metrics of explanations beside those that come with whylight. */
  readonly metrics?: readonly Metric[];
  /** Models by name: path of a folder with a manifest.json, bytes of an ONNX file, or a function that returns either. */
  readonly models: Readonly<Record<string, ModelSetting<never>>>;
  /** Tenants as in plugins.config.json; everybody may use everything when left out. */
  readonly tenants?: Readonly<Record<string, TenantInput>>;
  /** Parts to replace in the container, such as the image codecs, the clock or the counters of requests. */
  readonly parts?: EdgeParts;
}

/**
 * Converts settings to the configuration of the app; without tenants everybody may use everything.
 * @throws WhylightError `invalid_config` for a tenant that does not fit its schema or the methods, and for a metric that
 * breaks the contract or has an id that is taken
 *
 * @example
 * import { configuredBy } from 'whylight/edge';
 * const { tenants } = configuredBy({ methods: [gradCam], models: { cifar10: 'models/cifar10' } });
 */
export const configuredBy = ({
  methods,
  modalities = [],
  tasks = [],
  metrics = [],
  models,
  tenants = { '*': {} },
}: EdgeSettings): Configured => ({
  plugins: entriesOf(methods),
  modalities: modalities.map((modality) => ({ id: modality.id, load: async () => modality })),
  tasks,
  metrics: checkedMetrics(metrics),
  // Whoever composes the app calls the functions with the bindings that they are declared for.
  models: models as Configured['models'],
  tenants: parseTenants(tenants, entriesOf(methods)),
});

/** Returns the metrics, once they were joined to those that come with whylight. */
function checkedMetrics(metrics: readonly Metric[]): readonly Metric[] {
  if (metrics.length > 0) withMetrics(builtinMetrics, metrics);
  return metrics;
}
