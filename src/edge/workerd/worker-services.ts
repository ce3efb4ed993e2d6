/** What the app is made of in a Worker: the composition root of the edge. */
import { createContainer } from '../../core/container.ts';
import { WhylightError } from '../../core/errors.ts';
import { ISOLATE_LIMITS, PROCESS_LIMITS } from '../../core/limits.ts';
import { TOKENS } from '../../core/tokens.ts';
import { openInferenceEngine } from '../../protocol/open-inference-engine.ts';
import { coloTier } from '../cache/colo.ts';
import { InFlight } from '../cache/in-flight.ts';
import { kvTier } from '../cache/kv.ts';
import { tieredCache } from '../cache/tiers.ts';
import type { Configured } from '../configured.ts';
import type { JobMessage } from '../jobs/job.ts';
import { r2JobFiles } from '../jobs/r2.ts';
import type { Limits } from '../limits.ts';
import { assetModels } from '../models/assets.ts';
import { ModelCatalogue } from '../models/catalogue.ts';
import { r2Files } from '../models/r2.ts';
import { ModelRegistry } from '../models/registry.ts';
import { analyticsEngineMetrics, type Dataset } from '../observe/analytics-engine.ts';
import { consoleLog } from '../observe/log.ts';
import { OriginClient } from '../origin/origin-client.ts';
import { OriginRunner } from '../origin/origin-runner.ts';
import type { Services } from '../services.ts';
import { TenantDirectory } from '../tenants/directory.ts';
import { JwtVerifier } from '../tenants/jwt.ts';
import { kvOverrides } from '../tenants/kv-tenants.ts';
import type { Rates } from '../tenants/rates.ts';
import { Tenants } from '../tenants/tenants.ts';
import { EDGE_MAX_PIXELS, edgeCodecs } from './codecs.ts';
import { durableJobs } from './durable-job.ts';
import { durableLedger } from './durable-ledger.ts';
import { onnxruntimeWorkerd } from './onnxruntime-workerd.ts';

/** The bindings of wrangler.toml. */
export interface WorkerBindings {
  /** The folder `generated/assets`, as static assets: models, and the files of the playground. */
  readonly MODELS: Fetcher;
  /** Answers, for the next time. */
  readonly RESULTS: KVNamespace;
  /** What the admin API has changed of the tenants, for every location to read. */
  readonly TENANTS: KVNamespace;
  /** Where those changes are decided. */
  readonly LEDGER: DurableObjectNamespace;
  readonly RATE_60: Rates[60];
  readonly RATE_600: Rates[600];
  readonly RATE_6000: Rates[6000];
  /** Addresses of origins, separated by commas, and what requests to them are signed with (a secret). */
  readonly ORIGINS?: string;
  readonly ORIGIN_SECRET?: string;
  /**
   * Address of an Open Inference Protocol server that runs the compiled graphs, in place of onnxruntime in this isolate, and
   * what it is sent as `Authorization` (a secret).
   */
  readonly INFERENCE_SERVER?: string;
  readonly INFERENCE_AUTHORIZATION?: string;
  /** What is counted of each request; without it nothing is. */
  readonly METRICS?: Dataset;
  /** Models that were uploaded; without it none can be. */
  readonly UPLOADS?: R2Bucket;
  /** Runs that nobody waits for; without all three there are no jobs. */
  readonly JOBS?: DurableObjectNamespace;
  readonly JOB_QUEUE?: Queue<JobMessage>;
  readonly JOB_FILES?: R2Bucket;
  /** What webhooks are signed with (a secret). */
  readonly WEBHOOK_SECRET?: string;
}

/**
 * What must be there, and what may be. Without RESULTS only each location's own cache remembers, without TENANTS and LEDGER
 * there is no admin API, and without all three rates nobody's requests are counted.
 */
export type UsedBindings = Pick<WorkerBindings, 'MODELS'> & Partial<WorkerBindings>;

const MIB = 2 ** 20;
const LIMITS: Limits = {
  maxBody: 10 * MIB,
  maxPixels: EDGE_MAX_PIXELS,
  maxSamples: 5000,
  edgeMs: 30_000,
  edgeBytes: 96 * MIB,
};

export function workerServices(bindings: UsedBindings, { plugins, checked, models, tenants }: Configured): Services {
  const { MODELS, RESULTS, METRICS, UPLOADS, JOBS, JOB_QUEUE, JOB_FILES, WEBHOOK_SECRET } = bindings;
  const container = createContainer({ ...computing(bindings), plugins, checked });
  return {
    explainer: container.get(TOKENS.explainer),
    models: new ModelCatalogue(assetModels(MODELS, models, 'models'), {
      ...(UPLOADS && { registry: new ModelRegistry({ files: r2Files(UPLOADS), log: consoleLog }) }),
    }),
    ...tenantServices(bindings, tenants),
    cache: tieredCache({
      near: coloTier(() => caches.open('answers')),
      ...(RESULTS && { shared: kvTier(RESULTS) }),
      log: consoleLog,
    }),
    inFlight: new InFlight(),
    codecs: edgeCodecs(),
    log: consoleLog,
    ...(METRICS && { metrics: analyticsEngineMetrics(METRICS) }),
    limits: LIMITS,
    pages: (path, headers) => MODELS.fetch(new Request(new URL(path, 'https://assets.invalid'), { headers })),
    fetch: (...request) => fetch(...request),
    ...originOf(bindings),
    ...(JOBS && JOB_QUEUE && JOB_FILES && { jobs: durableJobs(JOBS, r2JobFiles(JOB_FILES)) }),
    ...(WEBHOOK_SECRET && { webhookSecret: WEBHOOK_SECRET }),
    pause: () => scheduler.wait(0),
  };
}

/** What computes, and what it allows: a server takes the graphs that origins take, in portions that an isolate can hold. */
function computing({ INFERENCE_SERVER: url, INFERENCE_AUTHORIZATION: authorization }: UsedBindings) {
  if (!url) return { engine: onnxruntimeWorkerd(), limits: ISOLATE_LIMITS };
  return {
    engine: openInferenceEngine({ url, ...(authorization && { headers: { Authorization: authorization } }) }),
    limits: { ...ISOLATE_LIMITS, optimize: PROCESS_LIMITS.optimize },
  };
}

function originOf({ ORIGINS, ORIGIN_SECRET: secret }: UsedBindings): Pick<Services, 'origin'> {
  const urls = (ORIGINS ?? '').split(',').flatMap((url) => url.trim() || []);
  if (urls.length === 0) return {};
  if (!secret) throw new WhylightError('invalid_config', 'ORIGINS is set, but not the secret ORIGIN_SECRET.');
  const changed = (url: string, state: string) =>
    consoleLog('warn', 'the breaker of an origin changed', { url, state });
  return { origin: new OriginRunner(new OriginClient({ urls, secret, changed })) };
}

function tenantServices(
  { TENANTS, LEDGER, RATE_60, RATE_600, RATE_6000 }: UsedBindings,
  base: Configured['tenants'],
): Pick<Services, 'tenants' | 'ledger' | 'rates'> {
  const ledger = LEDGER && TENANTS && durableLedger(LEDGER, TENANTS);
  const log = consoleLog;
  const known = new Tenants({ base, ...(TENANTS && { overrides: kvOverrides(TENANTS) }), ledger, log });
  return {
    tenants: new TenantDirectory({ tenants: known, tokens: new JwtVerifier(), log }),
    ...(ledger && { ledger }),
    ...(RATE_60 && RATE_600 && RATE_6000 && { rates: { 60: RATE_60, 600: RATE_600, 6000: RATE_6000 } }),
  };
}
