/** Composition root of the origin: the app in a process next to a GPU or a large CPU. */
import { metrics, modalities, plugins, tasks, tenants } from '#plugins';
import { createContainer, defineModule, type Module } from '../composition/container.ts';
import { coreModule, engineModule } from '../composition/core.ts';
import { CORE } from '../composition/tokens.ts';
import type { TenantConfig } from '../config/tenant-policy.ts';
import { batchingEngine } from '../core/engine/batching.ts';
import type { Engine } from '../core/engine/engine.ts';
import { SessionCache } from '../core/engine/session-cache.ts';
import { WhylightError } from '../core/errors.ts';
import { PROCESS_LIMITS } from '../core/limits.ts';
import type { MemoryPool } from '../core/memory-pool.ts';
import type { PluginEntry } from '../core/method/registry.ts';
import { TaskRegistry } from '../core/task/registry.ts';
import { type EdgeParts, edgeModule, edgeParts } from '../edge/composition/edge-module.ts';
import { servicesOf } from '../edge/composition/services-of.ts';
import { EDGE, SERVICES } from '../edge/composition/tokens.ts';
import { type Limits, MAX_SAMPLES } from '../edge/limits.ts';
import type { ModelCatalogue } from '../edge/models/catalogue.ts';
import { consoleLog, type Log } from '../edge/observe/log.ts';
import type { OriginServer } from '../edge/origin/origin-server.ts';
import { SignatureCheck } from '../edge/origin/signature.ts';
import { ReceiptSigner } from '../edge/receipts/sign.ts';
import type { Services } from '../edge/services.ts';
import { openInferenceEngine } from '../protocol/open-inference-engine.ts';
import { Admission } from './admission.ts';
import { PrometheusDrift } from './drift.ts';
import { FileStore, type FileStoreOptions } from './file-store.ts';
import { nodeModule } from './node-module.ts';
import { defaultMemory, memoryGauges, nativeSessionMemory, processLimits, processPool } from './process-memory.ts';
import { type Gauge, PrometheusMetrics } from './prometheus.ts';
import { strongestEngine } from './providers.ts';
import { allMetrics, isTelemetryWanted, startTelemetry, type Telemetry } from './telemetry.ts';
import { tenantFolder } from './tenant-folder.ts';
import { UploadInspector } from './upload-inspector.ts';
import { UploadedModels } from './uploaded-models.ts';

export interface OriginOptions {
  /** Path of each model's folder, by name. */
  readonly models: Readonly<Record<string, string>>;
  /** Secret that edges sign their requests with; without it only clients with a key are served. */
  readonly secret?: string;
  /** Secret that is accepted beside it, while edges still sign with it. */
  readonly olderSecret?: string;
  /** Execution provider, or `auto` for the strongest that loads. */
  readonly provider: string;
  readonly threads?: number;
  /** Maximum number of concurrent runs, and of runs that wait. */
  readonly runs: number;
  readonly waiting: number;
  /** Milliseconds that rows wait for others to be batched with. */
  readonly delay: number;
  /** URL of an Open Inference Protocol server that has the compiled graphs, in place of an engine in this process. */
  readonly inferenceServer?: string;
  /** Store of models that were uploaded at the edge; without it they run only there. */
  readonly uploads?: FileStoreOptions;
  /** Folder of files that policies of tenants name for methods: `<folder>/<tenant>/<sha256>`. */
  readonly tenantFiles?: string;
  /** Bytes of resident memory that the process may take; {@link defaultMemory} when left out. */
  readonly memory?: number;
  /** Key set that receipts are signed with, as JSON; there are none without it. */
  readonly receiptKeys?: string;
  /** Key that `/metrics` asks for. */
  readonly metricsKey?: string;
  readonly log?: Log;
  /** Files of the page, which is not served without them. */
  readonly pages?: Services['pages'];
  /** Share of the requests whose attribution shares are counted, 0 to 1; none when left out. */
  readonly driftRate?: number;
  /** Environment with the variables `OTEL_*` of an export of spans and metrics; none when left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Methods that are served; the built ones when left out. */
  readonly plugins?: readonly PluginEntry[];
  /** Tenants; those of the build when left out. */
  readonly tenants?: Readonly<Record<string, TenantConfig>>;
}

const MIB = 2 ** 20;
const MODEL_BYTES = 4096 * MIB;
const UPLOAD_BYTES = 2048 * MIB;
const LIMITS: Limits = {
  maxBody: 64 * MIB,
  maxPixels: 40_000_000,
  maxSamples: MAX_SAMPLES,
  edgeMs: Infinity,
  edgeBytes: Infinity,
};

/** An origin, with what its process has to end. */
export interface Origin {
  readonly services: Services;
  readonly admission: Admission;
  /** Export of spans and metrics, where the environment asks for one. */
  readonly telemetry?: Telemetry;
}

/**
 * Composes the services of an origin. Edges cache answers, so the origin has no cache.
 * @param parts parts to replace
 * @throws WhylightError `invalid_config` for an export without the OpenTelemetry SDK
 */
