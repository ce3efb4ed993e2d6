/** Dense targets through the whole explainer: a small segmentation network and a small detector. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import type { Model } from '../../../src/core/model/model.ts';
import type { TargetRequest } from '../../../src/core/model/target-request.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

/** 1x6x6 images to 3 classes at each pixel: every class looks at 3x3 pixels. */
function segmenter(): Promise<Model> {
  const g = GraphBuilder.empty('segmenter');
  const x = g.input('image', 'float32', ['N', 1, 6, 6]);
  const kernel = g.constant(
    'float32',
    [3, 1, 3, 3],
    [...Array(9).fill(1), ...Array(9).fill(-2), ...Array(9).fill(0.5)],
  );
  const bias = g.constant('float32', [3], [0, 1, 0.25]);
  const map = g.named(g.op('Conv', [x, kernel, bias], { pads: [1, 1, 1, 1] }), 'map');
  return openGraph(g.build([g.named(g.op('Softmax', [map], { axis: 1 }), 'probabilities')]), {
    labels: ['sky', 'cat', 'dog'],
  });
}

/** 1x4x4 images to 4 boxes (quarters of the image) with a score for 2 classes each: the sum, and twice that. */
function detector(): Promise<Model> {
  const g = GraphBuilder.empty('detector');
  const x = g.input('image', 'float32', ['N', 1, 4, 4]);
  const pooled = g.op('Conv', [x, g.constant('float32', [2, 1, 2, 2], [1, 1, 1, 1, 2, 2, 2, 2])], { strides: [2, 2] });
  const boxes = g.op('Transpose', [g.op('Reshape', [pooled, g.ints([-1, 2, 4])])], { perm: [0, 2, 1] });
  return openGraph(g.build([g.named(boxes, 'scores')]));
}

const image = (side: number) => float32([1, 1, side, side], new Random(3).normal(side * side));

async function explain(model: Model, method: string, target: TargetRequest | undefined, side: number, params = {}) {
  const inputs = { image: image(side) };
  const { rows } = await explainer.explain(model, { method, params, inputs, ...(target !== undefined && { target }) });
  const [row] = rows;
  return { ...(row as ExplainedRow), map: Array.from(row?.values.image?.data ?? []) };
}

const signed = { absolute: false };

describe('the explanation of a segmentation region', () => {
  it('has a nonzero gradient for the cells of the region only', async () => {
    const { map, target } = await explain(
      await segmenter(),
      'saliency',
      { class: 'cat', box: [0, 0, 1, 1] },
      6,
      signed,
    );
    expect(target).toMatchObject({ index: 1, label: 'cat' });
    expect(map).toEqual(Array.from({ length: 36 }, (_, i) => (i % 6 < 2 && i < 12 ? -2 : 0)));
  });

  it('covers the positions where the class is predicted, with their score', async () => {
    const model = await segmenter();
    const [prediction] = await explainer.predict(model, { inputs: { image: image(6) } });
    const scores = [...(prediction?.scores ?? [])];
    const cells = Array.from({ length: 36 }, (_, i) => i).filter((i) => {
      const [sky, cat, dog] = [scores[i], scores[36 + i], scores[72 + i]] as [number, number, number];
      return cat > sky && cat > dog;
    });
    expect(cells.length).toBeGreaterThan(0);
    const { score, target } = await explain(model, 'saliency', { class: 'cat', mask: 'predicted' }, 6, signed);
    expect(target.weights.map(({ index }) => index)).toEqual(cells.map((i) => 36 + i));
    expect(score).toBeCloseTo(
      cells.reduce((sum, i) => sum + (scores[36 + i] as number), 0),
      4,
    );
  });

  it('defaults to the cell with the highest score, and lists classes', async () => {
    const { target, top, score } = await explain(await segmenter(), 'occlusion', undefined, 6);
    expect(target.weights).toHaveLength(1);
    expect(top.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
    expect(top[0]).toMatchObject({ index: target.index, label: target.label, score });
    expect(top[0]?.probability).toBeGreaterThan(1 / 3);
    expect(top[0]?.probability).toBeLessThanOrEqual(1);
  });

  it.each(['input_x_gradient', 'occlusion', 'feature_ablation', 'kernel_shap', 'grad_cam'])(
    'has finite values with %s',
    async (method) => {
      const { map, values } = await explain(await segmenter(), method, { class: 'dog - cat', box: [2, 2, 4, 4] }, 6);
      expect(Object.values(values)).toHaveLength(1);
      for (const value of map) expect(value).toSatisfy(Number.isFinite);
    },
  );
});

describe('the explanation of a box score of a detector', () => {
  it('depends on the pixels that the box sees', async () => {
    const { map, score } = await explain(await detector(), 'saliency', { class: 1, position: 2 }, 4, signed);
    expect(map).toEqual(Array.from({ length: 16 }, (_, i) => (i >= 8 && i % 4 < 2 ? 2 : 0)));
    const seen = image(4).data.filter((_, i) => i >= 8 && i % 4 < 2);
    expect(score).toBeCloseTo(2 * seen.reduce((a, b) => a + b, 0), 4);
  });

  it('depends on the same pixels by occlusion', async () => {
    const params = { sliding_window_shape: [1], strides: [1] };
    const { map } = await explain(await detector(), 'occlusion', '{"class": 0, "position": 0}', 4, params);
    const pixels = image(4).data;
    for (const [i, value] of map.entries()) {
      expect(value).toBeCloseTo(i < 8 && i % 4 < 2 ? (pixels[i] as number) : 0, 5);
    }
  });
});
