/** Needs of methods beside gradients and activations: curvature, models and data of their own, state. */
import { describe, expect, it } from 'vitest';
import { WhylightError } from '../../../src/core/errors.ts';
import type { PluginEntry } from '../../../src/core/method/registry.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { write } from '../../../src/core/onnx/write.ts';
import type { Method, MethodDefinition } from '../../../src/package/plugin.ts';
import { DIRECTION, defineMethod, definePathMethod, float32, type Tensor, z } from '../../../src/package/plugin.ts';
import { openGraph, tokenGraph, tokens, vector, vectorGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const about = {
  title: 'Trial',
  summary: 'A method of this test.',
  properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
};

const trial = (parts: Partial<Omit<MethodDefinition, 'params' | 'presets'>>): Method =>
  defineMethod({
    apiVersion: 1,
    id: 'trial',
    revision: 1,
    strategy: 'gradient',
    about,
    params: z.object({}),
    needs: () => ({}),
    cost: () => ({ forwards: 1, backwards: 0 }),
    explain: async () => ({ values: {} }),
    ...parts,
  });

/** x -> x0^2 x1 + 3 x2^2, one score. */
function polynomial(): Graph {
  const g = GraphBuilder.empty('polynomial');
  const x = g.input('x', 'float32', ['N', 3]);
  const column = (at: number) => g.op('Gather', [x, g.ints([at])], { axis: 1 });
  const [a, b, c] = [column(0), column(1), column(2)];
  const y = g.add(g.mul(g.mul(a, a), b), g.mul(g.scalar(3), g.mul(c, c)));
  return g.build([g.named(y, 'score')]);
}

/** x -> 10 x, as an image-to-image network would give it. */
function tenfold(): Graph {
  const g = GraphBuilder.empty('tenfold');
  const x = g.input('values', 'float32', ['N', 5]);
  return g.build([g.named(g.mul(x, g.scalar(10)), 'filled')]);
}

const run = async (method: Method, entry: Partial<PluginEntry> = {}, hooks = {}) => {
  const methods = new MethodRegistry([{ method, ...entry }]);
  const explainer = explainerOf([], { methods });
  const inputs = { x: vector() };
  return explainer.explain(await openGraph(vectorGraph()), { method: method.id, inputs }, hooks);
};

describe('needs with hessianVector', () => {
  const curvature = trial({
    needs: () => ({ hessianVector: 'x' }),
    cost: () => ({ forwards: 0, backwards: 2 }),
    async explain(ctx) {
      const directions = float32([2, 3], [1, 0, 0, 0, 0, 1]);
      const { hessianVectors, gradients } = await ctx.evaluate({ ...ctx.inputs, [DIRECTION]: directions });
      const [products, slopes] = [hessianVectors.x?.data, gradients.x?.data] as [Float32Array, Float32Array];
      // Rows of the Hessian for the first and the last element, and the gradient.
      return {
        values: { x: float32([1, 3], products.subarray(0, 3)) },
        maps: [
          { name: 'last', values: { x: float32([1, 3], products.subarray(3, 6)) } },
          { name: 'gradient', values: { x: float32([1, 3], slopes.subarray(0, 3)) } },
        ],
      };
    },
    returns: { maps: 'rows of the Hessian' },
  });

  it.each(['speed', 'memory'] as const)('gives products and gradients of the score (%s)', async (optimize) => {
    const explainer = explainerOf([curvature], { optimize });
    const inputs = { x: float32([1, 3], [2, 5, -1]) };
    const { rows, samples } = await explainer.explain(await openGraph(polynomial()), { method: 'trial', inputs });
    const [row] = rows;
    expect([...(row?.values.x?.data ?? [])]).toEqual([10, 4, 0]);
    expect([...(row?.maps?.[0]?.values.x?.data ?? [])]).toEqual([0, 0, 6]);
    expect([...(row?.maps?.[1]?.values.x?.data ?? [])]).toEqual([20, 4, -6]);
    expect(samples).toMatchObject({ forwards: 0, backwards: 2 });
  });

  it('cannot be combined with gradients, feeds and mixtures of the same graph', async () => {
    const both = trial({ needs: () => ({ hessianVector: 'x', mixtures: true }) });
    await expect(run(both)).rejects.toThrow('cannot have mixtures');
  });
});

describe('setup', () => {
  const doubling = trial({
    async setup({ file }) {
      const bytes = await file('weights');
      return { data: bytes, models: { painter: write(tenfold()).graph } };
    },
    needs: () => ({ graphs: { main: {}, painted: { model: 'painter', activations: ['filled'] } } }),
    cost: () => ({ forwards: 2, backwards: 0 }),
    async explain(ctx) {
      const rows = float32([2, 5], [1, 2, 3, 4, 5, 1, 1, 1, 1, 1]);
      const { activations, scores } = await ctx.evaluate({ values: rows }, { graph: 'painted' });
      const [factor = 0] = ctx.data as Uint8Array;
      return {
        values: {
          x: float32(
            [1, 5],
            (activations.filled as Tensor<'float32'>).data.subarray(0, 5).map((v) => v * factor),
          ),
        },
        score: scores[0],
      };
    },
  });

  it('gives the method data and further models, whose rows are counted', async () => {
    const { rows, samples } = await run(doubling, { files: { weights: Uint8Array.of(2) } });
    expect([...(rows[0]?.values.x?.data ?? [])]).toEqual([20, 40, 60, 80, 100]);
    // Without a target, the score of another model is that of its top class.
    expect(rows[0]?.score).toBe(50);
    expect(samples.forwards).toBe(2);
  });

  it('runs once for all requests, and again after it failed', async () => {
    let [calls, fails] = [0, true];
    const counted = trial({
      async setup() {
        calls += 1;
        if (fails) throw new Error('not there yet');
        return { data: calls };
      },
      cost: () => ({ forwards: 0, backwards: 0 }),
      explain: async (ctx) => ({ values: { x: float32([1, 5], Array(5).fill(ctx.data as number)) } }),
    });
    const explainer = explainerOf([counted]);
    const request = { method: 'trial', inputs: { x: vector() } };
    const model = await openGraph(vectorGraph());
    await expect(explainer.explain(model, request)).rejects.toMatchObject({ code: 'method_failed' });
    fails = false;
    for (let i = 0; i < 3; i++) {
      const { rows } = await explainer.explain(model, request);
      expect(rows[0]?.values.x?.data[0]).toBe(2);
    }
    expect(calls).toBe(2);
  });

  it('reads files from functions, and names one that the entry lacks', async () => {
    const { rows } = await run(doubling, { files: { weights: async () => Uint8Array.of(3) } });
    expect(rows[0]?.values.x?.data[0]).toBe(30);
    await expect(run(doubling)).rejects.toMatchObject({ code: 'invalid_config', details: { file: 'weights' } });
    await expect(run(doubling, { files: { weights: './weights.bin' } })).rejects.toThrow('cannot be read here');
  });

  it('names a model that it does not return', async () => {
    const missing = trial({ needs: () => ({ graphs: { main: {}, other: { model: 'nobody' } } }) });
    await expect(run(missing)).rejects.toThrow('a model "nobody"');
    const first = trial({ needs: () => ({ graphs: { other: { model: 'painter' }, main: {} } }) });
    await expect(run(first)).rejects.toMatchObject({ code: 'method_failed' });
  });
});

describe('state', () => {
  const remembering = trial({
    cost: () => ({ forwards: 0, backwards: 0 }),
    async explain({ state }) {
      const [seen = 0] = (await state.get('count')) ?? [];
      await state.put('count', Uint8Array.of(seen + 1));
      return { values: { x: float32([1, 5], Array(5).fill(seen + 1)) } };
    },
  });

  it('is kept by the host, and by nobody where the host keeps none', async () => {
    const kept = new Map<string, Uint8Array>();
    const state = () => ({
      get: async (name: string) => kept.get(name),
      put: async (name: string, bytes: Uint8Array) => void kept.set(name, bytes),
    });
    const count = async (hooks: object) => (await run(remembering, {}, hooks)).rows[0]?.values.x?.data[0];
    expect([await count({ state }), await count({ state })]).toEqual([1, 2]);
    expect([await count({}), await count({})]).toEqual([1, 1]);
  });
});

describe('a path that sees scores', () => {
  /** Points in equal steps of the score, as a method that adapts to the model would take them. */
  const adaptive = definePathMethod({
    id: 'trial',
    revision: 1,
    about,
    steps: 4,
    pilot: 9,
    at: (index, count, scores) => {
      if (scores.length !== 9) throw new WhylightError('unprocessable_method', 'no pilot');
      return scores[0] === scores[8] ? 0 : (index + 1) / count;
    },
    fold: (gradients, difference, _, { positions, scores }) =>
      positions.at(-1) === 1 && scores.length === 9 ? (gradients.at(-1) ?? 0) * difference : Number.NaN,
  });

  it('gets them without gradients, and counts them as forward rows', async () => {
    const { rows, samples } = await run(adaptive);
    expect(samples).toMatchObject({ forwards: 9, backwards: 4 });
    // The last point is the input itself, so the values are gradient times input.
    expect(rows[0]?.values.x?.data.some((value) => value !== 0)).toBe(true);
  });

  it('walks in the space of embeddings, too', async () => {
    const explainer = explainerOf([adaptive]);
    const { samples } = await explainer.explain(await openGraph(tokenGraph()), {
      method: 'trial',
      inputs: { ids: tokens() },
    });
    expect(samples).toMatchObject({ forwards: 10, backwards: 4 });
  });
});
