import { describe, expect, it } from 'vitest';
import { SessionCache } from '../../../src/core/engine/session-cache.ts';
import { Explainer } from '../../../src/core/explainer/explainer.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { Model } from '../../../src/core/model/model.ts';
import type { ModelBytes } from '../../../src/core/onnx/model-bytes.ts';
import { graphCompiler } from '../../../src/core/plan/compile-variant.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { graphStore } from '../../../src/edge/cache/graph-store.ts';
import type { ResultCache } from '../../../src/edge/cache/result-cache.ts';
import { openFolder } from '../../../src/node/model-folders.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import lrp from '../../../src/plugins/backprop/lrp.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';

const engine = onnxruntimeNode({ threads: 1 });
const registry = new MethodRegistry([gradCam, lrp, saliency].map((method) => ({ method })));
const source = await openFolder('models/cifar10', 'cifar10');
const image = float32(
  [1, 3, 32, 32],
  Array.from({ length: 3072 }, (_, i) => Math.sin(i / 9)),
);

/** A cache in memory. */
function memoryCache() {
  const entries = new Map<string, Uint8Array>();
  const cache: ResultCache = {
    get: async (key) => entries.get(key),
    put: async (key, value) => void entries.set(key, value),
  };
  return { entries, cache };
}

/** Explains in a process that has just started, with nothing but the cache of an earlier one. */
async function coldRun(cache: ResultCache, method: string, compiler = 'one') {
  const files: ModelBytes[] = [];
  const pending: Promise<unknown>[] = [];
  const log: string[] = [];
  const explainer = new Explainer({
    compiler: graphCompiler,
    engine: {
      name: engine.name,
      load: (file) => {
        files.push(file);
        return engine.load(file);
      },
    },
    sessions: new SessionCache(2 ** 26),
    methods: registry,
    graphs: graphStore({ cache, compiler, log: (_, message) => void log.push(message) }),
  });
  const model = await Model.read(source);
  const plan = explainer.plan(model, { method, inputs: { [model.graph.inputs[0]?.name ?? '']: image } });
  const hooks = { waitUntil: (promise: Promise<unknown>) => void pending.push(promise) };
  await explainer.prepare(plan, hooks);
  const estimate = explainer.estimate(plan);
  const { rows, timings } = await explainer.run(plan, hooks);
  await Promise.all(pending);
  return { files, estimate, rows, compile: timings.compile, log };
}

describe('the store of compiled graphs', () => {
  it.each(['saliency', 'grad_cam'])('spares a second process the compilation for %s, bit for bit', async (method) => {
    const { cache, entries } = memoryCache();
    const first = await coldRun(cache, method);
    expect(entries.size).toBe(1);
    const second = await coldRun(cache, method);
    // The time of a compilation is counted from 0, so that without one it is exactly that.
    expect(second.compile).toBe(0);
    const [[written], [restored]] = [first.files, second.files];
    expect(restored?.graph).toEqual(written?.graph);
    expect(restored?.external?.map(({ path }) => path)).toEqual(['weights.bin']);
    expect(restored?.external?.[0]?.data).toEqual(written?.external?.[0]?.data);
    expect(restored?.openBatch).toBe(written?.openBatch);
    expect(second.estimate).toEqual(first.estimate);
    expect(second.rows).toEqual(first.rows);
  });

  it('names the weights of the model and does not store them again', async () => {
    const { cache, entries } = memoryCache();
    const { files } = await coldRun(cache, 'saliency');
    const weights = files[0]?.external?.[0]?.data.byteLength ?? 0;
    const [stored] = entries.values();
    expect(weights).toBeGreaterThan(0);
    expect(stored?.byteLength).toBeLessThan((files[0]?.graph.byteLength ?? 0) + weights / 2);
  });

  it('compiles again where the stored graph is damaged, or of another compiler', async () => {
    const { cache, entries } = memoryCache();
    const first = await coldRun(cache, 'saliency');
    const [[key = '', stored = new Uint8Array()] = []] = entries;
    entries.set(key, stored.subarray(0, stored.length - 100));
    const damaged = await coldRun(cache, 'saliency');
    expect(damaged.files[0]?.graph).toEqual(first.files[0]?.graph);
    expect(entries.get(key)?.length).toBe(stored.length);
    await coldRun(cache, 'saliency', 'two');
    expect(entries.size).toBe(2);
  });

  it('holds no graph of a ruleset with parameters', async () => {
    const { cache, entries } = memoryCache();
    await coldRun(cache, 'lrp');
    expect(entries.size).toBe(0);
  });

  it('costs no answer when it fails', async () => {
    const failing = async (): Promise<never> => Promise.reject(new Error('out of order'));
    const { rows, log } = await coldRun({ get: failing, put: failing }, 'saliency');
    expect(rows).toHaveLength(1);
    expect(log).toEqual([
      'the store of compiled graphs cannot be read',
      'the store of compiled graphs cannot be written',
    ]);
  });
});
