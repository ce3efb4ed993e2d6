/** Guided backpropagation and deconvolution through ReLU6, which exporters write as Clip(0, 6). */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

/** A negative and a positive weight behind each of: below 0, between, above 6. */
async function slopes(method: string, params: Record<string, unknown>, low = 0): Promise<number[]> {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 6]);
  const clipped = g.op('Clip', [x, g.scalar(low), g.scalar(6)]);
  const model = await openGraph(
    g.build([g.named(g.op('MatMul', [clipped, g.constant('float32', [6, 1], [-2, 2, -2, 2, -2, 2])]), 'y')]),
  );
  const inputs = { x: float32([1, 6], [-1, -1, 3, 3, 7, 7]) };
  const { rows } = await explainer.explain(model, { method, params, target: 0, inputs });
  return Array.from(rows[0]?.values.x?.data ?? [], (value) => value + 0);
}

describe('Clip from 0 to 6', () => {
  it.each(['guided_backprop', 'deconvolution'])('has its plain gradient in %s, as in Captum', async (method) => {
    expect(await slopes(method, {})).toEqual([0, 0, -2, 2, 0, 0]);
  });

  it('is treated as a ReLU when requested', async () => {
    expect(await slopes('guided_backprop', { clip: true })).toEqual([0, 0, 0, 2, 0, 0]);
    expect(await slopes('deconvolution', { clip: true })).toEqual([0, 2, 0, 2, 0, 2]);
  });

  it('is not a ReLU with another lower bound', async () => {
    expect(await slopes('guided_backprop', { clip: true }, -2)).toEqual([-2, 2, -2, 2, 0, 0]);
  });
});

describe('guided backpropagation of a neuron', () => {
  it.each([
    ['neuron_guided_backprop', [0, 3]],
    ['neuron_deconvolution', [2, 3]],
  ] as const)('starts at the neuron and includes the ReLUs before it with %s', async (method, expected) => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2]);
    const inner = g.op('MatMul', [g.op('Relu', [x]), g.constant('float32', [2, 2], [-5, 2, 7, 3])]);
    const y = g.op('MatMul', [g.op('Relu', [g.named(inner, 'inner')]), g.constant('float32', [2, 1], [1, -1])]);
    const model = await openGraph(g.build([g.named(y, 'y')]));
    const { rows } = await explainer.explain(model, {
      method,
      params: { target_layer: 'inner', neuron: [1] },
      target: 0,
      inputs: { x: float32([1, 2], [-1, 1]) },
    });
    expect(Array.from(rows[0]?.values.x?.data ?? [])).toEqual(expected);
  });
});
