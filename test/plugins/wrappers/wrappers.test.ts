/** Methods that are made of others' answers. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { imageGraph, imageTensor, openGraph, subjects } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

async function explain(model: Model, method: string, inputs: Record<string, Tensor>, params = {}) {
  const { rows } = await explainer.explain(model, { method, params, inputs, target: 0 });
  const [row] = rows;
  const pixels = Array.from(row?.map?.data ?? []);
  return { ...(row as ExplainedRow), pixels, map: Array.from(Object.values(row?.values ?? {})[0]?.data ?? []) };
}

describe('ensemble', () => {
  const methods = ['input_x_gradient', 'grad_cam'];

  it('is the mean of the maps, each divided by its largest value', async () => {
    const model = await openGraph(imageGraph());
    const inputs = { image: imageTensor() };
    const { map, values } = await explain(model, 'ensemble', inputs, { methods });
    const maps = await Promise.all(methods.map(async (method) => (await explain(model, method, inputs)).pixels));
    expect(values.image?.dims).toEqual([1, 1, 8, 8]);
    for (const [i, value] of map.entries()) {
      const mean = maps.reduce((sum, one) => sum + (one[i] as number) / Math.max(...one.map(Math.abs)), 0) / 2;
      expect(value).toBeCloseTo(mean, 5);
    }
  });

  it('passes parameters to the method they belong to', async () => {
    const model = await openGraph(imageGraph());
    const inputs = { image: imageTensor() };
    const params = { methods: ['integrated_gradients'], method_params: ['integrated_gradients.n_steps=3'] };
    const { samples } = await explainer.explain(model, { method: 'ensemble', params, inputs });
    expect(samples.backwards).toBe(4);
    await expect(explain(model, 'ensemble', inputs, { method_params: ['rise.cells=3'] })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('method.name=value'),
    });
    await expect(explain(model, 'ensemble', inputs, { methods: ['crystal_ball'] })).rejects.toMatchObject({
      code: 'method_not_found',
    });
  });

  it.each(['min_max', 'l1', 'max_abs'])('normalises maps by %s', async (normalization) => {
    for (const { model, inputs } of await subjects()) {
      const { map } = await explain(model, 'ensemble', inputs, { methods: ['occlusion'], normalization });
      const [low, high] = [Math.min(...map), Math.max(...map)];
      if (normalization === 'min_max') expect([low, high]).toEqual([0, 1]);
      if (normalization === 'l1') expect(map.reduce((sum, value) => sum + Math.abs(value), 0)).toBeCloseTo(1, 5);
      if (normalization === 'max_abs') expect(Math.max(-low, high)).toBeCloseTo(1, 6);
    }
  });
});

describe('xrai', () => {
  const side = 48;
  const inside = (i: number): boolean => i % side >= 12 && i % side < 28 && i >= 8 * side && i < 24 * side;

  /** Scores the mean of a square; the image has that square brighter, and another one that counts for nothing. */
  function planted(): Promise<Model> {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 1, side, side]);
    const weights = Array.from({ length: side * side }, (_, i) => (inside(i) ? 1 / 256 : 0));
    const kernel = g.constant('float32', [1, 1, side, side], weights);
    return openGraph(g.build([g.named(g.reduce('ReduceSum', g.mul(x, kernel), [1, 2, 3], false), 'y')]));
  }

  const noise = new Random(8).uniform(side * side);
  const decoy = (i: number): boolean => i % side >= 34 && i % side < 44 && i >= 30 * side && i < 40 * side;
  const image = float32(
    [1, 1, side, side],
    Float32Array.from(
      { length: side * side },
      (_, i) => (inside(i) ? 1 : decoy(i) ? 0.9 : 0.2) + 0.02 * (noise[i] as number),
    ),
  );

  it.each(['full', 'fast'])('finds the important region (%s)', async (algorithm) => {
    const { map } = await explain(await planted(), 'xrai', { x: image }, { algorithm, base_params: ['n_steps=4'] });
    expect(map).toHaveLength(side * side);
    const mean = (keep: (i: number) => boolean) => {
      const kept = map.filter((_, i) => keep(i));
      return kept.reduce((a, b) => a + b, 0) / kept.length;
    };
    expect(mean(inside)).toBeGreaterThan(5 * Math.abs(mean((i) => !inside(i))));
    const order = [...map.keys()].sort((a, b) => (map[b] as number) - (map[a] as number));
    const best = order.slice(0, 256).filter(inside).length;
    expect(best / 256).toBeGreaterThan(0.8);
  });

  it('runs the base method from a black and a white baseline, or once', async () => {
    const model = await planted();
    const samples = async (params: object) =>
      (await explainer.explain(model, { method: 'xrai', params: { ...params }, inputs: { x: image }, target: 0 }))
        .samples.backwards;
    expect(await samples({ base_params: ['n_steps=4'] })).toBe(10);
    expect(await samples({ base_params: ['n_steps=4', 'baseline=0'] })).toBe(5);
    expect(await samples({ base_method: 'input_x_gradient', base_params: [] })).toBe(1);
    await expect(samples({ base_method: 'occlusion', base_params: [] })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});
