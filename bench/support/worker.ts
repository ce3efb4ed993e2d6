/**
 * The real Worker in workerd: bundled by wrangler as for a deployment, its bindings those of wrangler.toml, and no proxy
 * before it, which `wrangler dev` would put there.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { basename, dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { OFFLINE_WRANGLER, PINNED_NODE } from '../../scripts/tools.mjs';
import { type Heap, heapOf } from './heap.ts';
import { type Inspector, openInspector } from './inspector.ts';
import { HOST } from './processes.ts';
import { ownWorkerds, type ProcessUse, useOf } from './workerd-process.ts';

export interface Bundle {
  /** The file that says which bindings there are. */
  readonly config: string;
  /** The entry comes first. */
  readonly modules: readonly { readonly path: string; readonly contents: Buffer }[];
  readonly gzipBytes: number;
  /** From the modules to the source files, by name of the module's file. */
  readonly maps: ReadonlyMap<string, SourceMap>;
}

/** @param config says which Worker, within the folder */
export async function bundle(folder: string, config = 'wrangler.toml'): Promise<Bundle> {
  const outdir = join(folder, 'dist', basename(config, '.toml'));
  await promisify(execFile)(
    join(process.cwd(), PINNED_NODE),
    ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--config', config, '--dry-run', '--outdir', outdir],
    { cwd: folder, env: { ...process.env, ...OFFLINE_WRANGLER } },
  );
  const names = (await readdir(outdir, { recursive: true })).filter((name) => /\.(js|wasm)$/.test(name));
  const isEntry = (name: string): boolean => name.endsWith('.js') && !name.includes(sep);
  names.sort((a, b) => Number(isEntry(b)) - Number(isEntry(a)));
  const modules = await Promise.all(
    names.map(async (name) => ({ path: join(outdir, name), contents: await readFile(join(outdir, name)) })),
  );
  const gzipBytes = modules.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
  return { config: join(folder, config), modules, gzipBytes, maps: await mapsOf(folder, outdir, names) };
}

/** Source maps that wrangler has written, or the project's own build, of which wrangler copies only the modules. */
async function mapsOf(folder: string, outdir: string, names: readonly string[]): Promise<Map<string, SourceMap>> {
  const scripts = names.filter((name) => name.endsWith('.js'));
  const texts = await Promise.all(
    scripts.map((name) =>
      readFile(join(outdir, `${name}.map`), 'utf8').catch(() =>
        readFile(join(folder, 'generated/worker', `${name}.map`), 'utf8'),
      ),
    ),
  );
  return new Map(scripts.map((name, i) => [basename(name), new SourceMap(JSON.parse(texts[i] as string))]));
}

export interface WorkerOptions {
  /** Folder of KV, R2 and Durable Objects; when left out, one that is removed with the Worker. */
  readonly state?: string;
  /** Variables and secrets beside those of wrangler.toml. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Opens the inspector, so that the heap can be read. */
  readonly inspected?: boolean;
  /** Address of a bucket server that holds the R2 buckets, in place of Miniflare's simulator: see bucket-server.ts. */
  readonly buckets?: string;
  /** Leaves out the bindings that Miniflare simulates in the same process, all but the assets. */
  readonly onlyAssets?: boolean;
  /** Told each line that the Worker writes. */
  readonly said?: (line: string) => void;
}

export interface RunningWorker extends ProcessUse {
  /** Without a slash at its end. */
  readonly address: string;
  /** Id of the workerd process. */
  readonly pid: number;
  /** Heap of the Worker's own isolate; only when `inspected`. */
  readonly heap?: Heap;
  /** Connection to the Worker's isolate; only of one that is `inspected`. */
  readonly inspector?: Inspector;
  stop(): Promise<void>;
}

export async function startWorker(
  { config, modules }: Bundle,
  { state, variables, inspected = false, buckets, onlyAssets = false, said = () => undefined }: WorkerOptions = {},
): Promise<RunningWorker> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
  const before = await ownWorkerds();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...workerOptions,
      ...(onlyAssets && NO_SIMULATORS),
      ...(buckets !== undefined && { r2Buckets: elsewhere(workerOptions.r2Buckets as R2Buckets, buckets) }),
      bindings: { ...(workerOptions.bindings as object), ...variables },
      host: HOST,
      ...(inspected && { inspectorPort: 0 }),
      port: 0,
      cf: false,
      handleStructuredLogs: ({ message }: { message: string }) => said(message),
      ...(state !== undefined && { resourcePersistencePath: state }),
      modulesRoot: dirname(modules[0]?.path as string),
      modules: modules.map(({ path, contents }) =>
        path.endsWith('.js')
          ? { type: 'ESModule', path, contents: contents.toString() }
          : { type: 'CompiledWasm', path, contents: new Uint8Array(contents) },
      ),
    } as Parameters<typeof convertV4MiniflareOptions>[0]),
  );
  const { href } = await miniflare.ready;
  const inspector = inspected ? await openInspector(await miniflare.getInspectorURL(), 'core:user:') : undefined;
  const pid = (await ownWorkerds()).find((id) => !before.includes(id)) as number;
  return {
    pid,
    address: href.replace(/\/$/, ''),
    ...useOf(pid),
    ...(inspector && { inspector, heap: heapOf(inspector) }),
    async stop() {
      inspector?.close();
      await miniflare.dispose();
    },
  };
}

const NO_SIMULATORS = {
  kvNamespaces: {},
  r2Buckets: {},
  durableObjects: {},
  queueProducers: {},
  queueConsumers: {},
  analyticsEngineDatasets: {},
  ratelimits: {},
};

type R2Buckets = Readonly<Record<string, object>>;

/** The same buckets, held by a server at this address. */
const elsewhere = (buckets: R2Buckets, address: string): R2Buckets =>
  Object.fromEntries(
    Object.entries(buckets).map(([name, bucket]) => [
      name,
      { ...bucket, remoteProxyConnectionString: new URL(address) },
    ]),
  );
