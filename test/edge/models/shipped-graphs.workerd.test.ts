import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { compiler } from '#plugins';
import { Model } from '../../../src/core/model/model.ts';
import { COMPILE_LIMITS } from '../../../src/core/onnx/compile-budget.ts';
import type { ModelBytes } from '../../../src/core/onnx/model-bytes.ts';
import { graphCompiler } from '../../../src/core/plan/compile-variant.ts';
import { storeKey } from '../../../src/core/plan/loader.ts';
import { type GraphStore, restoreFile } from '../../../src/core/plan/stored-graph.ts';
import { resolveNeeds, variantKey } from '../../../src/core/plan/variant.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import type { Assets } from '../../../src/edge/models/assets.ts';
import { openAsset } from '../../../src/edge/models/assets.ts';
import { shippedGraphs } from '../../../src/edge/models/shipped-graphs.ts';
import type { WorkerBindings } from '../../../src/edge/workerd/bindings.ts';
import { ENGINE_VERSION, onnxruntimeWorkerd } from '../../../src/edge/workerd/onnxruntime-workerd.ts';

const { MODELS } = env as unknown as WorkerBindings;
const engine = onnxruntimeWorkerd();
const waitUntil = () => undefined;

/** The store over some assets, with the keys that it asked the other store for, and what it logged. */
function storeOver(assets: Assets, isShipped = true) {
  const asked: string[] = [];
  const logged: string[] = [];
  const others: GraphStore = {
    get: async (key) => {
      asked.push(key);
      return undefined;
    },
    put: async () => undefined,
  };
  const log = (_: string, message: string) => void logged.push(message);
  const options = { assets, compiler, engine: ENGINE_VERSION, isShipped: () => isShipped, others, log };
  return { store: shippedGraphs(options), asked, logged };
}

async function open(name: string) {
  const model = await Model.read(await openAsset(MODELS, 'models', `models/${name}`, name));
  const needs = resolveNeeds({ gradients: 'sources' }, model.info());
  return { model, needs, key: storeKey(model, variantKey(model, needs, 'memory')) };
}

async function outputsOf(file: ModelBytes, dims: Readonly<Record<string, readonly number[]>>) {
  const session = await engine.load(file);
  const feeds = Object.entries(dims).map(([name, shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return [
      name,
      float32(
        shape,
        Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
      ),
    ] as const;
  });
  try {
    const outputs = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
  } finally {
    await session.release();
  }
}

describe('shippedGraphs', () => {
  it.each(['cifar10', 'everyday'])(
    'has the gradient of %s, which computes the same bits as a compiled one',
    async (name) => {
      const { model, needs, key } = await open(name);
      const { store, asked } = storeOver(MODELS);
      const stored = await store.get(key, waitUntil);
      expect(stored?.optimised).toBe(true);
      expect(asked).toEqual([]);
      const compiled = graphCompiler.compile(model, needs, { optimize: 'memory', limits: COMPILE_LIMITS });
      const dims = Object.fromEntries(
        compiled.describe(key).inputs.map((input) => [input.name, [2, ...(input.dims ?? []).slice(1).map(Number)]]),
      );
      const restored = stored && restoreFile(stored, model);
      expect(await outputsOf(restored as ModelBytes, dims)).toEqual(await outputsOf(compiled.file(), dims));
    },
  );

  it('asks the other store for a graph that is not among the assets', async () => {
    const { store, asked, logged } = storeOver(MODELS);
    expect(await store.get('0123/unknown', waitUntil)).toBeUndefined();
    expect(asked).toEqual(['0123/unknown']);
    expect(logged).toEqual([]);
  });

  it('asks for no asset where the model is not shipped', async () => {
    const { key } = await open('cifar10');
    const { store, asked } = storeOver(MODELS, false);
    expect(await store.get(key, waitUntil)).toBeUndefined();
    expect(asked).toEqual([key]);
  });

  it('logs a damaged graph, and asks the other store', async () => {
    const { key } = await open('cifar10');
    const damaged: Assets = {
      async fetch(url) {
        const bytes = await (await MODELS.fetch(url)).bytes();
        bytes[100] = (bytes[100] as number) ^ 1;
        return new Response(bytes);
      },
    };
    const { store, asked, logged } = storeOver(damaged);
    expect(await store.get(key, waitUntil)).toBeUndefined();
    expect(asked).toEqual([key]);
    expect(logged).toEqual(['a compiled graph among the static assets is damaged']);
  });
});
