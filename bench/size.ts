/**
 * `npm run bench:size`: JavaScript of Workers that embed whylight, minified, by package and folder. The engine
 * (onnxruntime-web and its WebAssembly) is counted apart.
 */
import { resolve } from 'node:path';
import { build } from 'esbuild';

const WORKERS = {
  'one method, tensors': `
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
};

const KB = 1000;

/** Group of a module: a package, or a folder of the sources. */
function groupOf(path: string): string {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return name ?? path.split('/').slice(0, 3).join('/').replace(/\.ts$/, '');
}

const ENGINE = /^onnxruntime-|^src\/edge\/workerd\/ort-wasm/;

async function sizesOf(contents: string): Promise<Map<string, number>> {
  const { metafile } = await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'js' },
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
      whylight: resolve('src/package/worker.ts'),
      'whylight/edge': resolve('src/package/edge-worker.ts'),
      'whylight/methods/gradient/saliency': resolve('src/plugins/gradient/saliency.ts'),
    },
  });
  const sizes = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const group = groupOf(path);
      sizes.set(group, (sizes.get(group) ?? 0) + bytesInOutput);
    }
  }
  return sizes;
}

for (const [title, contents] of Object.entries(WORKERS)) {
  const sizes = [...(await sizesOf(contents))].sort(([, a], [, b]) => b - a);
  const total = (isEngine: boolean): number =>
    sizes.reduce((sum, [group, bytes]) => sum + (ENGINE.test(group) === isEngine ? bytes : 0), 0) / KB;
  console.log(`${title}: ${total(false).toFixed(0)} kB beside the engine (${total(true).toFixed(0)} kB)`);
  for (const [group, bytes] of sizes.filter(([, size]) => size > 2 * KB))
    console.log(`  ${(bytes / KB).toFixed(1).padStart(7)} ${group}`);
}
