/** Bindings of the container for a Worker. */
import { type Binder, createContainer, defineModule, type Module } from '../../composition/container.ts';
import { coreModule, engineModule } from '../../composition/core.ts';
import { CORE } from '../../composition/tokens.ts';
import { WhylightError } from '../../core/errors.ts';
import type { ImageDecoders } from '../../core/image/codecs/codecs.ts';
import { ISOLATE_LIMITS, PROCESS_LIMITS } from '../../core/limits.ts';
import { coloTier } from '../cache/colo.ts';
import { graphStore } from '../cache/graph-store.ts';
import { kvTier } from '../cache/kv.ts';
import type { ResultCache } from '../cache/result-cache.ts';
import { tieredCache } from '../cache/tiers.ts';
import { type EdgeParts, edgeModule, edgeParts } from '../composition/edge-module.ts';
import { servicesOf } from '../composition/services-of.ts';
import { type HostSettings, settingsModule } from '../composition/settings-module.ts';
import { EDGE, SERVICES } from '../composition/tokens.ts';
import type { Configured } from '../configured.ts';
import { allDrift, historyDrift } from '../drift/history.ts';
import { analyticsEngineDrift } from '../drift/sink.ts';
import { r2JobFiles } from '../jobs/r2.ts';
import type { Limits } from '../limits.ts';
import { openAsset } from '../models/assets.ts';
import { descriptionStore } from '../models/description-store.ts';
import { givenModels } from '../models/given-models.ts';
import { r2Files } from '../models/r2.ts';
import { ModelRegistry } from '../models/registry.ts';
import { shippedGraphs } from '../models/shipped-graphs.ts';
import { analyticsEngineMetrics } from '../observe/analytics-engine.ts';
import type { Log } from '../observe/log.ts';
import { analyticsEngineShadows } from '../observe/shadow-facts.ts';
import { OriginClient } from '../origin/origin-client.ts';
import { OriginRunner } from '../origin/origin-runner.ts';
import { ReceiptSigner } from '../receipts/sign.ts';
import type { Services } from '../services.ts';
import { kvAnswers } from '../stores/kv-answers.ts';
import { kvStore, r2Store } from '../stores/platform-stores.ts';
import { kvOverrides } from '../tenants/kv-tenants.ts';
import { r2TenantFiles } from '../tenants/r2-tenant-files.ts';
import type { UsedBindings } from './bindings.ts';
import { chosenCodecs, EDGE_MAX_PIXELS } from './codecs/chosen.ts';
import { decodeMemoryBeside } from './decode-memory.ts';
import { durableDrift } from './durable-drift.ts';
import { durableJobs } from './durable-job.ts';
import { durableLedger } from './durable-ledger.ts';
import { inferenceServer } from './inference-server.ts';
import { ENGINE_VERSION, onnxruntimeWorkerd } from './onnxruntime-workerd.ts';

const MIB = 2 ** 20;
const LIMITS: Limits = {
  maxBody: 10 * MIB,
  maxPixels: EDGE_MAX_PIXELS,
  maxSamples: 5000,
  edgeMs: 30_000,
  edgeBytes: 96 * MIB,
};

/** Settings of a Worker that embeds the app. */
export interface WorkerSettings extends HostSettings {
  /** Folder that `[assets] directory` of wrangler.toml names; paths of models begin with it. `models` when left out. */
  readonly assets?: string;
  /** Parts to replace. */
  readonly parts?: EdgeParts;
}

/** Configuration of a Worker. */
export interface WorkerConfigured extends Configured {
  /** Decoders of the image formats that are taken. */
  readonly codecs: ImageDecoders;
}

/** Composes the services of a Worker. */
export const workerServices = (
  bindings: UsedBindings,
  configured: WorkerConfigured,
  { parts = {}, assets = 'models', ...settings }: WorkerSettings = {},
): Services =>
  servicesOf(
    createContainer(
      coreModule(configured),
      workerEngine(bindings),
      edgeModule(configured.tenants),
      workerModule(bindings, configured, assets),
      settingsModule(settings, { ...machineLimits(bindings), ...LIMITS }),
      edgeParts(parts),
    ),
  );

/** Limits of the machine. A server's graphs are named by their content, so they are compiled as the export does. */
const machineLimits = ({ INFERENCE_SERVER }: UsedBindings): typeof ISOLATE_LIMITS =>
  INFERENCE_SERVER ? { ...ISOLATE_LIMITS, optimize: PROCESS_LIMITS.optimize } : ISOLATE_LIMITS;

