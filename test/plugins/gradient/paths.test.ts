/** Methods that walk from a baseline to the input: published numbers, and what must hold for any of them. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { Explained } from '../../../src/core/explainer/explanation.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Inputs } from '../../../src/core/tensor/rows.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { imageTensor, openGraph, tokens, vector } from '../../../src/testing/models.ts';
import { explainerOf, openImage, openTokens, openVector } from '../../support/classifiers.ts';
import { onlyRow } from '../../support/only-row.ts';

const methods = plugins.map(({ method }) => method);
const explainer = explainerOf(methods);

async function explain(model: Model, method: string, inputs: Inputs, params: object = {}, baselines?: Inputs) {
  const { rows } = await explainer.explain(model, {
    method,
    params: { ...params },
    target: 0,
    inputs,
    ...(baselines && { baselines }),
  });
  return onlyRow(rows);
}

const flat = ({ values }: Explained): number[] => Object.values(values).flatMap(({ data }) => [...data]);
const total = (explained: Explained): number => flat(explained).reduce((a, b) => a + b, 0);

/** 5 a + b^2 + sin c. */
function mixed() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  const [a, b, c] = [
    [5, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ].map((weights) => g.op('MatMul', [x, g.constant('float32', [3, 1], weights)]));
  if (!a || !b || !c) throw new Error('no columns');
  return openGraph(g.build([g.named(g.add(g.add(a, g.mul(b, b)), g.op('Sin', [c])), 'y')]));
}

/** 2 a - 3 b + c / 2 + 7. */
function linear() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  const y = g.op('Gemm', [x, g.constant('float32', [3, 1], [2, -3, 0.5]), g.constant('float32', [1], [7])]);
  return openGraph(g.build([g.named(y, 'y')]));
}

const row = (...data: number[]) => float32([1, data.length], data);

describe('integrated_gradients', () => {
  const [inputs, baselines] = [{ x: row(1, 2, 3) }, { x: row(0.5, 1, 1) }];

  it('matches the values of the PAIR tests', async () => {
    const params = { n_steps: 1000, quadrature: 'riemann_trapezoid' };
    const values = flat(await explain(await mixed(), 'integrated_gradients', inputs, params, baselines));
    for (const [i, expected] of [2.5, 3, -0.70035].entries()) expect(values[i]).toBeCloseTo(expected, 2);
  });

  it('stops at the requested precision after the same node for any batch', async () => {
    const answers = [];
    for (const maxBatch of [1, 7, 64]) {
      const { rows, samples } = await explainerOf(methods, { maxBatch }).explain(await mixed(), {
        method: 'integrated_gradients',
        params: { n_steps: 500, precision: 0.05 },
        inputs,
        baselines,
      });
      const [one] = rows;
      if (!one) throw new Error('no row');
      const difference = one.score - (one.baselineScore as number);
      expect(Math.abs(one.convergenceDelta as number)).toBeLessThanOrEqual(0.05 * Math.abs(difference) + 1e-6);
      expect(samples.backwards).toBeLessThan(300);
      answers.push(flat(one));
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('reports partial maps with a decreasing error', async () => {
    const errors: number[] = [];
    const exact = [2.5, 3, Math.sin(3) - Math.sin(1)];
    await explainerOf(methods, { maxBatch: 16 }).explain(
      await mixed(),
      { method: 'integrated_gradients', params: { n_steps: 128 }, inputs, baselines },
      {
        partial: (_, one) => {
          const off = Math.hypot(...flat(one).map((value, i) => value - (exact[i] as number)));
          expect(one.standardError).toBeGreaterThan(off / Math.sqrt(3) / 4);
          errors.push(off);
        },
      },
    );
    expect(errors).toHaveLength(7);
    expect(errors.at(-1)).toBeLessThan(errors[0] as number);
  });
});

describe('blur_ig', () => {
  it('matches the values of the PAIR tests, and is zero for a blank image', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 1, 5, 5]);
    const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', g.op('Sin', [x]), [2, 3], false), 'y')]));
    const image = float32([1, 1, 5, 5]);
    image.data[6] = 0.7;
    image.data[12] = 1;
    const explained = await explain(model, 'blur_ig', { x: image }, { max_sigma: 10, n_steps: 1000 });
    const values = flat(explained);
    expect(values[6]).toBeCloseTo(0.641, 2);
    expect(values[12]).toBeCloseTo(0.838, 2);
    const rest = values.filter((_, i) => i !== 6 && i !== 12);
    expect(Math.max(...rest.map(Math.abs))).toBeLessThan(0.03);
    expect(Math.abs(explained.convergenceDelta as number)).toBeLessThan(0.02);
  });

  it('sums to the difference from the blurred input on a network', async () => {
    const model = await openImage();
    const one = await explain(model, 'blur_ig', { image: imageTensor() }, { max_sigma: 4, n_steps: 1000 });
    expect(Math.abs(one.convergenceDelta as number)).toBeLessThan(
      0.03 * Math.abs(one.score - (one.baselineScore as number)),
    );
  });

  it('refuses inputs that cannot be blurred', async () => {
    await expect(explain(await linear(), 'blur_ig', { x: row(1, 2, 3) })).rejects.toMatchObject({
      code: 'unprocessable_method',
    });
  });
});

