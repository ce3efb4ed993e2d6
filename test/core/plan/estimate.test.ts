import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import rise from '../../../src/plugins/perturbation/rise.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

/** Deep convolutions on images of any size. */
function imageNetwork(groups = 1): Promise<Model> {
  const g = GraphBuilder.empty();
  const weights = (dims: number[]): Value =>
    g.constant('float32', dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.01));
  let x = g.op('Conv', [g.input('image', 'float32', ['N', 3, 'H', 'W']), weights([32, 3, 3, 3])], {
    pads: [1, 1, 1, 1],
  });
  for (let i = 0; i < 6; i++) {
    const convolved = g.op('Conv', [x, weights([32, 32 / groups, 3, 3])], { pads: [1, 1, 1, 1], group: groups });
    x = g.op('Relu', [convolved]);
  }
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [x])]);
  return openGraph(g.build([g.named(g.op('MatMul', [pooled, weights([32, 5])]), 'scores')]));
}

/** Attention of each position of a sequence to every other. */
function sequenceNetwork(): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('sequence', 'float32', ['N', 'T', 64]);
  const scores = g.op('Softmax', [g.op('MatMul', [x, g.transpose(x, [0, 2, 1])])]);
  const mixed = g.op('ReduceMean', [g.op('MatMul', [scores, x]), g.ints([1])], { keepdims: 0 });
  return openGraph(
    g.build([g.named(g.op('MatMul', [mixed, g.constant('float32', [64, 5], Array(320).fill(0.1))]), 'scores')]),
  );
}

const explainer = explainerOf([gradCam, rise, saliency], { measures: true });

/** Estimated time of one row. */
function milliseconds(model: Model, dims: number[], method: string): number {
  const name = model.graph.inputs[0]?.name ?? '';
  const plan = explainer.plan(model, { method, inputs: { [name]: float32([1, ...dims]) } });
  const { milliseconds, cost } = explainer.estimate(plan);
  return milliseconds / (cost.forwards + cost.backwards);
}

describe('the estimated time', () => {
  it.each(['saliency', 'rise'])('of %s follows the size of the image', async (method) => {
    const model = await imageNetwork();
    const [small, large] = [32, 256].map((side) => milliseconds(model, [3, side, side], method));
    const ratio = (large ?? 0) / (small ?? 0) / 64;
    expect(ratio).toBeGreaterThan(1 / 1.5);
    expect(ratio).toBeLessThan(1.5);
  });

  it('grows with the square of the length of a sequence in attention', async () => {
    const model = await sequenceNetwork();
    const [short, long] = [512, 4096].map((length) => milliseconds(model, [length, 64], 'saliency'));
    const ratio = (long ?? 0) / (short ?? 0) / 64;
    expect(ratio).toBeGreaterThan(1 / 1.5);
    expect(ratio).toBeLessThan(1.5);
  });

  it('of a last layer is near that of a prediction, and that of the input twice as long or more', async () => {
    const model = await imageNetwork();
    const dims = [3, 128, 128];
    const row = milliseconds(model, dims, 'rise');
    const [layer, input] = ['grad_cam', 'saliency'].map((method) => milliseconds(model, dims, method));
    expect((layer ?? 0) / row).toBeLessThan(1.5);
    expect((input ?? 0) / row).toBeGreaterThan(2);
  });

  it('knows that a depthwise convolution is slower than its FLOPs say', async () => {
    const [dense, depthwise] = [await imageNetwork(), await imageNetwork(32)];
    const times = [dense, depthwise].map((model) => milliseconds(model, [3, 128, 128], 'saliency'));
    expect((times[0] ?? 0) / (times[1] ?? 0)).toBeLessThan(16);
  });

  it('comes with the memory of the size that was sent, whatever size was sent first', async () => {
    const model = await imageNetwork();
    const bytes = (side: number): number => {
      const inputs = { image: float32([1, 3, side, side]) };
      return explainer.estimate(explainer.plan(model, { method: 'saliency', inputs })).bytes;
    };
    expect(bytes(32)).toBeLessThan(50e6);
    // The activations of 32 channels at 512x512 take 33.6 MB, and several are held for the way back.
    expect(bytes(512)).toBeGreaterThan(100e6);
    expect(bytes(32)).toBeLessThan(50e6);
  });

  it('is corrected by runs of another size', async () => {
    const model = await imageNetwork();
    const before = [32, 128].map((side) => milliseconds(model, [3, side, side], 'saliency'));
    for (let i = 0; i < 3; i++)
      await explainer.explain(model, { method: 'saliency', inputs: { image: float32([1, 3, 32, 32]) } });
    const after = [32, 128].map((side) => milliseconds(model, [3, side, side], 'saliency'));
    const factors = after.map((time, i) => time / (before[i] ?? 1));
    expect(factors[0]).not.toBe(1);
    expect(factors[1]).toBeCloseTo(factors[0] ?? 0, 6);
  });
});
