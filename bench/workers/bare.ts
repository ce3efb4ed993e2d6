/**
 * Yardstick of the real Worker: onnxruntime-web by itself, and an answer that is only read from where it is
 * kept. It does nothing that anybody would call a service.
 */
import * as ort from 'onnxruntime-web/wasm';
import { module, sharedMemory } from '#ort-wasm';
import { bootOrt } from '../../src/edge/workerd/ort-wasm/boot.ts';

interface Bindings {
  readonly MODELS: Fetcher;
  readonly RESULTS: KVNamespace;
}

let session: Promise<ort.InferenceSession> | undefined;

export default {
  async fetch(request: Request, bindings: Bindings): Promise<Response> {
    const url = new URL(request.url);
    const body = await request.arrayBuffer();
    if (url.pathname === '/run') {
      session ??= start(bindings, url.searchParams.getAll('graph'));
      const ready = await session;
      const shapes: Record<string, number[]> = JSON.parse(url.searchParams.get('dims') as string);
      const feeds: Record<string, ort.Tensor> = {};
      let at = 0;
      for (const [name, dims] of Object.entries(shapes)) {
        const size = dims.reduce((product, extent) => product * extent, 1);
        feeds[name] = new ort.Tensor('float32', new Float32Array(body, at, size), dims);
        at += 4 * size;
      }
      const outputs = await ready.run(feeds);
      return new Response((outputs[ready.outputNames[0] as string] as ort.Tensor).data as Float32Array<ArrayBuffer>);
    }
    if (url.pathname === '/kept') {
      const key = url.searchParams.get('key') as string;
      await (await caches.open('answers')).match(`https://answers.whylight.invalid/${key}`);
      const { value } = await bindings.RESULTS.getWithMetadata(key, 'arrayBuffer');
      return new Response(value, { status: value ? 200 : 404 });
    }
    return new Response('alive');
  },
};

/** Boot, and a session of a file that lies among the assets in parts. */
async function start({ MODELS }: Bindings, paths: readonly string[]): Promise<ort.InferenceSession> {
  await bootOrt(ort, { module, sharedMemory });
  const parts = paths.map(async (path) =>
    (await MODELS.fetch(new Request(new URL(path, 'https://assets.invalid')))).bytes(),
  );
  const file = await new Blob(await Promise.all(parts)).bytes();
  return ort.InferenceSession.create(file);
}
