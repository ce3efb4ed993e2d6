import { describe, expect, it } from 'vitest';
import { type BatchingOptions, batchingEngine } from '../../../src/core/engine/batching.ts';
import type { Engine, Session, Tensors } from '../../../src/core/engine/engine.ts';
import { SessionCache } from '../../../src/core/engine/session-cache.ts';
import { Explainer } from '../../../src/core/explainer/explainer.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { graphCompiler } from '../../../src/core/plan/compile-variant.ts';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import integratedGradients from '../../../src/plugins/gradient/integrated-gradients.ts';
import { imageGraph, openGraph } from '../../../src/testing/models.ts';
import { denseInput, denseModel } from '../../support/tiny-models.ts';

const native = onnxruntimeNode({ threads: 1 });

/** The native engine, with what it was asked to run. */
async function open(options: BatchingOptions = {}, engine: Engine = native) {
  const runs: { rows: number; calls: number }[] = [];
  const ran = (rows: number, calls: number) => runs.push({ rows, calls });
  const session = await batchingEngine(engine, { ...options, ran }).load({ ...denseModel(16), openBatch: true });
  return { session, runs };
}

const expected = async (x: Tensor): Promise<Tensor> => {
  const session = await native.load(denseModel(16));
  const { y } = await session.run({ x });
  await session.release();
  return y as Tensor;
};

function expectClose(actual: Tensor | undefined, wanted: Tensor): void {
  expect(actual?.dims).toEqual(wanted.dims);
  for (const [i, value] of (wanted.data as Float32Array).entries())
    expect((actual as Tensor<'float32'>).data[i]).toBeCloseTo(value, 4);
}

describe('batchingEngine', () => {
  it('runs waiting calls as one batch, and returns to each caller its own rows', async () => {
    const { session, runs } = await open();
    const inputs = Array.from({ length: 8 }, (_, i) => denseInput(16, i, 1 + (i % 3)));
    const answers = await Promise.all(inputs.map((x) => session.run({ x })));
    for (const [i, { y }] of answers.entries()) expectClose(y, await expected(inputs[i] as Tensor));
    expect(runs.reduce((sum, { calls }) => sum + calls, 0)).toBe(8);
    expect(runs.length).toBeLessThanOrEqual(2);
  });

  it('respects the maximum batch, and runs a larger call alone', async () => {
    const { session, runs } = await open({ maxRows: 4 });
    await Promise.all([1, 3, 2, 9, 2].map((rows, i) => session.run({ x: denseInput(16, i, rows) })));
    expect(runs.map(({ rows }) => rows).sort()).toEqual([4, 4, 9]);
  });

  it('does not batch calls with different outputs', async () => {
    const { session, runs } = await open();
    const x = denseInput(16, 0, 1);
    await Promise.all([session.run({ x }), session.run({ x }, ['y']), session.run({ x }, ['y'])]);
    expect(runs.map(({ calls }) => calls).sort()).toEqual([1, 2]);
  });

  it('waits for further calls for the configured delay', async () => {
    const { session, runs } = await open({ delay: 50 });
    const x = denseInput(16, 0, 1);
    const first = session.run({ x });
    await new Promise((later) => setTimeout(later, 5));
    await Promise.all([first, session.run({ x })]);
    expect(runs).toEqual([{ rows: 2, calls: 2 }]);
  });

  it('does not delay a call that is large by itself', async () => {
    const { session, runs } = await open({ delay: 60_000, maxRows: 8 });
    await session.run({ x: denseInput(16, 0, 2) });
    expect(runs).toEqual([{ rows: 2, calls: 1 }]);
  });

  it('refuses calls beyond the queue limit, and finishes the rest', async () => {
    const { session } = await open({ maxWaiting: 3, delay: 20 });
    const calls = Array.from({ length: 5 }, (_, i) => session.run({ x: denseInput(16, i, 1) }));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(2);
    for (const { reason } of refused) expect(reason.code).toBe('overloaded');
  });

  it('fails only the calls of the batch that failed', async () => {
    let failing = true;
    const flaky: Engine = {
      name: 'flaky',
      load: async (model) => {
        const session = await native.load(model);
        const run: Session['run'] = async (feeds: Tensors, fetches) => {
          if (failing) throw new Error('out of order');
          return session.run(feeds, fetches);
        };
        return { run, release: () => session.release() };
      },
    };
    const { session } = await open({}, flaky);
    await expect(session.run({ x: denseInput(16, 0, 1) })).rejects.toThrow('out of order');
    failing = false;
    const x = denseInput(16, 1, 2);
    expectClose((await session.run({ x })).y, await expected(x));
  });

  it('batches rows of several explanations without changing their values', async () => {
    const model = await openGraph(imageGraph());
    const methods = new MethodRegistry([{ method: integratedGradients }]);
    const runs: number[] = [];
    const explainer = (engine: Engine) =>
      new Explainer({ compiler: graphCompiler, engine, sessions: new SessionCache(2 ** 24), methods, maxBatch: 8 });
    const together = explainer(batchingEngine(native, { ran: (_, calls) => runs.push(calls) }));
    const inputs = Array.from({ length: 4 }, (_, seed) => ({
      image: float32(
        [1, 3, 8, 8],
        Array.from({ length: 192 }, (_, i) => Math.sin(i * (seed + 1))),
      ),
    }));
    const ask = (one: Explainer, image: (typeof inputs)[number]) =>
      one.explain(model, { method: 'integrated_gradients', inputs: image });
    const answers = await Promise.all(inputs.map((image) => ask(together, image)));
    expect(Math.max(...runs)).toBeGreaterThan(1);
    const alone = explainer(native);
    for (const [i, answer] of answers.entries()) {
      const { rows } = await ask(alone, inputs[i] as (typeof inputs)[number]);
      const wanted = rows[0]?.values.image as Tensor<'float32'>;
      const given = answer.rows[0]?.values.image as Tensor<'float32'>;
      const scale = Math.max(...wanted.data.map(Math.abs));
      for (const [k, value] of wanted.data.entries())
        expect((given.data[k] as number) / scale).toBeCloseTo(value / scale, 4);
    }
  });
});
