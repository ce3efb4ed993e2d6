/** Tests of the methods' texts: numbers in them that can be computed another way. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { Model } from '../../src/core/model/model.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { imageGraph, imageTensor, openGraph, vector } from '../../src/testing/models.ts';
import { explainerOf } from '../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));
const TARGET = 1;
const CAMS = { relu: false, target_layer: 'features' };

async function explained(
  model: Model,
  method: string,
  params: object = {},
  inputs = { image: imageTensor(2) } as object,
) {
  const { rows } = await explainer.explain(model, {
    method,
    params: params as Record<string, unknown>,
    target: TARGET,
    inputs: inputs as { image: ReturnType<typeof imageTensor> },
  });
  const [row] = rows;
  return { score: row?.score ?? Number.NaN, values: [...(Object.values(row?.values ?? {})[0]?.data ?? [])] };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function expectSame(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 4);
}

/** Two layers without biases and a ReLU between. */
function withoutBias(): Promise<Model> {
  const g = GraphBuilder.empty('plain');
  const weights = (from: number, to: number, seed: number) =>
    g.constant('float32', [from, to], new Random(seed).normal(from * to));
  const hidden = g.op('Relu', [g.op('MatMul', [g.input('x', 'float32', ['N', 5]), weights(5, 8, 11)])]);
  return openGraph(g.build([g.named(g.op('MatMul', [hidden, weights(8, 3, 12)]), 'logits')]));
}

describe('CAM methods before global average pooling and one linear layer', async () => {
  const model = await openGraph(imageGraph());
  /** The linear layer's own, as the trial model draws it. */
  const bias = new Random(3, 1).normal(4)[TARGET] as number;

  it('CAM has a mean of the score minus the bias', async () => {
    const { score, values } = await explained(model, 'cam', { relu: false });
    expect(sum(values) / values.length).toBeCloseTo(score - bias, 4);
  });

  it('HiResCAM sums to the score minus the bias', async () => {
    const { score, values } = await explained(model, 'hires_cam', CAMS);
    expect(sum(values)).toBeCloseTo(score - bias, 4);
  });

  it.each(['hires_cam', 'shapley_cam'])('%s gives the map of Grad-CAM', async (method) => {
    expectSame((await explained(model, method, CAMS)).values, (await explained(model, 'grad_cam', CAMS)).values);
  });

  it('Grad-CAM equals CAM up to the number of positions', async () => {
    const [whole, { values }] = [
      await explained(model, 'cam', { relu: false }),
      await explained(model, 'grad_cam', CAMS),
    ];
    expectSame(
      values.map((value) => value * values.length),
      whole.values,
    );
  });

  it('XGrad-CAM sums to the total of layer_gradient_x_activation', async () => {
    const { values } = await explained(model, 'xgrad_cam', CAMS);
    const products = await explained(model, 'layer_gradient_x_activation', { target_layer: 'features' });
    expect(sum(values)).toBeCloseTo(sum(products.values), 4);
  });
});

describe('methods on a network without biases', async () => {
  const model = await withoutBias();
  const x = { x: vector(4) };

  it.each([
    ['lrp', { composite: 'epsilon' }],
    ['input_x_gradient', {}],
  ])('%s sums to the score', async (method, params) => {
    const { score, values } = await explained(model, method, params, x);
    expect(sum(values)).toBeCloseTo(score, 3);
  });
});

describe('methods on a network without ReLUs', () => {
  it('guided backpropagation equals the gradient', async () => {
    const g = GraphBuilder.empty('smooth');
    const weights = g.constant('float32', [5, 3], new Random(13).normal(15));
    const model = await openGraph(
      g.build([g.named(g.op('MatMul', [g.op('Tanh', [g.input('x', 'float32', ['N', 5])]), weights]), 'logits')]),
    );
    const x = { x: vector(5) };
    const plain = await explained(model, 'saliency', { absolute: false }, x);
    expectSame((await explained(model, 'guided_backprop', {}, x)).values, plain.values);
  });
});
