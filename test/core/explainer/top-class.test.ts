import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import { imageTensor, openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf([saliency, gradCam]);

/** Convolution, ReLU and global pooling, whose scores keep the two spatial dims: [N, 4, 1, 1], as in SqueezeNet. */
function pooled() {
  const g = GraphBuilder.empty('pooled');
  const image = g.input('image', 'float32', ['N', 3, 8, 8]);
  const kernel = g.constant(
    'float32',
    [4, 3, 3, 3],
    Array.from({ length: 108 }, (_, i) => Math.sin(i * 1.7)),
  );
  const features = g.op('Relu', [g.op('Conv', [image, kernel], { pads: [1, 1, 1, 1] })]);
  return g.build([g.named(g.op('GlobalAveragePool', [features]), 'scores')]);
}

describe('scores with dims of 1 behind the classes', () => {
  it.each(['saliency', 'grad_cam'])('give prediction and derivative in one run of %s', async (method) => {
    const model = await openGraph(pooled());
    const inputs = { image: imageTensor() };
    const free = await explainer.explain(model, { method, inputs });
    expect(free.samples).toEqual({ forwards: 0, backwards: 1, predictions: 0 });
    const target = free.rows[0]?.target.index as number;
    const named = await explainer.explain(model, { method, inputs, target });
    expect(free.rows[0]?.values).toEqual(named.rows[0]?.values);
    expect(free.rows[0]?.top[0]?.index).toBe(target);
  });
});
