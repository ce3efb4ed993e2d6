/** Boxes around what a map marks. */
import { describe, expect, it } from 'vitest';
import { boxAround } from '../../../src/core/strategy/activation/localise.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import { imageTensor } from '../../../src/testing/models.ts';
import { explainerOf, openImage, openVector } from '../../support/classifiers.ts';

describe('boxAround', () => {
  const map = float32([3, 5], [9, 0, 0, 3, 3, 0, 0, 0, 3, 0, 0, 1, 0, 3, -9]);

  it('encloses the largest connected region above the threshold', () => {
    expect(boxAround(map, 0.2)).toEqual([{ name: 'region', box: [3, 0, 5, 3], score: expect.closeTo(12 / 22) }]);
    // Only the highest value is left.
    expect(boxAround(map, 0.5)).toMatchObject([{ box: [0, 0, 1, 1] }]);
  });

  it('does not join regions that touch at a corner', () => {
    expect(boxAround(float32([2, 3], [1, 1, 0, 0, 0, 1]), 0.5)).toMatchObject([{ box: [0, 0, 2, 1] }]);
  });

  it('is empty for a map without a value above zero', () => {
    expect(boxAround(float32([1, 2], [0, -1]), 0.2)).toEqual([]);
  });
});

describe('box_threshold of a class activation map', () => {
  const explainer = explainerOf([gradCam]);

  it('adds the box of its map', async () => {
    const model = await openImage();
    const params = { box_threshold: 0.3 };
    const { rows } = await explainer.explain(model, {
      method: 'grad_cam',
      params,
      target: 1,
      inputs: { image: imageTensor() },
    });
    const [row] = rows;
    expect(row?.boxes).toEqual(row?.map && boxAround(row.map, 0.3));
    expect(row?.boxes).toHaveLength(1);
  });

  it('needs a model that sees an image', async () => {
    const request = {
      method: 'grad_cam',
      params: { box_threshold: 0.3, target_layer: 'h' },
      inputs: { x: float32([1, 5]) },
    };
    await expect(explainer.explain(await openVector(), request)).rejects.toMatchObject({
      code: 'unprocessable_method',
    });
  });
});
