/** Methods about an inner element: Captum's published numbers, float64 figures of another program, and what must add up. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import type { Inputs } from '../../../src/core/tensor/rows.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph, tokenGraph, tokens } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { smallImage, smallNetwork } from '../../support/small-network.ts';

const methods = plugins.map(({ method }) => method);
const explainer = explainerOf(methods);

async function explain(model: Model, method: string, inputs: Inputs, params: object, baselines?: Inputs) {
  const request = { method, params: { ...params }, target: 1, inputs, ...(baselines && { baselines }) };
  const { rows, samples } = await explainer.explain(model, { ...request, summary: false });
  return { ...(rows[0] as ExplainedRow), samples };
}

const flat = ({ values }: Pick<ExplainedRow, 'values'>): number[] =>
  Object.values(values).flatMap(({ data }) => [...data]);
const total = (row: Pick<ExplainedRow, 'values'>): number => flat(row).reduce((a, b) => a + b, 0);
const row = (...data: number[]) => float32([1, data.length], data);

function expectClose(actual: readonly number[], expected: readonly number[], digits: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, digits);
}

/** Identity, then 3 -> 4 all ones with biases -10, 1, 1, 1, ReLU, then 4 -> 2 all ones with biases -1, 1. */
function layers() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  const ones = (from: number, to: number) => g.constant('float32', [from, to], Array(from * to).fill(1));
  const first = g.named(g.op('Gemm', [x, ones(3, 4), g.constant('float32', [4], [-10, 1, 1, 1])]), 'first');
  const relu = g.named(g.op('Relu', [first]), 'relu');
  return openGraph(g.build([g.named(g.op('Gemm', [relu, ones(4, 2), g.constant('float32', [2], [-1, 1])]), 'y')]));
}

describe('values of the Captum tests for neuron methods', () => {
  it.each([
    ['neuron_integrated_gradients', 'y', 0, [0, 100, 0], [0, 390, 0]],
    ['neuron_integrated_gradients', 'first', 0, [0, 100, 0], [0, 100, 0]],
    ['neuron_integrated_gradients', 'relu', 0, [0, 6, 14], [0, 3, 7]],
    ['neuron_integrated_gradients', 'relu', 1, [0, 5, 4], [0, 5, 4]],
    ['neuron_conductance', 'y', 1, [0, 100, 0], [0, 390, 0]],
    ['neuron_conductance', 'first', 0, [0, 100, 0], [0, 90, 0]],
    ['neuron_conductance', 'relu', 3, [0, 70, 30], [0, 70, 30]],
  ])('match for %s of %s[%d] at %j', async (method, target_layer, neuron, x, expected) => {
    const params = { target_layer, neuron: [neuron], n_steps: 500 };
    const values = flat(await explain(await layers(), method, { x: row(...x) }, params));
    for (const [i, value] of expected.entries()) expect(Math.abs((values[i] as number) - value)).toBeLessThan(0.1);
  });

  it('match without the factor of the input', async () => {
    for (const [method, neuron] of [
      ['neuron_integrated_gradients', 0],
      ['neuron_conductance', 1],
    ] as const) {
      const params = { target_layer: 'y', neuron: [neuron], n_steps: 500, multiply_by_inputs: false };
      expectClose(
        flat(await explain(await layers(), method, { x: row(100, 100, 100) }, params)),
        [3.96, 3.96, 3.96],
        1,
      );
    }
  });

  it.each([
    ['relu', [0, 0, 0, 0, 0, 0]],
    ['y', [0, 0, 0, 6, 9, 0]],
  ])('match for neuron_deep_lift and neuron_deep_lift_shap at %s', async (target_layer, expected) => {
    const g = GraphBuilder.empty();
    const inputs = ['x1', 'x2'].map((name) => g.input(name, 'float32', ['N', 3]));
    const sums = [
      [3, 1, 0],
      [2, 3, 0],
    ].map((weights, i) => g.op('MatMul', [inputs[i] as never, g.constant('float32', [3, 1], weights)]));
    const relu = g.named(g.op('Relu', [g.op('Concat', sums, { axis: 1 })]), 'relu');
    const y = g.op('MatMul', [relu, g.constant('float32', [2, 1], [1, 1])]);
    const model = await openGraph(g.build([g.named(y, 'y')]));
    const given = { x1: row(-10, 1, -5), x2: row(3, 3, 1) };
    for (const method of ['neuron_deep_lift', 'neuron_deep_lift_shap']) {
      const { rows } = await explainer.explain(model, { method, params: { target_layer }, inputs: given });
      expectClose(flat(rows[0] as ExplainedRow), expected, 5);
    }
  });
});