/** Binds the engine: onnxruntime in the isolate, or a server that gets the graphs of origins in batches for an isolate. */
function workerEngine(bindings: UsedBindings): Module {
  const { INFERENCE_SERVER: url, INFERENCE_AUTHORIZATION: authorization } = bindings;
  if (!url) return engineModule(onnxruntimeWorkerd(), machineLimits(bindings));
  const headers = authorization && { headers: { Authorization: authorization } };
  return engineModule(inferenceServer({ url, ...headers }), machineLimits(bindings));
}

/** Binds the parts that are made of the Worker's bindings. */
const workerModule = (bindings: UsedBindings, configured: WorkerConfigured, assets: string): Module =>
  defineModule((binder) => {
    const { models, compiler, reader, codecs } = configured;
    const { bind } = binder;
    const {
      MODELS,
      METRICS,
      RESULTS,
      JOBS,
      JOB_QUEUE,
      JOB_FILES,
      RECEIPT_KEYS,
      WEBHOOK_SECRET,
      WEBHOOK_SECRET_OLDER: older,
    } = bindings;
    bind(SERVICES.limits).toConstantValue(LIMITS);
    bind(SERVICES.codecs).toResolvedValue(() => chosenCodecs(codecs));
    // Where a server runs the graphs, no session takes memory here.
    if (!bindings.INFERENCE_SERVER) bind(SERVICES.decodeMemory).toConstantValue(decodeMemoryBeside);
    bind(SERVICES.pause).toConstantValue(() => scheduler.wait(0));
    if (MODELS) {
      bind(CORE.readFile).toConstantValue((path) => assetBytes(MODELS, path));
      bind(SERVICES.pages).toConstantValue((path, headers) =>
        MODELS.fetch(new Request(new URL(path, 'https://assets.invalid'), { headers })),
      );
    }
    if (RESULTS) bind(SERVICES.ownedAnswers).toConstantValue(kvAnswers(RESULTS));
    bindDrift(binder, bindings);
    if (METRICS) bind(SERVICES.metrics).toConstantValue(analyticsEngineMetrics(METRICS));
    if (JOBS && JOB_QUEUE && JOB_FILES) bind(SERVICES.jobs).toConstantValue(durableJobs(JOBS, r2JobFiles(JOB_FILES)));
    if (bindings.SHADOWS) bind(SERVICES.shadows).toConstantValue(analyticsEngineShadows(bindings.SHADOWS));
    bind(SERVICES.sealedStores).toConstantValue({
      ...(RESULTS && { answers: kvStore(RESULTS) }),
      ...(JOB_FILES && { jobs: r2Store(JOB_FILES) }),
    });
    if (RECEIPT_KEYS) bind(SERVICES.receipts).toConstantValue(new ReceiptSigner(RECEIPT_KEYS));
    if (WEBHOOK_SECRET) bind(SERVICES.webhookSecret).toConstantValue(WEBHOOK_SECRET);
    if (older) bind(SERVICES.olderWebhookSecret).toConstantValue(older);
    const shipped = new Set<string>();
    bindModels(binder, bindings, models, { root: assets, shipped, reader });
    bindTenants(binder, bindings);
    bindCache(binder, bindings, compiler, shipped);
    if (reader !== undefined) bindDescriptions(binder, reader);
    bindOrigin(binder, bindings);
  });

/** @throws WhylightError `invalid_config` for a file that is not among the static assets */
async function assetBytes(assets: NonNullable<UsedBindings['MODELS']>, path: string): Promise<Uint8Array> {
  const response = await assets.fetch(new Request(new URL(path, 'https://assets.invalid')));
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw new WhylightError('invalid_config', `The static assets have no file "${path}", which a method loads.`, {
    path,
  });
}

/** Binds what takes attribution shares: Analytics Engine, the history of the page of curves, or both. */
function bindDrift({ bind }: Binder, { DRIFT, DRIFT_HISTORY, DRIFT_RATE }: UsedBindings): void {
  if (!DRIFT && !DRIFT_HISTORY) return;
  const rate = rateOf(DRIFT_RATE);
  const history = DRIFT_HISTORY && durableDrift(DRIFT_HISTORY);
  if (history) bind(SERVICES.driftHistory).toConstantValue(history);
  bind(SERVICES.drift).toResolvedValue(
    (clock: () => number) =>
      allDrift(
        [
          ...(DRIFT ? [analyticsEngineDrift(DRIFT, rate)] : []),
          ...(history ? [historyDrift(history, rate, clock)] : []),
        ],
        rate,
      ),
    [EDGE.clock],
  );
}

const DEFAULT_RATE = 0.1;

