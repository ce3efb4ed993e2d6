/** What the app is made of in a process next to the heavy machine: the composition root of the origin. */
import { plugins, tenants } from '#plugins';
import { createContainer } from '../core/container.ts';
import { batchingEngine } from '../core/engine/batching.ts';
import { WhylightError } from '../core/errors.ts';
import { PROCESS_LIMITS } from '../core/limits.ts';
import { TOKENS } from '../core/tokens.ts';
import { InFlight } from '../edge/cache/in-flight.ts';
import { noCache } from '../edge/cache/result-cache.ts';
import { MAX_SAMPLES } from '../edge/limits.ts';
import { ModelCatalogue } from '../edge/models/catalogue.ts';
import { consoleLog, type Log } from '../edge/observe/log.ts';
import { SignatureCheck } from '../edge/origin/signature.ts';
import type { Services } from '../edge/services.ts';
import { TenantDirectory } from '../edge/tenants/directory.ts';
import { JwtVerifier } from '../edge/tenants/jwt.ts';
import { Tenants } from '../edge/tenants/tenants.ts';
import { openInferenceEngine } from '../protocol/open-inference-engine.ts';
import { Admission } from './admission.ts';
import { nodeCodecs } from './codecs.ts';
import { FileStore, type FileStoreOptions } from './file-store.ts';
import { folderModels } from './model-folders.ts';
import { PrometheusMetrics } from './prometheus.ts';
import { strongestEngine } from './providers.ts';
import { UploadedModels } from './uploaded-models.ts';

export interface OriginOptions {
  /** Path of each model's folder, by name. */
  readonly models: Readonly<Record<string, string>>;
  /** What edges sign their requests with; without it only clients with a key are served. */
  readonly secret?: string;
  /** Execution provider, or `auto` for the strongest that loads. */
  readonly provider: string;
  readonly threads?: number;
  /** Runs at once, and runs that may wait. */
  readonly runs: number;
  readonly waiting: number;
  /** Milliseconds that rows wait for others to run with. */
  readonly delay: number;
  /** A server of the Open Inference Protocol that holds the compiled graphs, in place of an engine in this process. */
  readonly inferenceServer?: string;
  /** Where models are kept that were uploaded at the edge; without it they run only there. */
  readonly uploads?: FileStoreOptions;
  readonly log?: Log;
}

const MIB = 2 ** 20;

export async function originServices(options: OriginOptions): Promise<{ services: Services; admission: Admission }> {
  const { log = consoleLog, secret, inferenceServer } = options;
  const engine = inferenceServer
    ? openInferenceEngine({ url: inferenceServer })
    : batchingEngine(await strongestEngine(options, log), { maxRows: PROCESS_LIMITS.maxBatch, delay: options.delay });
  const container = createContainer({ engine, plugins, limits: PROCESS_LIMITS });
  const models = new ModelCatalogue(folderModels(options.models), { bytes: 4096 * MIB });
  const uploads = options.uploads && new UploadedModels(await FileStore.open(options.uploads), 2048 * MIB);
  const admission = new Admission({ most: options.runs, waiting: options.waiting });
  const known = new Tenants({ base: tenants, log });
  const services: Services = {
    explainer: container.get(TOKENS.explainer),
    models,
    tenants: new TenantDirectory({ tenants: known, tokens: new JwtVerifier(), log }),
    // Edges keep answers; what asks here wants one computed.
    cache: noCache,
    inFlight: new InFlight(),
    codecs: nodeCodecs({ maxPixels: 40_000_000 }),
    log,
    fetch,
    metrics: new PrometheusMetrics({
      whylight_runs_running: { help: 'Runs that compute.', read: () => admission.load.running },
      whylight_runs_waiting: { help: 'Runs that wait for their turn.', read: () => admission.load.waiting },
    }),
    accepting: () => admission.open,
    limits: {
      maxBody: 64 * MIB,
      maxPixels: 40_000_000,
      maxSamples: MAX_SAMPLES,
      edgeMs: Infinity,
      edgeBytes: Infinity,
    },
    pause: () => new Promise((next) => setImmediate(next)),
    ...(secret !== undefined && {
      asOrigin: {
        signatures: new SignatureCheck(secret),
        model: async ({ name, files }, waitUntil) => {
          if (!files) return (await models.trusted(name, waitUntil)).model;
          if (uploads) return uploads.get(files, waitUntil);
          const message = 'This origin keeps no uploaded models: start it with --uploads.';
          throw new WhylightError('model_not_found', message, { model: name });
        },
        ...(uploads && { storeFile: (sha256, chunks) => uploads.put(sha256, chunks) }),
        reserve: () => admission.reserve(),
      },
    }),
  };
  return { services, admission };
}
