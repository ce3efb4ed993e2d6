/** `whylight/edge` in Node: the whole app over models in folders, without the caches and counters of a Worker. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApp } from '../edge/app.ts';
import { InFlight } from '../edge/cache/in-flight.ts';
import { noCache } from '../edge/cache/result-cache.ts';
import { ModelCatalogue } from '../edge/models/catalogue.ts';
import { readModelFolder } from '../edge/models/folder.ts';
import { consoleLog } from '../edge/observe/log.ts';
import { TenantDirectory } from '../edge/tenants/directory.ts';
import { JwtVerifier } from '../edge/tenants/jwt.ts';
import { Tenants } from '../edge/tenants/tenants.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { configuredBy, type EdgeSettings } from './edge.ts';
import { createExplainer } from './node.ts';

export * from './edge.ts';

const LIMITS = {
  maxBody: 10 * 2 ** 20,
  maxPixels: 50_000_000,
  maxSamples: 20_000,
  edgeMs: 600_000,
  edgeBytes: 1024 * 2 ** 20,
};

export interface Edge {
  fetch(request: Request): Response | Promise<Response>;
}

/** The app as one `fetch`: `createEdge({ methods, models: { name: 'folder' } })`. */
export function createEdge(settings: EdgeSettings): Edge {
  const { plugins, models, tenants } = configuredBy(settings);
  const log = consoleLog;
  const read = (folder: string) => (path: string) =>
    readFile(join(folder, path)).then(
      (bytes) => new Uint8Array(bytes),
      () => undefined,
    );
  const app = createApp({
    explainer: createExplainer({ methods: plugins }),
    models: new ModelCatalogue({
      names: Object.keys(models),
      open: (name) => readModelFolder(read(models[name] as string), models[name] as string),
    }),
    tenants: new TenantDirectory({ tenants: new Tenants({ base: tenants, log }), tokens: new JwtVerifier(), log }),
    cache: noCache,
    inFlight: new InFlight(),
    codecs: nodeCodecs(),
    log,
    limits: LIMITS,
    fetch: (...request) => fetch(...request),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const context = {
    waitUntil: (promise: Promise<unknown>) => void promise.catch(() => {}),
    passThroughOnException() {},
    props: {},
  };
  return { fetch: (request: Request) => app.fetch(request, {}, context) };
}
