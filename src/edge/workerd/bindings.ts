/** Bindings of the Worker, as wrangler.toml declares them. */
import type { JobMessage } from '../jobs/job.ts';
import type { Dataset } from '../observe/analytics-engine.ts';
import type { Rates } from '../tenants/rates.ts';

/**
 * Bindings of the Worker by name.
 * @see docs/operate.md
 */
export interface WorkerBindings {
  /** Static assets, `generated/assets`: models, and the files of the playground. */
  readonly MODELS: Fetcher;
  /** Cache of answers. */
  readonly RESULTS: KVNamespace;
  /** Changes of tenants, for every location to read. */
  readonly TENANTS: KVNamespace;
  /** Decides on changes of tenants. */
  readonly LEDGER: DurableObjectNamespace;
  readonly RATE_60: Rates[60];
  readonly RATE_600: Rates[600];
  readonly RATE_6000: Rates[6000];
  /** URLs of origins, separated by commas, and the secret that requests to them are signed with. */
  readonly ORIGINS?: string;
  readonly ORIGIN_SECRET?: string;
  /**
   * URL of an Open Inference Protocol server that runs the compiled graphs, in place of onnxruntime in this isolate, and
   * the `Authorization` header for it (a secret).
   */
  readonly INFERENCE_SERVER?: string;
  readonly INFERENCE_AUTHORIZATION?: string;
  /** Metrics of requests; none are recorded without it. */
  readonly METRICS?: Dataset;
  /** Attribution shares of a sample of the requests, and the size of the sample, 0 to 1; 0.1 when left out. */
  readonly DRIFT?: Dataset;
  readonly DRIFT_RATE?: string;
  /** Attribution shares over time, for the page of curves; there is none without it. */
  readonly DRIFT_HISTORY?: DurableObjectNamespace;
  /** Comparisons of versions with their shadows; they are in the log alone without it. */
  readonly SHADOWS?: Dataset;
  /** Loader of dynamic Workers, for methods that are `isolated`. */
  readonly LOADER?: WorkerLoader;
  /** Uploaded models; uploads are refused without it. */
  readonly UPLOADS?: R2Bucket;
  /** Background jobs; there are none unless all three are bound. */
  readonly JOBS?: DurableObjectNamespace;
  readonly JOB_QUEUE?: Queue<JobMessage>;
  readonly JOB_FILES?: R2Bucket;
  /** Key set that receipts are signed with (a secret), as `whylight receipt key` prints it; no receipts without it. */
  readonly RECEIPT_KEYS?: string;
  /** Secret that webhooks are signed with. */
  readonly WEBHOOK_SECRET?: string;
  /** Secret that webhooks are signed with as well, while receivers still check for it. */
  readonly WEBHOOK_SECRET_OLDER?: string;
}

/**
 * Bindings of a Worker that embeds the app; all may be missing. Without MODELS, models are bytes or functions; without RESULTS, answers are cached in each location only; without TENANTS
 * and LEDGER there is no admin API; unless all three rates are bound, requests are not counted.
 */
export type UsedBindings = Partial<WorkerBindings>;
