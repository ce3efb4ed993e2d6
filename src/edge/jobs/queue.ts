/** Messages of the job queue, and the services that handling them needs. */
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { ModalityRegistry } from '../../core/modality/registry.ts';
import type { ResultCache } from '../cache/result-cache.ts';
import type { ModelCatalogue } from '../models/catalogue.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { OriginRunner } from '../origin/origin-runner.ts';
import type { TenantDirectory } from '../tenants/directory.ts';
import type { TenantFiles } from '../tenants/tenant-files.ts';
import type { JobMessage } from './job.ts';
import type { Jobs } from './jobs.ts';

/** The used part of a queue's batch. */
export interface JobBatch {
  readonly queue: string;
  readonly messages: readonly JobDelivery[];
}

export interface JobDelivery {
  readonly body: JobMessage;
  /** Number of deliveries of this message. */
  readonly attempts: number;
  ack(): void;
  retry(options?: { readonly delaySeconds?: number }): void;
}

/** Parts of the server that jobs need. */
export interface JobServices {
  readonly jobs: Jobs;
  readonly models: ModelCatalogue;
  readonly tenantFiles: TenantFiles;
  readonly tenants: TenantDirectory;
  readonly explainer: Explainer;
  readonly modalities: ModalityRegistry;
  readonly cache: ResultCache;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly fetch: typeof fetch;
  readonly origin?: OriginRunner;
  readonly webhookSecret?: string;
  readonly olderWebhookSecret?: string;
  readonly pause?: () => Promise<void>;
}
