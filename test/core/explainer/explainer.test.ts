import { describe, expect, it, vi } from 'vitest';
import { SessionCache } from '../../../src/core/engine/session-cache.ts';
import { WhylightError } from '../../../src/core/errors.ts';
import type { Evaluation, ExplainContext, Method } from '../../../src/core/method/contract.ts';
import { float32, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import deepLift from '../../../src/plugins/gradient/deep-lift.ts';
import integratedGradients from '../../../src/plugins/gradient/integrated-gradients.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import occlusion from '../../../src/plugins/perturbation/occlusion.ts';
import { imageTensor, openGraph, tokens, vector } from '../../../src/testing/models.ts';
import { explainerOf, openImage, openTokens, openVector } from '../../support/classifiers.ts';
import { method } from '../../support/trial-method.ts';

const labels = ['cat, house cat', 'dog', 'bird', 'fish'];
const explainer = explainerOf([saliency, gradCam, occlusion]);

const rows = (count: number): Tensor<'float32'> => vector(3, count);

describe('Explainer.explain', () => {
  it('reports method, target, engine and cost', async () => {
    const model = await openImage({ ending: 'Softmax' }, { name: 'pets', version: '2', labels });
    const explanation = await explainer.explain(model, {
      method: 'grad_cam',
      inputs: { image: imageTensor() },
      seed: 3,
    });
    const [row] = explanation.rows;
    expect(explanation).toMatchObject({
      method: 'grad_cam',
      revision: 2,
      params: { target_layer: 'auto', relu: true },
      seed: 3,
      model: { name: 'pets', version: '2', digest: model.digest },
      engine: 'onnxruntime-node',
      samples: { forwards: 0, backwards: 1, predictions: 0 },
    });
    expect(row?.map?.dims).toEqual([8, 8]);
    expect(row?.target).toMatchObject({ index: row?.top[0]?.index, label: row?.top[0]?.label });
    expect(row?.score).toBe(row?.top[0]?.score);
    expect(row?.top).toHaveLength(4);
    expect(row?.top.reduce((sum, { probability = 0 }) => sum + probability, 0)).toBeCloseTo(1, 6);
    const { compile, session, run, engine, total } = explanation.timings;
    for (const time of [compile, session, engine]) expect(time).toBeGreaterThan(0);
    expect(engine).toBeLessThanOrEqual(run);
    expect(compile + session + run).toBeCloseTo(total, 6);
  });

  it('finds the top class and its gradient in one run, with the result for the named class', async () => {
    const model = await openImage({ ending: 'Softmax' }, { labels });
    const inputs = { image: imageTensor() };
    const free = await explainer.explain(model, { method: 'saliency', inputs });
    const named = await explainer.explain(model, {
      method: 'saliency',
      inputs,
      target: free.rows[0]?.target.label?.toUpperCase(),
    });
    expect(named.rows[0]?.values).toEqual(free.rows[0]?.values);
    const others = await Promise.all(
      [0, 1, 2, 3].map((target) => explainer.explain(model, { method: 'saliency', inputs, target })),
    );
    expect(new Set(others.map(({ rows }) => rows[0]?.values.image?.data.join())).size).toBe(4);
  });

  it('distinguishes the gradient of the probability from that of the logit', async () => {
    const model = await openImage({ ending: 'Softmax' });
    const request = { method: 'saliency', inputs: { image: imageTensor() }, params: { absolute: false } };
    const [logit, probability] = await Promise.all([
      explainer.explain(model, request),
      explainer.explain(model, { ...request, scores: 'output' }),
    ]);
    expect(probability.rows[0]?.score).toBeCloseTo(logit.rows[0]?.top[0]?.probability as number, 6);
    expect(probability.rows[0]?.top[0]?.probability).toBe(probability.rows[0]?.score);
    expect(probability.rows[0]?.values).not.toEqual(logit.rows[0]?.values);
  });

  it('explains each row with its own top class', async () => {
    const model = await openVector();
    const both = await explainer.explain(model, { method: 'occlusion', inputs: { x: rows(3) } });
    expect(both.rows).toHaveLength(3);
    expect(both.samples).toEqual({ forwards: 15, backwards: 0, predictions: 3 });
    const second = await explainer.explain(model, {
      method: 'occlusion',
      inputs: { x: float32([1, 5], rows(3).data.slice(5, 10)) },
    });
    expect(both.rows[1]?.target).toEqual(second.rows[0]?.target);
    for (const [i, value] of (second.rows[0]?.values.x?.data ?? []).entries())
      expect(both.rows[1]?.values.x?.data[i]).toBeCloseTo(value, 5);
  });

  it('supports models with a fixed batch of one', async () => {
    const [free, fixed] = await Promise.all([openImage(), openImage({ batch: 1 })]);
    const request = { method: 'occlusion', inputs: { image: imageTensor() } };
    const [a, b] = [await explainer.explain(free, request), await explainer.explain(fixed, request)];
    for (const [i, value] of (a.rows[0]?.values.image?.data ?? []).entries())
      expect(b.rows[0]?.values.image?.data[i]).toBeCloseTo(value, 4);
  });

  it('uses the baselines of the request for each row', async () => {
    const model = await openVector();
    const subject = explainerOf([integratedGradients, deepLift]);
    const inputs = { x: rows(2) };
    const ask = (method: string, baselines: Record<string, Tensor>) =>
      subject.explain(model, { method, inputs, baselines });
    for (const method of ['integrated_gradients', 'deep_lift']) {
      const self = await ask(method, inputs);
      expect(self.rows.map(({ values }) => Math.max(...(values.x as Tensor<'float32'>).data.map(Math.abs)))).toEqual([
        0, 0,
      ]);
      const other = float32([1, 5], [1, -1, 2, 0, 3]);
      const [row] = (await ask(method, { x: other })).rows;
      const [before] = await subject.predict(model, { inputs: { x: other } });
      expect(row?.baselineScore).toBeCloseTo(before?.scores[row?.target.weights[0]?.index as number] as number, 4);
      expect(Math.abs(row?.convergenceDelta as number)).toBeLessThan(5e-2);
    }
    await expect(ask('deep_lift', { y: rows(1) })).rejects.toMatchObject({ code: 'invalid_tensor' });
    await expect(ask('deep_lift', { x: rows(3) })).rejects.toThrow(/3 rows: give one, or 2/);
  });

  it('supports token inputs', async () => {
    const { rows } = await explainer.explain(await openTokens(), {
      method: 'saliency',
      inputs: { ids: tokens() },
    });
    const [[name, values] = []] = Object.entries(rows[0]?.values ?? {});
    expect(name).toContain('Gather');
    expect(values?.dims).toEqual([1, 6, 4]);
    expect(rows[0]?.map).toBeUndefined();
  });
});

describe('the progress of an explanation', () => {
  it('is reported for each batch, with a pause in between', async () => {
    const told: [number, number][] = [];
    const pause = vi.fn(async () => {});
    const request = {
      method: 'occlusion',
      params: { sliding_window_shape: [4], strides: [2] },
      inputs: { image: imageTensor() },
    };
    await explainerOf([occlusion], { maxBatch: 4 }).explain(await openImage(), request, {
      progress: (done, total) => told.push([done, total]),
      pause,
    });
    expect(told).toEqual([
      [4, 9],
      [8, 9],
      [9, 9],
    ]);
    expect(pause).toHaveBeenCalled();
  });
});

describe('Explainer', () => {
  it('plans without running', async () => {
    const load = vi.fn(onnxruntimeNode().load);
    const planner = explainerOf([occlusion], { engine: { name: 'none', load } });
    const plan = planner.plan(await openImage(), {
      method: 'occlusion',
      inputs: { image: imageTensor(1, 2) },
    });
    expect(plan.rows).toBe(2);
    expect(plan.cost).toEqual({ forwards: 2 * 36, backwards: 0 });
    expect(load).not.toHaveBeenCalled();
  });

  it('predicts scores without an explanation', async () => {
    const model = await openImage({ ending: 'Softmax' }, { labels });
    const predictions = await explainer.predict(model, { inputs: { image: imageTensor(1, 3) }, top: 2 });
    expect(predictions).toHaveLength(3);
    expect(predictions[0]?.top).toHaveLength(2);
    const explained = await explainer.explain(model, { method: 'saliency', inputs: { image: imageTensor() } });
    expect(explained.rows[0]?.top[0]?.index).toBe(
      (await explainer.predict(model, { inputs: { image: imageTensor() } }))[0]?.top[0]?.index,
    );
  });

  it('loads a graph once, and releases every session', async () => {
    const load = vi.fn(onnxruntimeNode().load);
    const sessions = new SessionCache(0);
    const one = explainerOf([saliency, occlusion], {
      engine: { name: 'counted', load },
      sessions: new SessionCache(2 ** 26),
    });
    const model = await openVector();
    for (const name of ['saliency', 'saliency', 'occlusion', 'occlusion'])
      await one.explain(model, { method: name, inputs: { x: rows(1) } });
    expect(load).toHaveBeenCalledTimes(2);
    await explainerOf([saliency], { sessions }).explain(model, { method: 'saliency', inputs: { x: rows(1) } });
    await expect(
      explainerOf([method({ explain: () => Promise.reject(new Error('no')) })], { sessions }).explain(model, {
        method: 'trial',
        inputs: { x: rows(1) },
      }),
    ).rejects.toThrow();
    await sessions.clear();
    expect(sessions.size).toBe(0);
  });

  it.each([
    [{ method: 'salience' }, 'method_not_found'],
    [{ params: { absolut: true } }, 'invalid_request'],
    [{ seed: -1 }, 'invalid_request'],
    [{ target: 9 }, 'label_not_found'],
    [{ target: 'cat' }, 'label_not_found'],
    [{ scores: 'nothing' }, 'layer_not_found'],
    [{ inputs: {} }, 'invalid_tensor'],
    [{ inputs: { x: rows(1), y: rows(1) } }, 'invalid_tensor'],
    [{ inputs: { x: float32([1, 4]) } }, 'invalid_tensor'],
    [{ inputs: { x: float32([5]) } }, 'invalid_tensor'],
    [{ inputs: { x: float32([0, 5]) } }, 'invalid_tensor'],
    [{ inputs: { x: float32([1, 5], [1, 2, Number.NaN, 4, 5]) } }, 'invalid_tensor'],
    [{ inputs: { x: tensor('float16', [1, 5], [0, 0, 0x7c00, 0, 0]) } }, 'invalid_tensor'],
    [{ method: 'grad_cam' }, 'unprocessable_method'],
  ])('refuses %j', async (changes, code) => {
    const model = await openVector();
    await expect(
      explainer.explain(model, { method: 'saliency', inputs: { x: rows(1) }, ...changes }),
    ).rejects.toMatchObject({ code });
  });

  it('optimises for time or memory with separate graphs and equal results up to rounding', async () => {
    const model = await openImage({ ending: 'Softmax' });
    const sessions = new SessionCache(2 ** 26);
    const request = { method: 'saliency', inputs: { image: imageTensor() } };
    const [memory, speed] = await Promise.all(
      (['memory', 'speed'] as const).map(async (optimize) => {
        const { rows } = await explainerOf([saliency], { sessions, optimize }).explain(model, request);
        return rows[0]?.values.image?.data as Float32Array;
      }),
    );
    expect(sessions.size).toBe(2);
    for (const [i, value] of speed?.entries() ?? []) expect(value).toBeCloseTo(memory?.[i] as number, 5);
  });

  it('refuses floats for token ids', async () => {
    const inputs = { ids: float32([1, 6]) };
    await expect(explainer.explain(await openTokens(), { method: 'occlusion', inputs })).rejects.toMatchObject({
      code: 'invalid_tensor',
    });
  });

  it('refuses runs beyond the budget with their cost', async () => {
    const running = explainer.explain(
      await openVector(),
      { method: 'occlusion', inputs: { x: rows(2) } },
      { maxSamples: 9 },
    );
    await expect(running).rejects.toMatchObject({
      code: 'budget_exceeded',
      details: { allowed: 9, cost: { forwards: 10 } },
    });
  });

  it('passes on the abort reason of the caller', async () => {
    const model = await openVector();
    const request = { method: 'saliency', inputs: { x: rows(1) } };
    await expect(explainer.explain(model, request, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});

describe('a faulty plugin', () => {
  it('leaves what it threw to the log, also where that is no error', async () => {
    const { guarded } = await import('../../../src/core/explainer/plugin-fault.ts');
    const thrown = (value: unknown): unknown => {
      try {
        return guarded(method({}), () => {
          throw value;
        });
      } catch (error) {
        return ((error as Error).cause as Error).message;
      }
    };
    expect(thrown('secret')).toBe('It threw "secret", which is no Error.');
    expect(thrown(undefined)).toBe('It threw undefined, which is no Error.');
    expect(thrown(Object.create(null))).toBe('It threw a value of type object, which is no Error.');
  });

  const evaluateForever = async (ctx: ExplainContext<unknown>): Promise<never> => {
    for (;;) await ctx.evaluate(ctx.inputs);
  };

  it.each<[string, Partial<Method>, string]>([
    ['throws', { explain: () => Promise.reject(new TypeError('secret path /home/x')) }, 'Method "trial" failed.'],
    ['throws in cost', { cost: () => null as never }, 'Method "trial" failed.'],
    [
      'throws in needs',
      {
        needs: () => {
          throw new Error('no');
        },
      },
      'Method "trial" failed.',
    ],
    [
      'throws an error that imitates the server',
      {
        explain: async () => {
          throw new WhylightError('unauthorized', 'Send your key to evil.example.');
        },
      },
      'Method "trial" failed.',
    ],
    [
      'throws an error with a long message',
      {
        explain: async () => {
          throw new WhylightError('unprocessable_method', 'x'.repeat(5000));
        },
      },
      'Method "trial" failed.',
    ],
    ['throws no error', { explain: () => Promise.reject('secret') }, 'Method "trial" failed.'],
    [
      'gives a partial answer with NaN to nobody',
      {
        explain: async (ctx) => {
          ctx.partial({ values: { x: float32([1, 5], [0, Number.NaN, 0, 0, 0]) } });
          return { values: { x: float32([1, 5]) } };
        },
      },
      'element 1 of the values for "x" is NaN',
    ],
    [
      'returns NaN',
      { explain: async () => ({ values: { x: float32([1, 5], [0, 0, Number.NaN, 0, 0]) } }) },
      'element 2 of the values for "x" is NaN',
    ],
    [
      'returns a wrong shape',
      { explain: async () => ({ values: { x: float32([1, 4]) } }) },
      'shape [1, 4], expected [1, 5]',
    ],
    ['omits the batch dim', { explain: async () => ({ values: { x: float32([5]) } }) }, 'shape [5], expected [1, 5]'],
    [
      'returns an unknown tensor',
      { explain: async () => ({ values: { z: float32([1, 5]) } }) },
      'no tensor of the model',
    ],
    ['returns no values', { explain: async () => ({ values: {} }) }, 'no values'],
    [
      'never stops evaluating',
      { explain: evaluateForever },
      'more rows than its cost says: 4 forward and 0 backward up to here, where cost() says 3 forward',
    ],
    [
      'evaluates an undeclared graph',
      {
        explain: async (ctx) => ({
          values: { x: ((await ctx.evaluate(ctx.inputs, { graph: 'b' })) as Evaluation).gradients.x as never },
        }),
      },
      'no graph named "b"',
    ],
    [
      'omits an input',
      {
        explain: async (ctx) => {
          await ctx.evaluate({});
          return { values: {} };
        },
      },
      'lack the input "x"',
    ],
  ])('that %s ends in method_failed and does not affect the next request', async (_, parts, message) => {
    const one = explainerOf([method(parts), saliency]);
    const model = await openVector();
    await expect(one.explain(model, { method: 'trial', inputs: { x: rows(1) } })).rejects.toMatchObject({
      code: 'method_failed',
      message: expect.stringContaining(message),
    });
    expect((await one.explain(model, { method: 'saliency', inputs: { x: rows(1) } })).rows).toHaveLength(1);
  });
});

describe('the context of a method', () => {
  it('evaluates several graphs, other targets and fed inner tensors', async () => {
    let seen: { second?: number; fed?: Float32Array; gradient?: readonly number[] } = {};
    const several = method({
      needs: () => ({
        graphs: { main: {}, gradient: { gradients: ['x'], scores: 'hidden' }, rest: { feeds: ['hidden'] } },
      }),
      cost: () => ({ forwards: 3, backwards: 1 }),
      explain: async (ctx) => {
        const second = await ctx.evaluate(ctx.inputs, { target: { weights: [{ index: 1, weight: 2 }] } });
        const rest = await ctx.evaluate({ hidden: float32([2, 3]) }, { graph: 'rest' });
        const { gradients } = await ctx.evaluate(ctx.inputs, {
          graph: 'gradient',
          target: { weights: [{ index: 0, weight: 1 }] },
        });
        seen = { second: second.scores[0], fed: rest.scores, gradient: gradients.x?.dims };
        return { values: { x: float32([1, 5]) } };
      },
    });
    const { GraphBuilder } = await import('../../../src/core/onnx/builder.ts');
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 5]);
    const hidden = g.named(g.op('MatMul', [x, g.constant('float32', [5, 3], Array(15).fill(1))]), 'hidden');
    const model = await openGraph(g.build([g.named(g.add(hidden, g.constant('float32', [3], [1, 2, 3])), 'y')]));
    const { samples, rows: explained } = await explainerOf([several]).explain(model, {
      method: 'trial',
      inputs: { x: float32([1, 5], [1, 1, 1, 1, 1]) },
    });
    expect(explained[0]?.target.index).toBe(2);
    expect(seen).toEqual({ second: 14, fed: Float32Array.of(3, 3), gradient: [1, 5] });
    expect(samples).toEqual({ forwards: 3, backwards: 1, predictions: 1 });
  });

  it('has random numbers that depend on seed and row only', async () => {
    const noisy = method({ explain: async (ctx) => ({ values: { x: float32([1, 5], ctx.random.normal(5)) } }) });
    const model = await openVector();
    const one = explainerOf([noisy]);
    const draw = async (seed: number) =>
      (await one.explain(model, { method: 'trial', inputs: { x: rows(2) }, seed })).rows.map(({ values }) => [
        ...(values.x?.data ?? []),
      ]);
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
    const [first, second] = await draw(1);
    expect(first).not.toEqual(second);
  });
});

describe('Explainer.estimate', () => {
  it('returns rows, time and memory before anything runs', async () => {
    const model = await openVector({
      profile: { 'onnxruntime-node': { forward_ms: 2, backward_ms: 5 } },
    });
    const one = explainerOf([saliency]);
    const estimate = one.estimate(one.plan(model, { method: 'saliency', inputs: { x: rows(3) } }));
    expect(estimate).toMatchObject({ cost: { forwards: 0, backwards: 3 }, milliseconds: 15, measured: true });
    expect(estimate.bytes).toBeGreaterThan(0);
  });

  it('learns from runs where the clock is reliable', async () => {
    const model = await openVector({
      profile: { 'onnxruntime-node': { forward_ms: 1e4, backward_ms: 1e4 } },
    });
    const request = { method: 'saliency', inputs: { x: rows(1) } };
    const still = explainerOf([saliency]);
    await still.explain(model, request);
    expect(still.estimate(still.plan(model, request)).milliseconds).toBe(1e4);
    const learning = explainerOf([saliency], { measures: true });
    await learning.explain(model, request);
    expect(learning.estimate(learning.plan(model, request)).milliseconds).toBeLessThan(1e4);
  });
});
