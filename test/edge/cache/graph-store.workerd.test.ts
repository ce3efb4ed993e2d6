/** Compiled graphs over a real KV namespace and the real Cache API, between isolates that share nothing else. */
import { expect, it } from 'vitest';
import { SessionCache } from '../../../src/core/engine/session-cache.ts';
import { Explainer } from '../../../src/core/explainer/explainer.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { Model } from '../../../src/core/model/model.ts';
import { graphCompiler } from '../../../src/core/plan/compile-variant.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { graphStore } from '../../../src/edge/cache/graph-store.ts';
import { openAsset } from '../../../src/edge/models/assets.ts';
import { onnxruntimeWorkerd } from '../../../src/edge/workerd/onnxruntime-workerd.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import { bindings } from '../../support/app.ts';
import { cacheIn, damageStored } from '../../support/location-cache.ts';

const engine = onnxruntimeWorkerd();
const image = float32(
  [1, 3, 32, 32],
  Array.from({ length: 3072 }, (_, i) => Math.sin(i / 9)),
);

/** Explains as an isolate does that has just started in some location. */
async function coldIsolate(location: string) {
  let compilations = 0;
  const pending: Promise<unknown>[] = [];
  const { cache, logged, log } = cacheIn(location);
  const explainer = new Explainer({
    compiler: {
      ...graphCompiler,
      compile(...given) {
        compilations += 1;
        return graphCompiler.compile(...given);
      },
    },
    engine,
    sessions: new SessionCache(2 ** 26),
    methods: new MethodRegistry([{ method: saliency }]),
    graphs: graphStore({ cache, compiler: 'of this test', log }),
  });
  const model = await Model.read(await openAsset(bindings.MODELS, 'models', 'models/cifar10', 'cifar10'));
  const hooks = { waitUntil: (promise: Promise<unknown>) => void pending.push(promise) };
  const { rows } = await explainer.explain(model, { method: 'saliency', inputs: { input: image } }, hooks);
  await Promise.all(pending);
  return { values: rows[0]?.map?.data, compilations, logged };
}

const storedNames = async (): Promise<string[]> =>
  (await bindings.RESULTS.list({ prefix: 'graph-' })).keys.map(({ name }) => name);

it('compiles a graph once for all isolates and locations, and again when what KV has is damaged', async () => {
  const before = await storedNames();
  const first = await coldIsolate('here');
  expect(first.compilations).toBeGreaterThan(0);
  const stored = (await storedNames()).filter((name) => !before.includes(name));
  expect(stored).toHaveLength(1);
  const elsewhere = await coldIsolate('elsewhere');
  expect(elsewhere).toEqual({ values: first.values, compilations: 0, logged: [] });

  const [name = ''] = stored;
  await damageStored(name);
  const anew = await coldIsolate('a third location');
  expect(anew.values).toEqual(first.values);
  expect(anew.compilations).toBe(first.compilations);
  expect(anew.logged).not.toEqual([]);
  expect((await coldIsolate('a fourth location')).compilations).toBe(0);
});