/** Computed in float64 by another program, at these positions of the input. */
const POSITIONS = [12, 13, 17, 18, 19, 37, 38, 43];
const OF_NEURON = [0.025476, -0.090203, 0.001508, 0.110768, 0.170733, -0.025607, 0.108438, -0.023878];
const OF_CHANNEL = [0.561351, 0.613397, 0.135471, 0.659789, 0.705367, 0.080951, 0.139494, 0.04617];
const THROUGH_NEURON = [0.005284, -0.018709, 0.000313, 0.022974, 0.035411, -0.005311, 0.022491, -0.004952];
const THROUGH_CHANNEL = [0.026639, 0.095265, 0.003225, 0.06751, 0.115337, 0.030035, 0.053888, 0.036648];

describe('float64 reference values of neuron methods', () => {
  const inputs = { x: smallImage() };
  const common = { target_layer: 'hidden', baseline: 0.25 };

  it.each([
    ['neuron_integrated_gradients', { n_steps: 20, neuron: [1, 2, 3] }, OF_NEURON, 0.3209116],
    ['neuron_integrated_gradients', { n_steps: 20, neuron: [1] }, OF_CHANNEL, 5.3750354],
    // One activation behind one linear layer: the Rescale rule has the same values.
    ['neuron_deep_lift', { neuron: [1, 2, 3] }, OF_NEURON, 0.3209116],
    ['neuron_deep_lift', { neuron: [1] }, OF_CHANNEL, 5.3750354],
    ['neuron_deep_lift_shap', { neuron: [1] }, OF_CHANNEL, 5.3750354],
    ['neuron_conductance', { n_steps: 20, neuron: [1, 2, 3] }, THROUGH_NEURON, 0.0665595],
    ['neuron_conductance', { n_steps: 20, neuron: [1] }, THROUGH_CHANNEL, 0.3833766],
  ])('match for %s with %j', async (method, params, expected, sum) => {
    const one = await explain(await smallNetwork('Tanh'), method, inputs, { ...common, ...params });
    const values = flat(one);
    expectClose(
      POSITIONS.map((at) => values[at] as number),
      expected,
      5,
    );
    expect(total(one)).toBeCloseTo(sum, 4);
  });
});

