/** What the app is made of in a Worker: the composition root of the edge. */
import { models, plugins, tenants } from '#plugins';
import { createContainer, ISOLATE_LIMITS } from '../core/container.ts';
import { TOKENS } from '../core/tokens.ts';
import { kvResultCache } from './cache/kv.ts';
import { edgeCodecs } from './codecs.ts';
import { consoleLog } from './log.ts';
import { assetModels } from './models/assets.ts';
import { ModelCatalogue } from './models/catalogue.ts';
import { onnxruntimeWorkerd } from './onnxruntime-workerd.ts';
import type { Limits, Services } from './services.ts';
import { TenantDirectory } from './tenants/directory.ts';

/** The bindings of wrangler.toml. */
export interface WorkerBindings {
  /** The folder `models/`, as static assets. */
  readonly MODELS: Fetcher;
  /** Answers, for the next time. */
  readonly RESULTS: KVNamespace;
}

const MIB = 2 ** 20;
const LIMITS: Limits = { maxBody: 10 * MIB, maxSamples: 5000 };

export function workerServices({ MODELS, RESULTS }: WorkerBindings): Services {
  const container = createContainer({ engine: onnxruntimeWorkerd(), plugins, limits: ISOLATE_LIMITS });
  return {
    explainer: container.get(TOKENS.explainer),
    models: new ModelCatalogue(assetModels(MODELS, models, 'models')),
    tenants: new TenantDirectory(tenants),
    cache: kvResultCache(RESULTS),
    codecs: edgeCodecs(),
    log: consoleLog,
    limits: LIMITS,
    pause: () => scheduler.wait(0),
  };
}