describe('guided_ig', () => {
  it.each([0.02, 1])('is exact for a linear model at distance %d from the line', async (max_dist) => {
    const values = flat(await explain(await linear(), 'guided_ig', { x: row(1, 2, -4) }, { max_dist }));
    for (const [i, expected] of [2, -6, -2].entries()) expect(values[i]).toBeCloseTo(expected, 5);
  });

  it('sums to the difference of the scores', async () => {
    const one = await explain(await openVector(), 'guided_ig', { x: vector() });
    expect(Math.abs(total(one) - (one.score - (one.baselineScore as number)))).toBeLessThan(
      0.02 * Math.abs(one.score - (one.baselineScore as number)),
    );
  });

  it('moves the least important features first', async () => {
    // a b at (1, 1) from 0 with b lifted: on the straight line both get a half; the one with the smaller slope goes first and gets less.
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2]);
    const a = g.op('MatMul', [x, g.constant('float32', [2, 1], [1, 0])]);
    const b = g.op('MatMul', [x, g.constant('float32', [2, 1], [0, 1])]);
    const model = await openGraph(g.build([g.named(g.mul(a, g.add(b, g.scalar(0.5))), 'y')]));
    const free = { max_dist: 1, fraction: 0.5, n_steps: 500 };
    const [first = 0, second = 0] = flat(await explain(model, 'guided_ig', { x: row(1, 1) }, free));
    expect(first).toBeGreaterThan(1);
    expect(second).toBeLessThan(0.5);
    expect(first + second).toBeCloseTo(1.5, 1);
  });
});

describe('gradient_shap', () => {
  const baselines = { x: float32([3, 3], [0, 0, 0, 1, 1, 1, 2, 5, -1]) };

  it('averages over the baselines, and is exact for a linear model that uses each', async () => {
    const one = await explain(await linear(), 'gradient_shap', { x: row(4, 4, 4) }, { n_samples: 6 }, baselines);
    // 2 (4 - 1), -3 (4 - 2), (4 - 0) / 2
    for (const [i, expected] of [6, -6, 2].entries()) expect(flat(one)[i]).toBeCloseTo(expected, 5);
    expect(one.baselineScore).toBeCloseTo(7 + 2 - 6, 5);
    expect(one.convergenceDelta).toBeCloseTo(0, 5);
  });

  it('approaches integrated_gradients with many samples', async () => {
    const model = await mixed();
    const inputs = { x: row(1, 2, 3) };
    const shap = await explain(model, 'gradient_shap', inputs, { n_samples: 1000 });
    for (const [i, exact] of [5, 4, Math.sin(3)].entries())
      expect(Math.abs((flat(shap)[i] as number) - exact)).toBeLessThan(0.3);
    expect(shap.standardError).toBeGreaterThan(0);
  });

  it('includes the baselines in its cost', async () => {
    const request = { method: 'gradient_shap', params: { n_samples: 5 }, inputs: { x: row(4, 4, 4) }, baselines };
    const model = await linear();
    expect(explainer.plan(model, request).cost).toEqual({ forwards: 3, backwards: 5 });
    expect((await explainer.explain(model, request)).samples).toMatchObject({ forwards: 3, backwards: 5 });
  });

  it('stops at the requested precision', async () => {
    const params = { n_samples: 1000, precision: 0.1 };
    const { samples, rows } = await explainer.explain(await mixed(), {
      method: 'gradient_shap',
      params,
      inputs: { x: row(1, 2, 3) },
    });
    expect(samples.backwards).toBeLessThan(1000);
    const size = Math.hypot(...flat(rows[0] as Explained)) / Math.sqrt(3);
    expect((rows[0]?.standardError as number) / size).toBeLessThanOrEqual(0.1);
  });
});