describe('identities of neuron methods', () => {
  const inputs = { x: smallImage() };

  it('hold for the score of a complete method: it is the value of the neuron', async () => {
    const model = await smallNetwork('Tanh');
    for (const method of ['neuron_integrated_gradients', 'neuron_deep_lift', 'neuron_deep_lift_shap']) {
      const one = await explain(model, method, inputs, { target_layer: 'hidden', neuron: [1], baseline: 0.25 });
      expect(one.score).toBeCloseTo(17.0515019, 4);
      expect(one.score - (one.baselineScore as number)).toBeCloseTo(5.3750354, 4);
      expect(one.convergenceDelta).toBeCloseTo(0, 4);
    }
  });

  it('hold for neuron_conductance: its sum over neurons is integrated_gradients, each total layer_conductance', async () => {
    const model = await smallNetwork('Tanh');
    const params = { n_steps: 40, quadrature: 'gausslegendre' };
    const target_layer = 'hidden';
    const layer = flat(await explain(model, 'layer_conductance', inputs, { target_layer, n_steps: 1000 }));
    const whole = flat(await explain(model, 'integrated_gradients', inputs, params));
    const sums = whole.map(() => 0);
    for (let channel = 0; channel < 3; channel++) {
      const one = await explain(model, 'neuron_conductance', inputs, { ...params, target_layer, neuron: [channel] });
      const own = layer.slice(channel * 25, (channel + 1) * 25).reduce((a, b) => a + b, 0);
      expect(Math.abs(total(one) - own)).toBeLessThan(0.01 * Math.max(...layer.map(Math.abs), Math.abs(own)));
      for (const [i, value] of flat(one).entries()) sums[i] = (sums[i] as number) + value;
    }
    expectClose(sums, whole, 5);
  });

  it.each([
    ['neuron_gradient', 'saliency', { absolute: false }],
    ['neuron_integrated_gradients', 'integrated_gradients', {}],
    ['neuron_conductance', 'integrated_gradients', {}],
    ['neuron_deep_lift', 'deep_lift', {}],
    ['neuron_deep_lift_shap', 'deep_lift_shap', {}],
    ['neuron_gradient_shap', 'gradient_shap', { n_samples: 4 }],
    ['neuron_guided_backprop', 'guided_backprop', {}],
    ['neuron_deconvolution', 'deconvolution', {}],
  ])('hold for the last layer: %s equals %s', async (neuron, method, params) => {
    const model = await smallNetwork('Relu');
    const several = { x: float32([3, 2, 5, 5], new Random(3).normal(150)) };
    const baselines = method.endsWith('_shap') ? several : undefined;
    const plain = flat(await explain(model, method, inputs, params, baselines));
    const last = { ...params, target_layer: 'y', neuron: [1] };
    expectClose(flat(await explain(model, neuron, inputs, last, baselines)), plain, 5);
  });

  it.each(methods.filter(({ id }) => id.startsWith('neuron_')).map(({ id }) => id))(
    '%s gives the same values for any batch, and supports embeddings',
    async (method) => {
      const model = await openGraph(tokenGraph());
      const request = { method, params: { target_layer: 'logits', neuron: [1] }, inputs: { ids: tokens() } };
      if (!methods.find(({ id }) => id === method)?.about.modalities.includes('tokens')) return;
      const [single, packed] = [explainerOf(methods, { maxBatch: 1 }), explainerOf(methods, { maxBatch: 7 })];
      const [one, other] = [await single.explain(model, request), await packed.explain(model, request)];
      expect(Object.keys(one.rows[0]?.values ?? {})).toHaveLength(1);
      expectClose(flat(other.rows[0] as ExplainedRow), flat(one.rows[0] as ExplainedRow), 5);
    },
  );

  it('hold for smooth_grad over a neuron method without noise', async () => {
    const base = { base_method: 'neuron_integrated_gradients', base_params: ['target_layer=hidden', 'n_steps=8'] };
    const params = { ...base, n_samples: 1, stdevs: 0 };
    const smooth = flat(await explain(await smallNetwork('Tanh'), 'smooth_grad', inputs, params));
    const plain = { target_layer: 'hidden', n_steps: 8 };
    expectClose(smooth, flat(await explain(await smallNetwork('Tanh'), base.base_method, inputs, plain)), 5);
  });

  it('hold for the summary, which names the neuron instead of the class', async () => {
    const request = { method: 'neuron_deep_lift', params: { target_layer: 'hidden' }, inputs, summary: true };
    const { rows } = await explainer.explain(await smallNetwork('Tanh'), request);
    expect(rows[0]?.summary?.text).toMatch(/^Explanation of the neuron \(value -?[\d.]+\)\./);
    expect(rows[0]?.summary?.text).not.toContain('score');
    expect(rows[0]?.summary?.facts.hidden).toBeUndefined();
  });
});
