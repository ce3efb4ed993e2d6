/** The parts that the HTTP app consists of. A composition root binds them; routes only use them. */
import type { Explainer } from '../core/explainer/explainer.ts';
import type { ImageCodecs } from '../core/image/codecs/codecs.ts';
import type { MemoryPool } from '../core/memory-pool.ts';
import type { Metric } from '../core/metrics/metric.ts';
import type { ModalityRegistry } from '../core/modality/registry.ts';
import type { Model } from '../core/model/model.ts';
import type { InFlight } from './cache/in-flight.ts';
import type { ResultCache } from './cache/result-cache.ts';
import type { DriftHistory } from './drift/history.ts';
import type { DriftSink } from './drift/sink.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Limits } from './limits.ts';
import type { ModelCatalogue } from './models/catalogue.ts';
import type { Log } from './observe/log.ts';
import type { Metrics } from './observe/metrics.ts';
import type { ShadowFacts } from './observe/shadow-facts.ts';
import type { Spans } from './observe/spans.ts';
import type { OriginRunner } from './origin/origin-runner.ts';
import type { OriginServer } from './origin/origin-server.ts';
import type { ReceiptSigner } from './receipts/sign.ts';
import type { OwnedAnswers } from './stores/erase.ts';
import type { SealedStores } from './stores/sealed-store.ts';
import type { TenantDirectory } from './tenants/directory.ts';
import type { Authenticate } from './tenants/host-authentication.ts';
import type { Ledger } from './tenants/ledger.ts';
import type { Rates } from './tenants/rates.ts';
import type { TenantFiles } from './tenants/tenant-files.ts';

export interface Services {
  /** Path that the app is served under, such as `/explain`; the root when left out. */
  readonly basePath?: string;
  readonly explainer: Explainer;
  /** Kinds of data beside images. */
  readonly modalities: ModalityRegistry;
  readonly models: ModelCatalogue;
  readonly tenants: TenantDirectory;
  /** Identifies callers in place of keys and tokens, for a host that has checked them. */
  readonly authenticate?: Authenticate;
  /** Files that methods load for single tenants. */
  readonly tenantFiles: TenantFiles;
  /** Store of tenant changes. Without it tenants are as configured, and there is no admin API. */
  readonly ledger?: Ledger;
  /** Request counters. Without them `requests_per_minute` is not enforced. */
  readonly rates?: Rates;
  readonly cache: ResultCache;
  /** Explanations being computed now, so that equal requests share one run. */
  readonly inFlight: InFlight<Uint8Array>;
  readonly codecs: ImageCodecs;
  /** Bytes that decoding an image for a model may take here, given those that it takes; no limit where undefined. */
  readonly decodeMemory?: (model: Model, needed: number) => number | undefined;
  readonly log: Log;
  /** Metrics of explanations beside those that come with whylight. */
  readonly ownMetrics?: readonly Metric[];
  /** Sink of request metrics; nothing is recorded without it. */
  readonly metrics?: Metrics;
  /** Sink of attribution shares; none are counted without it. */
  readonly drift?: DriftSink;
  /** Attribution shares over time; there is no page of curves without it. */
  readonly driftHistory?: DriftHistory;
  /** Sink of spans; none are made without it. */
  readonly spans?: Spans;
  readonly limits: Limits;
  /** Memory that models, sessions and bodies share; only the limits of single requests hold without it. */
  readonly memory?: MemoryPool;
  /** Files of the playground by path, given the request's headers. Without it no page is served. */
  readonly pages?: (path: string, headers: Headers) => Promise<Response>;
  /** HTTP client for images that a request names by URL, and for webhooks. */
  readonly fetch: typeof fetch;
  /** Client of the origins that run heavy requests. Without it heavy requests are refused. */
  readonly origin?: OriginRunner;
  /** Answers by their owner, to be erased. */
  readonly ownedAnswers?: OwnedAnswers;
  /** Queue of background jobs. */
  readonly jobs?: Jobs;
  /** Returns false once the server is shutting down, which makes it report that it is not ready. */
  readonly accepting?: () => boolean;
  /** The server's own side of the origin protocol. Set where this server is an origin. */
  readonly asOrigin?: OriginServer;
  /** Secret from which webhook signing keys are derived, see `webhookSecret`; there are no webhooks without it. */
  readonly webhookSecret?: string;
  /** Secret that webhooks are signed with as well, while receivers still check for it. */
  readonly olderWebhookSecret?: string;
  /** Key that `/metrics` asks for; anybody may read them without it. */
  readonly metricsKey?: string;
  /** Signs receipts of explanations; there are none without it. */
  readonly receipts?: ReceiptSigner;
  /** Sink of comparisons of versions with their shadows; they are in the log alone without it. */
  readonly shadows?: (facts: ShadowFacts) => void;
  /** Stores whose entries carry a checksum, for a check of all of them. */
  readonly sealedStores?: SealedStores;
  /** Yields to other requests between two batches. */
  readonly pause?: () => Promise<void>;
}
