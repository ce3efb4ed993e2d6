import { afterAll, describe, expect, it } from 'vitest';
import { createContainer } from '../../src/composition/container.ts';
import { coreModule, engineModule } from '../../src/composition/core.ts';
import { CORE } from '../../src/composition/tokens.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import { threadedEngine } from '../../src/node/threaded-engine.ts';
import gradientShap from '../../src/plugins/gradient/gradient-shap.ts';
import integratedGradients from '../../src/plugins/gradient/integrated-gradients.ts';
import layerConductance from '../../src/plugins/gradient/layer-conductance.ts';
import occlusion from '../../src/plugins/perturbation/occlusion.ts';
import rise from '../../src/plugins/perturbation/rise.ts';
import { imageGraph, openGraph } from '../../src/testing/models.ts';
import { denseInput, denseModel } from '../support/tiny-models.ts';

const threaded = threadedEngine({ threads: 1 });
afterAll(() => threaded.close());

/** Rows are made ahead, on any machine. */
const beside = { ...threaded, runsInBackground: true };

describe('threadedEngine', () => {
  it('leaves the main thread free while it runs', async () => {
    const session = await threaded.load(denseModel(512));
    const x = denseInput(512, 0, 512);
    await session.run({ x });
    let turns = 0;
    // Several runs: the thread may end a single one before this one is scheduled again.
    const runs = Promise.all(Array.from({ length: 20 }, () => session.run({ x })));
    const done = runs.then(() => true);
    while (!(await Promise.race([done, new Promise<false>((next) => setImmediate(() => next(false)))]))) turns += 1;
    expect(turns).toBeGreaterThan(0);
    await session.release();
  });

  it('copies its feeds, so that they may be overwritten at once', async () => {
    const session = await threaded.load(denseModel(16));
    const x = denseInput(16, 1, 4);
    const { y: wanted } = await session.run({ x: { ...x, data: x.data.slice() } as typeof x });
    const run = session.run({ x });
    (x.data as Float32Array).fill(0);
    expect((await run).y?.data).toEqual(wanted?.data);
    await session.release();
  });

  it('runs overlapping requests of one session and of several', async () => {
    const sizes = [8, 16, 24];
    const sessions = await Promise.all(sizes.map((size) => threaded.load(denseModel(size))));
    const alone = await Promise.all(sizes.map((size) => onnxruntimeNode({ threads: 1 }).load(denseModel(size))));
    const asked = Array.from({ length: 30 }, (_, i) => ({
      at: i % 3,
      x: denseInput(sizes[i % 3] as number, i, 1 + (i % 4)),
    }));
    const answers = await Promise.all(asked.map(({ at, x }) => sessions[at]?.run({ x })));
    for (const [i, { at, x }] of asked.entries())
      expect(answers[i]?.y?.data).toEqual((await alone[at]?.run({ x }))?.y?.data);
  });

  it('finishes pending runs before it closes, and refuses later ones', async () => {
    const engine = threadedEngine({ threads: 1 });
    const session = await engine.load(denseModel(512));
    const x = denseInput(512, 0, 2048);
    const run = session.run({ x });
    await engine.close();
    expect((await run).y?.dims[0]).toBe(2048);
    const closed = { code: 'engine_failure', message: expect.stringMatching(/thread ended/) };
    await expect(session.run({ x })).rejects.toMatchObject(closed);
    await expect(engine.load(denseModel(4))).rejects.toMatchObject(closed);
  });

  it.each([
    ['rise', { n_masks: 70 }],
    ['occlusion', { sliding_window_shape: [3], strides: [1] }],
    ['integrated_gradients', { n_steps: 21 }],
    ['gradient_shap', { n_samples: 9, stdevs: 0.1 }],
    ['layer_conductance', { n_steps: 9 }],
  ])('%s: the same attribution with rows made ahead', async (method, params) => {
    const plugins = [rise, occlusion, integratedGradients, gradientShap, layerConductance].map((one) => ({
      method: one,
    }));
    const model = await openGraph(imageGraph());
    const [input] = model.info().inputs;
    const dims = [1, ...(input?.dims ?? []).map(Number)];
    const x = float32(dims, new Random(3).normal(dims.reduce((a, b) => a * b)));
    const explain = async (engine: typeof beside | ReturnType<typeof onnxruntimeNode>) => {
      const explainer = createContainer(coreModule({ plugins }), engineModule(engine, { maxBatch: 4 })).get(
        CORE.explainer,
      );
      const { rows, samples } = await explainer.explain(model, {
        method,
        params,
        inputs: { [input?.name as string]: x },
        target: 0,
      });
      return { values: Object.values(rows[0]?.values ?? {})[0]?.data as Float32Array, samples };
    };
    const [ahead, plain] = [await explain(beside), await explain(onnxruntimeNode({ threads: 1 }))];
    expect(ahead.samples).toEqual(plain.samples);
    expect(ahead.values.some((value) => value !== 0)).toBe(true);
    for (const [i, value] of ahead.values.entries()) expect(value).toBeCloseTo(plain.values[i] as number, 5);
  });
});
