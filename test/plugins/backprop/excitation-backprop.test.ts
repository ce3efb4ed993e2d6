/** Excitation backprop against the formula by hand, and its conservation of probability. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { smallImage, smallNetwork } from '../../support/small-network.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

/** x -> dense, ReLU -> dense: hidden units 2 x0 + x1 - 1, x0 - x1, -x0 + 3 x1. */
async function dense(params: Record<string, unknown>, x: readonly number[] = [1, 2]): Promise<number[]> {
  const g = GraphBuilder.empty();
  const input = g.input('x', 'float32', ['N', 2]);
  const first = g.constant('float32', [2, 3], [2, 1, -1, 1, -1, 3]);
  const hidden = g.op('Relu', [g.op('Gemm', [input, first, g.constant('float32', [3], [-1, 0, 0])])]);
  const second = g.constant('float32', [3, 2], [1, -2, 5, 1, 3, 4]);
  const model = await openGraph(g.build([g.named(g.op('MatMul', [hidden, second]), 'y')]));
  const inputs = { x: float32([1, 2], x) };
  const request = { method: 'excitation_backprop', params, target: 0, inputs };
  const { rows } = await explainer.explain(model, request);
  return Array.from(rows[0]?.values.x?.data ?? []);
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
}

/** Computed in float64 by another program from equation 10, at these places of the input and of the hidden layer. */
const AT_INPUT = [12, 13, 17, 18, 19, 37, 38, 43];
const AT_HIDDEN = [0, 7, 12, 30, 37, 62, 74];
const FIGURES: [params: object, target: number, at: readonly number[], expected: readonly number[], sum: number][] = [
  [{}, 0, AT_INPUT, [0.0762724, 0.0605441, 0.0256994, 0.0465676, 0.0369767, 0.0468619, 0.0424913, 0.035261], 1],
  [{}, 1, AT_INPUT, [0.0797104, 0.05619, 0.0275057, 0.0449181, 0.0333667, 0.047536, 0.0371839, 0.0330868], 1],
  [
    { target_layer: 'hidden' },
    1,
    AT_HIDDEN,
    [0.0145977, 0.025456, 0.0300902, 0.0033325, 0.0306141, 0.0228388, 0.0052626],
    1,
  ],
  [
    { contrastive: true },
    1,
    AT_INPUT,
    [0.0134825, -0.0170749, 0.0070836, -0.0064686, -0.0141566, 0.0026434, -0.0208132, -0.0085265],
    0,
  ],
  [
    { contrastive: true, target_layer: 'hidden' },
    1,
    AT_HIDDEN,
    [0.0048605, -0.0035918, 0.002419, -0.0030158, 0.0018537, 0.0042285, -0.0057186],
    0,
  ],
];

describe('excitation backprop', () => {
  it.each(FIGURES)(
    'gives the float64 reference values of a convolutional network: %j, class %d',
    async (params, target, at, expected, sum) => {
      const request = { method: 'excitation_backprop', params: { ...params }, target, inputs: { x: smallImage() } };
      const { rows } = await explainer.explain(await smallNetwork('Relu'), request);
      const values = Object.values(rows[0]?.values ?? {}).flatMap(({ data }) => [...data]);
      for (const [i, place] of at.entries()) expect(values[place]).toBeCloseTo(expected[i] as number, 6);
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 5);
    },
  );

  it('distributes each probability by input times positive weight', async () => {
    // Hidden 3, 0, 5 with weights 1, 5, 3: 3/18, 0, 15/18. Unit 0 takes 2 and 2 of its inputs, unit 2 the second alone.
    expectClose(await dense({}), [3 / 36, 3 / 36 + 15 / 18]);
  });

  it('subtracts the excitation of the dual class when contrastive', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 3]);
    const y = g.op('MatMul', [x, g.constant('float32', [3, 1], [1, -1, 3])]);
    const model = await openGraph(g.build([g.named(y, 'y')]));
    const { rows } = await explainer.explain(model, {
      method: 'excitation_backprop',
      params: { contrastive: true },
      target: 0,
      inputs: { x: float32([1, 3], [1, 2, 1]) },
    });
    expectClose(Array.from(rows[0]?.values.x?.data ?? []), [1 / 4, -1, 3 / 4]);
  });

  it('assigns nothing to negative inputs', async () => {
    expectClose(await dense({}, [2, -1]), [1, 0]);
  });

  it('conserves the total through convolutions, pooling and merged branches', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2, 6, 6]);
    const weights = Array.from({ length: 36 }, (_, i) => Math.sin(i + 1) + 0.3);
    const kernel = g.constant('float32', [2, 2, 3, 3], weights);
    const pads = { pads: [1, 1, 1, 1] };
    const a = g.op('Relu', [g.op('Conv', [x, kernel], pads)]);
    const b = g.op('Add', [a, g.op('Relu', [g.op('Conv', [a, kernel], pads)])]);
    const pooled = g.op('GlobalAveragePool', [g.op('MaxPool', [b], { kernel_shape: [2, 2], strides: [2, 2] })]);
    const flat = g.op('Flatten', [pooled]);
    const y = g.op('Gemm', [flat, g.constant('float32', [2, 2], [1, -2, 3, 4]), g.constant('float32', [2], [7, -7])]);
    const model = await openGraph(g.build([g.named(y, 'y')]));
    const image = float32(
      [1, 2, 6, 6],
      Array.from({ length: 72 }, (_, i) => 0.5 + Math.cos(i) / 2),
    );
    const request = { method: 'excitation_backprop', target: 1, inputs: { x: image } };
    const { rows } = await explainer.explain(model, request);
    const values = Array.from(rows[0]?.values.x?.data ?? []);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });
});
