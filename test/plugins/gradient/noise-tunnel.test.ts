/** Methods over noisy copies: what they add up to, when they stop, and what their inner method sees. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { plugins } from '#plugins';
import type { Explained } from '../../../src/core/explainer/explanation.ts';
import { defineMethod } from '../../../src/core/method/define.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph, subjects, vector, vectorGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const methods = plugins.map(({ method }) => method);
const explainer = explainerOf(methods);

/** x1^2 + 3 x2: the gradient of noisy copies has mean [2 x1, 3]. */
function parabola() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2]);
  const square = g.mul(g.mul(x, x), g.constant('float32', [1, 2], [1, 0]));
  const linear = g.mul(x, g.constant('float32', [1, 2], [0, 3]));
  return openGraph(g.build([g.named(g.reduce('ReduceSum', g.add(square, linear), [1], true), 'y')]));
}

describe('smooth_grad, smooth_grad_sq and var_grad', () => {
  const inputs = { x: float32([1, 2], [1, 5]) };
  const params = { n_samples: 400, stdevs: 0.5 };
  const values = async (method: string, more: object = {}) => {
    const { rows } = await explainer.explain(await parabola(), {
      method,
      params: { ...params, ...more },
      target: 0,
      inputs,
    });
    return rows[0];
  };

  it('give the moments of the noisy gradient', async () => {
    const mean = await values('smooth_grad');
    // Gradient 2 (1 + noise): mean 2, deviation 1.
    expect(Math.abs((mean?.values.x?.data[0] as number) - 2)).toBeLessThan(4 / Math.sqrt(400));
    expect(mean?.values.x?.data[1]).toBeCloseTo(3, 5);
    expect(mean?.standardError).toBeCloseTo(Math.sqrt(1 / 400 / 2), 2);
    const square = await values('smooth_grad_sq');
    expect(Math.abs((square?.values.x?.data[0] as number) - 5)).toBeLessThan(1);
    const variance = await values('var_grad');
    expect(Math.abs((variance?.values.x?.data[0] as number) - 1)).toBeLessThan(0.3);
    expect(variance?.values.x?.data[1]).toBeCloseTo(0, 5);
  });

  it('equal the base method without noise', async () => {
    const plain = await values('smooth_grad', { n_samples: 1, stdevs: 0, base_method: 'input_x_gradient' });
    expect([...(plain?.values.x?.data ?? [])]).toEqual([2, 15]);
  });

  it('stop at the requested precision after the same sample for any batch', async () => {
    const answers = [];
    for (const maxBatch of [1, 7, 64]) {
      const { rows, samples } = await explainerOf(methods, { maxBatch }).explain(await parabola(), {
        method: 'smooth_grad',
        params: { ...params, precision: 0.05 },
        target: 0,
        inputs,
      });
      answers.push(rows[0]);
      expect(samples.backwards).toBeLessThan(400);
    }
    const [first] = answers;
    const size = Math.sqrt([...(first?.values.x?.data ?? [])].reduce((sum, v) => sum + v * v, 0) / 2);
    expect((first?.standardError as number) / size).toBeLessThanOrEqual(0.05);
    for (const other of answers) expect(other?.values.x?.data).toEqual(first?.values.x?.data);
  });

  it('report partial maps with a decreasing error', async () => {
    const partial: Explained[] = [];
    const errors: (number | undefined)[] = [];
    await explainerOf(methods, { maxBatch: 50 }).explain(
      await parabola(),
      { method: 'smooth_grad', params, target: 0, inputs },
      {
        partial: (_, explained) => {
          partial.push(explained);
          errors.push(explained.standardError);
        },
      },
    );
    expect(partial).toHaveLength(7);
    expect(errors.at(-1)).toBeLessThan(errors[0] as number);
  });
});

describe('the score that a base method reads', () => {
  const seen: number[] = [];
  const reader = (readsScore: boolean) =>
    defineMethod({
      apiVersion: 1,
      id: 'reader',
      strategy: 'gradient',
      revision: 1,
      about: {
        title: 'Reader',
        summary: 'Notes the score.',
        modalities: ['vector'],
        properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
      },
      ...(readsScore && { readsScore }),
      params: z.object({}),
      needs: () => ({ gradients: 'sources' }),
      cost: () => ({ forwards: 0, backwards: 0 }),
      explain: async (ctx) => {
        seen.push(ctx.score);
        return { values: { x: ctx.inputs.x as never } };
      },
    });
  const request = {
    method: 'smooth_grad',
    params: { base_method: 'reader', n_samples: 3, stdevs: 1 },
    target: 2,
    inputs: { x: vector() },
  };

  it('is that of the noisy copy', async () => {
    seen.length = 0;
    const model = await openGraph(vectorGraph());
    const { samples } = await explainerOf([...methods, reader(true)]).explain(model, request);
    expect(samples).toMatchObject({ forwards: 3, backwards: 0 });
    expect(new Set(seen).size).toBe(3);
    expect(seen.every(Number.isFinite)).toBe(true);
  });

  it('is refused to a method that does not declare readsScore', async () => {
    const model = await openGraph(vectorGraph());
    await expect(explainerOf([...methods, reader(false)]).explain(model, request)).rejects.toMatchObject({
      code: 'method_failed',
      message: expect.stringContaining('readsScore'),
    });
  });

  it.each(['integrated_gradients', 'deep_lift'])('is available to %s at the planned cost', async (base_method) => {
    for (const { model, inputs } of await subjects()) {
      const inner = { method: 'smooth_grad', params: { base_method, n_samples: 2 }, inputs };
      const { cost } = explainer.plan(model, inner);
      const { samples } = await explainer.explain(model, inner);
      expect({ forwards: samples.forwards, backwards: samples.backwards }).toEqual(cost);
    }
  });
});
