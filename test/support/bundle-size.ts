/** JavaScript of the Worker and of Workers that embed whylight, bundled from the sources and minified, by package and folder. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import * as built from '#plugins';
import { bundleModules } from '../../scripts/worker/bundle.ts';
import { packagedMethods } from '../../src/cli/third-party.ts';
import { workerSources } from '../../src/cli/worker-text.ts';
import { configSchema } from '../../src/config/plugins-config.ts';
import { IMAGE_FORMATS, type ImageFormat } from '../../src/core/image/formats.ts';
import { modulesOptions, WORKER_OPTIONS } from '../../src/node/worker-modules.ts';

/** Workers whose size is stated in the documents, by title. */
export const WORKERS = {
  'a prepared model, one method, tensors': `
import { openPrepared } from 'whylight/prepared';
import saliency from 'whylight/methods/gradient/saliency';
let model;
export default {
  async fetch(request, { MODELS }) {
    const bytes = async () => new Uint8Array(await (await MODELS.fetch('https://assets/model.prepared')).arrayBuffer());
    model ??= openPrepared(await bytes(), { methods: [saliency] });
    return Response.json(await model.explain({ method: 'saliency', inputs: await request.json() }));
  },
};`,
  'any model, one method, tensors': `
import { createExplainer, Model } from 'whylight';
import saliency from 'whylight/methods/gradient/saliency';
let model;
export default {
  async fetch(request, { MODELS }) {
    const explainer = createExplainer({ methods: [saliency] });
    model ??= await Model.read({ bytes: new Uint8Array(await (await MODELS.fetch('https://assets/model.onnx')).arrayBuffer()) });
    const inputs = await request.json();
    return Response.json(await explainer.explain(model, { method: 'saliency', inputs }));
  },
};`,
  'createEdge, one method': `
import { createEdge } from 'whylight/edge';
import saliency from 'whylight/methods/gradient/saliency';
export default createEdge({ methods: [saliency], models: { cifar10: 'models/cifar10' } });`,
} as const;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const source = (path: string): string => resolve(ROOT, 'src', path);
const ENGINE = /^onnxruntime-|^src\/edge\/workerd\/ort-wasm/;

/** Group of a module: a package, or a folder of the sources. */
function groupOf(path: string): string {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return name ?? path.split('/').slice(0, 3).join('/').replace(/\.ts$/, '');
}

/** Size of a bundle in bytes: JavaScript without the engine, that of the engine, and both by group. */
export interface BundleSize {
  readonly own: number;
  readonly engine: number;
  /** All of it, with what the bundler adds. */
  readonly bytes: number;
  readonly groups: readonly (readonly [group: string, bytes: number])[];
}

/**
 * Bundles a Worker with esbuild as wrangler does.
 * @param contents source text of the Worker
 */
export async function bundleSize(contents: string): Promise<BundleSize> {
  const { metafile } = await build({
    ...WORKER_OPTIONS,
    absWorkingDir: ROOT,
    stdin: { contents, resolveDir: ROOT, loader: 'js' },
    metafile: true,
    write: false,
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'import'],
    loader: { '.wasm': 'empty' },
    external: [...WORKER_OPTIONS.external, 'stream', '*.wasm'],
    alias: {
      whylight: source('package/worker.ts'),
      'whylight/prepared': source('package/prepared-worker.ts'),
      'whylight/edge': source('package/edge-worker.ts'),
      'whylight/methods/gradient/saliency': source('plugins/gradient/saliency.ts'),
    },
  });
  return sizeOf(Object.values(metafile.outputs));
}

/** Size of the modules of the Worker, in bytes. */
export interface WorkerSize {
  /** Modules that are evaluated when an isolate starts: the entry, and what it imports other than by `import()`. */
  readonly start: BundleSize;
  readonly all: BundleSize;
  readonly codecs: readonly (readonly [format: ImageFormat, size: CodecSize])[];
}

