/** JavaScript of Workers that embed whylight, bundled from the sources and minified, by package and folder. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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
  readonly groups: readonly (readonly [group: string, bytes: number])[];
}

/**
 * Bundles a Worker with esbuild as wrangler does.
 * @param contents source text of the Worker
 */
export async function bundleSize(contents: string): Promise<BundleSize> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    stdin: { contents, resolveDir: ROOT, loader: 'js' },
    bundle: true,
    minify: true,
    metafile: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'import'],
    loader: { '.wasm': 'empty' },
    external: ['cloudflare:*', 'node:*', 'stream', '*.wasm'],
    alias: {
      whylight: source('package/worker.ts'),
      'whylight/prepared': source('package/prepared-worker.ts'),
      'whylight/edge': source('package/edge-worker.ts'),
      'whylight/methods/gradient/saliency': source('plugins/gradient/saliency.ts'),
    },
  });
  const sizes = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const group = groupOf(path);
      sizes.set(group, (sizes.get(group) ?? 0) + bytesInOutput);
    }
  }
  const groups = [...sizes].sort(([, a], [, b]) => b - a);
  const total = (isEngine: boolean): number =>
    groups.reduce((sum, [group, bytes]) => sum + (ENGINE.test(group) === isEngine ? bytes : 0), 0);
  return { own: total(false), engine: total(true), groups };
}