export async function originServices(options: OriginOptions, parts: EdgeParts = {}): Promise<Origin> {
  const { log = consoleLog } = options;
  const admission = new Admission({ maxRunning: options.runs, maxWaiting: options.waiting });
  const engine = parts.engine ?? (await originEngine(options, log));
  // Once the engine has started, what the process takes by itself is known.
  const pool = parts.memory ?? processPool(options.memory ?? defaultMemory(), engine);
  const uploads =
    options.uploads &&
    new UploadedModels(await openUploads(options.uploads, log), UPLOAD_BYTES, new TaskRegistry(tasks).forms, pool);
  const inspector =
    uploads && new UploadInspector({ uploads, waiting: options.waiting, accepting: () => admission.open, pool });
  const gauges = gaugesOf(admission, pool);
  const { env = {} } = options;
  const telemetry = isTelemetryWanted(env) ? await startTelemetry({ gauges, env }) : undefined;
  const services = servicesOf(
    createContainer(
      coreModule({ plugins: options.plugins ?? plugins, modalities, tasks, metrics }),
      engineModule(engine, processLimits(pool)),
      memoryModule(pool),
      edgeModule(options.tenants ?? tenants),
      nodeModule({ models: options.models, limits: LIMITS }),
      originModule(options, admission, uploads && inspector && { uploads, inspector }),
      metricsModule(gauges, telemetry, options.driftRate ?? 0),
      edgeParts({ log, ...parts }),
    ),
  );
  return { services, admission, ...(telemetry && { telemetry }) };
}

/** Opens the store of uploaded models, and warns of a disk that is smaller than the store may become. */
async function openUploads(options: FileStoreOptions, log: Log): Promise<FileStore> {
  const store = await FileStore.open(options);
  const room = await store.room();
  if (room < options.bytes) {
    log('warn', 'the disk is smaller than the uploaded models may become', {
      folder: options.folder,
      uploads_mib: Math.floor(options.bytes / MIB),
      disk_mib: Math.floor(room / MIB),
      remedy: 'lower --uploads-mib, or free some of the disk: uploads are refused while it is full',
    });
  }
  return store;
}

async function originEngine(options: OriginOptions, log: Log): Promise<Engine> {
  const { inferenceServer, delay } = options;
  if (inferenceServer) return openInferenceEngine({ url: inferenceServer });
  return batchingEngine(await strongestEngine(options, log), { maxRows: PROCESS_LIMITS.maxBatch, delay });
}

/** Binds the memory that models, sessions and bodies share. */
const memoryModule = (pool: MemoryPool): Module =>
  defineModule(({ bind, rebind }) => {
    bind(CORE.memory).toConstantValue(pool);
    rebind(CORE.sessions).toConstantValue(new SessionCache(pool.capacity, { pool, weigh: nativeSessionMemory }));
  });

const originModule = (
  { secret, olderSecret, receiptKeys, metricsKey, pages, tenantFiles }: OriginOptions,
  admission: Admission,
  uploaded: Uploaded | undefined,
): Module =>
  defineModule(({ bind }) => {
    bind(EDGE.modelBytes).toConstantValue(MODEL_BYTES);
    bind(SERVICES.accepting).toConstantValue(() => admission.open);
    if (tenantFiles !== undefined) bind(EDGE.readTenantFile).toConstantValue(tenantFolder(tenantFiles));
    if (pages) bind(SERVICES.pages).toConstantValue(pages);
    if (receiptKeys) bind(SERVICES.receipts).toConstantValue(new ReceiptSigner(receiptKeys));
    if (metricsKey) bind(SERVICES.metricsKey).toConstantValue(metricsKey);
    if (secret === undefined) return;
    bind(SERVICES.asOrigin).toResolvedValue(
      (models: ModelCatalogue, clock: () => number) =>
        originServer(
          new SignatureCheck([secret, ...(olderSecret ? [olderSecret] : [])], clock),
          admission,
          models,
          uploaded,
        ),
      [SERVICES.models, EDGE.clock],
    );
  });

/** Binds the sinks of metrics and spans. */
const metricsModule = (
  gauges: Readonly<Record<string, Gauge>>,
  telemetry: Telemetry | undefined,
  driftRate: number,
): Module =>
  defineModule(({ bind }) => {
    const drift = new PrometheusDrift(driftRate);
    bind(SERVICES.drift).toConstantValue(drift);
    const sinks = [new PrometheusMetrics(gauges, () => drift.lines()), ...(telemetry ? [telemetry.metrics] : [])];
    bind(SERVICES.metrics).toConstantValue(allMetrics(sinks));
    if (telemetry) bind(SERVICES.spans).toConstantValue(telemetry.spans);
  });

const gaugesOf = (admission: Admission, pool: MemoryPool): Readonly<Record<string, Gauge>> => ({
  whylight_runs_running: { help: 'Runs in progress.', read: () => admission.load.running },
  whylight_runs_waiting: { help: 'Runs that wait for their turn.', read: () => admission.load.waiting },
  ...memoryGauges(pool),
});

/** Models that were uploaded at an edge, and what inspects them before. */
interface Uploaded {
  readonly uploads: UploadedModels;
  readonly inspector: UploadInspector;
}

function originServer(
  signatures: SignatureCheck,
  admission: Admission,
  models: ModelCatalogue,
  uploaded: Uploaded | undefined,
): OriginServer {
  return {
    signatures,
    async model({ name, files }, waitUntil) {
      if (!files) return (await models.trusted(name, waitUntil)).model;
      if (uploaded) return uploaded.uploads.get(files, waitUntil);
      const message = 'This origin stores no uploaded models: start it with --uploads.';
      throw new WhylightError('model_not_found', message, { model: name });
    },
    ...(uploaded && {
      storeFile: (sha256, chunks) => uploaded.uploads.put(sha256, chunks),
      inspect: async (name, files) => uploaded.inspector.prepare(name, files),
    }),
    reserve: () => admission.reserve(),
  };
}