/**
 * Bundles the Worker of `plugins.config.json` as its build does.
 * @param entry path of its entry, from the folder of the project
 */
export async function workerSize(entry = 'src/edge/workerd/worker.ts'): Promise<WorkerSize> {
  const { metafile } = await bundleModules({ root: ROOT, entry, outdir: 'generated/worker' });
  return {
    ...sizesOf(metafile, entry),
    codecs: IMAGE_FORMATS.map((format) => [format, codecSizeOf(metafile, format)]),
  };
}

/** Bundles the Worker of a deployment with every method as `whylight build --modules` does. */
export async function deploymentSize(): Promise<Pick<WorkerSize, 'start' | 'all'>> {
  const uses = packagedMethods(built);
  const config = configSchema.parse({ plugins: uses.map((use) => ({ use })) });
  const methods = built.plugins.map((entry, i) => ({ use: uses[i] as string, isolated: false, entry }));
  const root = await mkdtemp(join(tmpdir(), 'whylight-size-'));
  try {
    for (const { path, text } of workerSources({ config, methods })) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    const alias = {
      'whylight/deployment': source('package/deployment-worker.ts'),
      'whylight/methods': source('plugins'),
    };
    const entry = relative(ROOT, join(root, 'worker.js'));
    const { metafile } = await build({ ...modulesOptions({ root: ROOT, entry, outdir: 'generated/worker' }), alias });
    return sizesOf(metafile, entry);
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Sizes of the modules of an image format in bytes, 0 where the Worker has none. */
function codecSizeOf({ outputs }: Metafile, format: ImageFormat): CodecSize {
  let [script, wasm] = [0, 0];
  for (const [path, { inputs, bytes }] of Object.entries(outputs)) {
    if (path.endsWith('.wasm') && CODEC_WASM[format].test(Object.keys(inputs).join())) wasm += bytes;
    for (const folder of CODEC_FOLDERS) script += inputs[`${folder}/${format}.ts`]?.bytesInOutput ?? 0;
  }
  return { script, wasm };
}

const CODEC_FOLDERS = ['src/core/image/codecs', 'src/edge/workerd/codecs'];
const CODEC_WASM = { jpeg: /@cwasm\/jpeg-turbo/, png: /@jsquash\/png/, webp: /@cwasm\/webp/ };

/** Size of an image codec in bytes. */
interface CodecSize {
  readonly script: number;
  readonly wasm: number;
}

/** Sizes of what is evaluated with the entry, and of all scripts. */
function sizesOf(metafile: Metafile, entry: string): Pick<WorkerSize, 'start' | 'all'> {
  const scripts = Object.entries(metafile.outputs).filter(([path]) => path.endsWith('.js'));
  const started = startedBy(metafile, entry);
  return {
    start: sizeOf(scripts.filter(([path]) => started.has(path)).map(([, output]) => output)),
    all: sizeOf(scripts.map(([, output]) => output)),
  };
}

/** Outputs that are evaluated with the entry. */
function startedBy({ outputs }: Metafile, entry: string): ReadonlySet<string> {
  const started = new Set<string>();
  const visit = (path: string): void => {
    if (started.has(path)) return;
    started.add(path);
    for (const { path: imported, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement') visit(imported);
  };
  visit(Object.keys(outputs).find((path) => outputs[path]?.entryPoint === entry) as string);
  return started;
}

function sizeOf(outputs: readonly Metafile['outputs'][string][]): BundleSize {
  const sizes = new Map<string, number>();
  for (const { inputs } of outputs) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const group = groupOf(path);
      sizes.set(group, (sizes.get(group) ?? 0) + bytesInOutput);
    }
  }
  const groups = [...sizes].sort(([, a], [, b]) => b - a);
  const total = (isEngine: boolean): number =>
    groups.reduce((sum, [group, bytes]) => sum + (ENGINE.test(group) === isEngine ? bytes : 0), 0);
  return { own: total(false), engine: total(true), bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0), groups };
}
