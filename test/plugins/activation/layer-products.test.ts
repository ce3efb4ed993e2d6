/** RefineCAM and Seg-Eigen-CAM on layers whose activations and gradients are known. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import refineCam from '../../../src/plugins/activation/refine-cam.ts';
import segEigenCam from '../../../src/plugins/activation/seg-eigen-cam.ts';
import { imageGraph, imageTensor, openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf([refineCam, segEigenCam]);

describe('refine_cam', () => {
  it('multiplies the maps of a fine and a coarse layer at the size of the image', async () => {
    const g = GraphBuilder.empty();
    const fine = g.named(g.op('Relu', [g.input('image', 'float32', ['N', 1, 4, 4])]), 'fine');
    const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
    const coarse = g.named(g.op('MaxPool', [fine], attributes), 'coarse');
    const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', coarse, [2, 3], false), 'y')]));
    const { rows } = await explainer.explain(model, {
      method: 'refine_cam',
      params: { target_layer: 'coarse', more_layers: ['fine'] },
      inputs: { image: float32([1, 1, 4, 4], [8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]) },
    });
    const map = rows[0]?.values.image;
    expect(map?.dims).toEqual([1, 1, 4, 4]);
    const data = [...(map?.data ?? [])];
    // Scaled maps are 1 and 0.5 at the two corners in both layers.
    expect(data[0]).toBeCloseTo(1, 5);
    expect(data[15]).toBeCloseTo(0.25, 5);
    expect(data.filter((value) => value > 1e-6)).toHaveLength(2);
  });

  it('takes the last feature map of each size when no layer is named', async () => {
    const { rows } = await explainer.explain(await openGraph(imageGraph()), {
      method: 'refine_cam',
      target: 1,
      inputs: { image: imageTensor() },
    });
    expect(Object.values(rows[0]?.values ?? {})[0]?.data.some((value) => value > 0)).toBe(true);
  });
});

describe('seg_eigen_cam', () => {
  it('weights features with the size of their gradients and makes the largest value positive', async () => {
    const g = GraphBuilder.empty();
    const layer = g.named(g.op('Relu', [g.input('image', 'float32', ['N', 1, 1, 4])]), 'layer');
    const slopes = g.constant('float32', [1, 1, 1, 4], [1, 1, 1, -3]);
    const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', g.mul(layer, slopes), [2, 3], false), 'y')]));
    const { rows } = await explainer.explain(model, {
      method: 'seg_eigen_cam',
      params: { target_layer: 'layer', relu: false },
      target: 'sum',
      inputs: { image: float32([1, 1, 1, 4], [1, 2, 3, 2]) },
    });
    // Features times size of the gradient are 1, 2, 3 and 6, their mean 3.
    const data = [...(rows[0]?.values.layer?.data ?? [])];
    for (const [i, value] of [-2, -1, 0, 3].entries()) expect(data[i]).toBeCloseTo(value, 5);
  });
});