/** @throws WhylightError `invalid_config` for a rate that is no number from 0 to 1 */
function rateOf(text: string | undefined): number {
  const rate = text === undefined ? DEFAULT_RATE : Number(text);
  if (text !== '' && rate >= 0 && rate <= 1) return rate;
  throw new WhylightError('invalid_config', `DRIFT_RATE is ${JSON.stringify(text)}: give a number from 0 to 1.`);
}

/** @param shipped takes the digests of the models that are deployed with the Worker, once they were opened */
function bindModels(
  { bind }: Binder,
  bindings: UsedBindings,
  models: Configured['models'],
  {
    root,
    shipped,
    reader,
  }: { readonly root: string; readonly shipped: Set<string>; readonly reader: string | undefined },
): void {
  const { MODELS, UPLOADS } = bindings;
  const openFolder = async (folder: string, name: string, log: Log) => {
    if (MODELS) {
      const source = await openAsset(MODELS, root, folder, name, reader === undefined ? undefined : { reader, log });
      if (source.digest !== undefined) shipped.add(source.digest);
      return source;
    }
    throw new WhylightError(
      'invalid_config',
      `The model ${name} is a folder, and this Worker has no static assets: bind them as MODELS, or give the model as bytes or as a function.`,
      { model: name },
    );
  };
  bind(EDGE.modelStore).toResolvedValue(
    (log: Log) => givenModels(models, bindings, (folder, name) => openFolder(folder, name, log)),
    [SERVICES.log],
  );
  if (!UPLOADS) return;
  bind(EDGE.readTenantFile).toConstantValue(r2TenantFiles(UPLOADS));
  bind(EDGE.modelRegistry).toResolvedValue(
    (log: Log, clock: () => number) => new ModelRegistry({ files: r2Files(UPLOADS), log, clock }),
    [SERVICES.log, EDGE.clock],
  );
}

function bindTenants({ bind }: Binder, bindings: UsedBindings): void {
  const { TENANTS, LEDGER, RATE_60, RATE_600, RATE_6000 } = bindings;
  if (TENANTS) bind(EDGE.tenantOverrides).toConstantValue(kvOverrides(TENANTS));
  if (TENANTS && LEDGER) bind(SERVICES.ledger).toConstantValue(durableLedger(LEDGER, TENANTS));
  if (RATE_60 && RATE_600 && RATE_6000) {
    bind(SERVICES.rates).toConstantValue({ 60: RATE_60, 600: RATE_600, 6000: RATE_6000 });
  }
}

function bindCache(
  { bind, rebind }: Binder,
  { RESULTS, MODELS, INFERENCE_SERVER }: UsedBindings,
  compiler: string | undefined,
  shipped: ReadonlySet<string>,
): void {
  rebind(SERVICES.cache).toResolvedValue(
    (log: Log, clock: () => number) =>
      tieredCache({
        near: coloTier(() => caches.open('answers')),
        ...(RESULTS && { shared: kvTier(RESULTS) }),
        log,
        clock,
      }),
    [SERVICES.log, EDGE.clock],
  );
  if (compiler === undefined) return;
  bind(CORE.graphs).toResolvedValue(
    (cache: ResultCache, log: Log) => {
      const others = graphStore({ cache, compiler, log });
      if (!MODELS || INFERENCE_SERVER) return others;
      const isShipped = (digest: string) => shipped.has(digest);
      return shippedGraphs({ assets: MODELS, compiler, engine: ENGINE_VERSION, isShipped, others, log });
    },
    [SERVICES.cache, SERVICES.log],
  );
}

function bindDescriptions({ bind }: Binder, reader: string): void {
  bind(EDGE.modelDescriptions).toResolvedValue(
    (cache: ResultCache, log: Log) => descriptionStore({ cache, reader, log }),
    [SERVICES.cache, SERVICES.log],
  );
}

/** @throws WhylightError `invalid_config` for ORIGINS without ORIGIN_SECRET */
function bindOrigin({ bind }: Binder, { ORIGINS = '', ORIGIN_SECRET: secret }: UsedBindings): void {
  const urls = ORIGINS.split(',').flatMap((url) => url.trim() || []);
  if (urls.length === 0) return;
  if (!secret) throw new WhylightError('invalid_config', 'ORIGINS is set, but not the secret ORIGIN_SECRET.');
  bind(SERVICES.origin).toResolvedValue(
    (log: Log) => {
      const changed = (url: string, state: string) => log('warn', 'the breaker of an origin changed', { url, state });
      return new OriginRunner(new OriginClient({ urls, secret, changed }));
    },
    [SERVICES.log],
  );
}
