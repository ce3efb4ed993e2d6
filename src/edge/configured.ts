/** Configuration of a server: plugins.config.json, or the settings of an embedder. */

import type { TenantConfig } from '../config/tenant-policy.ts';
import type { LazyPluginEntry, PluginEntry } from '../core/method/registry.ts';
import type { Metric } from '../core/metrics/metric.ts';
import type { ModalityEntry } from '../core/modality/registry.ts';
import type { Task } from '../core/task/task.ts';
import type { ModelSetting } from './models/given-models.ts';

export interface Configured {
  readonly plugins: readonly (PluginEntry | LazyPluginEntry)[];
  /** True if the plugins were checked at build time. */
  readonly checked?: boolean;
  /** Build of the compiler: compiled graphs are stored under it, and not at all without it. */
  readonly compiler?: string;
  /** Build of what reads models: their descriptions are kept under it, and not at all without it. */
  readonly reader?: string;
  /** Modalities beside images; none when left out. */
  readonly modalities?: readonly ModalityEntry[];
  /** Tasks that answers are read by; without any, answers have no predictions. */
  readonly tasks?: readonly Task[];
  /** Metrics beside those that come with whylight. */
  readonly metrics?: readonly Metric[];
  /** Models by name: paths of folders, bytes, or functions that return either. */
  readonly models: Readonly<Record<string, ModelSetting>>;
  readonly tenants: Readonly<Record<string, TenantConfig>>;
}