describe('deep_lift_shap', () => {
  it('is the mean of DeepLIFT over the baselines', async () => {
    const model = await openVector();
    const references = [vector(2), vector(3), vector(4)];
    const inputs = { x: vector() };
    const singles = [];
    for (const x of references) singles.push(flat(await explain(model, 'deep_lift', inputs, {}, { x })));
    const all = {
      x: float32(
        [3, 5],
        references.flatMap(({ data }) => [...data]),
      ),
    };
    const one = await explain(model, 'deep_lift_shap', inputs, {}, all);
    for (const [i, value] of flat(one).entries())
      expect(value).toBeCloseTo(
        singles.reduce((sum, values) => sum + (values[i] as number) / 3, 0),
        5,
      );
    expect(one.convergenceDelta).toBeCloseTo(0, 4);
  });
});

describe('layer methods on a path', () => {
  const inputs = { image: imageTensor() };

  it.each(['layer_conductance', 'layer_integrated_gradients'])(
    '%s sums to the difference at a layer that cuts the model',
    async (method) => {
      const one = await explain(await openImage(), method, inputs, { n_steps: 200 });
      expect(Object.values(one.values)[0]?.dims).toEqual([1, 5, 8, 8]);
      expect(Math.abs(one.convergenceDelta as number)).toBeLessThan(
        0.02 * Math.abs(one.score - (one.baselineScore as number)),
      );
    },
  );

  it('layer_integrated_gradients at the input equals integrated_gradients', async () => {
    const model = await openImage();
    const layer = flat(await explain(model, 'layer_integrated_gradients', inputs, { target_layer: 'image' }));
    const plain = flat(await explain(model, 'integrated_gradients', inputs));
    for (const [i, value] of layer.entries()) expect(value).toBeCloseTo(plain[i] as number, 5);
  });

  it.each(['layer_conductance', 'layer_integrated_gradients', 'internal_influence'])(
    '%s supports embeddings',
    async (method) => {
      const model = await openTokens();
      const one = await explain(model, method, { ids: tokens() }, { target_layer: 'embedded' });
      expect(one.values.embedded?.dims).toEqual([1, 6, 4]);
    },
  );

  it('internal_influence at the input equals integrated_gradients without the factor of the input', async () => {
    const model = await openImage();
    const layer = flat(await explain(model, 'internal_influence', inputs, { target_layer: 'image' }));
    const plain = flat(await explain(model, 'integrated_gradients', inputs, { multiply_by_inputs: false }));
    for (const [i, value] of layer.entries()) expect(value).toBeCloseTo(plain[i] as number, 5);
  });

  it('neuron_gradient is the gradient of an element or a channel', async () => {
    const model = await openImage();
    const at = async (neuron: number[]) => flat(await explain(model, 'neuron_gradient', inputs, { neuron }));
    const [channel, places] = [await at([2]), [] as number[][]];
    for (let y = 0; y < 8; y++) for (let x = 0; x < 8; x++) places.push(await at([2, y, x]));
    for (const [i, value] of channel.entries())
      expect(value).toBeCloseTo(
        places.reduce((sum, place) => sum + (place[i] as number), 0),
        4,
      );
    await expect(at([5])).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('neuron_gradient agrees with central differences', async () => {
    const model = await openImage();
    const neuron = [1, 4, 4];
    const slopes = flat(await explain(model, 'neuron_gradient', inputs, { neuron }));
    const { picked, step } = { picked: [4 * 8 + 4, 64 + 4 * 8 + 4], step: 1e-2 };
    for (const i of picked) {
      const ends = [];
      for (const by of [step, -step]) {
        const moved = imageTensor();
        moved.data[i] = (moved.data[i] as number) + by;
        const layer = await explain(model, 'layer_activation', { image: moved });
        ends.push(Object.values(layer.values)[0]?.data[64 + 4 * 8 + 4] as number);
      }
      expect(slopes[i]).toBeCloseTo(((ends[0] as number) - (ends[1] as number)) / (2 * step), 2);
    }
  });
});
