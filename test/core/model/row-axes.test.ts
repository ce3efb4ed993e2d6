import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32, tensor } from '../../../src/core/tensor/tensor.ts';
import deepLift from '../../../src/plugins/gradient/deep-lift.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import featureAblation from '../../../src/plugins/perturbation/feature-ablation.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf([saliency, deepLift, featureAblation]);

/** score = relu(x . w) * t for x [N, 3], with a temperature t [1] that all rows share. */
function scaled() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  const t = g.input('temperature', 'float32', [1]);
  const weights = g.constant('float32', [3, 2], [1, 0, 2, 1, 3, -1]);
  return openGraph(g.build([g.named(g.mul(g.op('Relu', [g.op('MatMul', [x, weights])]), t), 'logits')]));
}

describe('an input without rows beside one with rows', () => {
  const inputs = { x: float32([2, 3], [1, 1, 1, 1, 0, 0]), temperature: float32([1], [2]) };

  it.each([
    ['saliency', { absolute: false }, [2, 4, 6]],
    ['deep_lift', {}, [2, 4, 6]],
    ['feature_ablation', { feature_mask: 'none' }, [2, 4, 6]],
  ])('is shared by all rows and gets nothing from %s', async (method, params, values) => {
    const { rows } = await explainer.explain(await scaled(), { method, params, inputs, target: 0 });
    expect(rows.map(({ score }) => score)).toEqual([12, 2]);
    expect(Object.keys(rows[0]?.values ?? {})).toEqual(['x']);
    expect([...(rows[0]?.values.x?.data ?? [])]).toEqual(values);
  });
});

describe('a model that counts rows along a later axis', () => {
  it('takes and gives tensors in the axes of the file', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['T', 'N', 2]);
    const weights = g.constant('float32', [1, 3, 2], new Array(6).fill(0.5));
    const recurrence = g.constant('float32', [1, 3, 1], new Array(3).fill(0.25));
    const y = g.op('GRU', [x, weights, recurrence], { hidden_size: 1 });
    const model = await openGraph(g.build([g.named(y, 'y')]));
    expect(model.description.inputs[0]?.batchAxis.value).toBe(1);
    const steps = float32([3, 1, 2], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    const { y: output } = await explainer.infer(model, { inputs: { x: steps }, names: ['y'] });
    expect(output?.dims).toEqual([3, 1, 1, 1]);
    const { rows } = await explainer.explain(model, { method: 'feature_ablation', inputs: { x: steps } });
    expect(rows.map(({ values }) => values.x?.dims)).toEqual([[1, 3, 2]]);
  });
});

describe('a model without rows', () => {
  it('is one row: its tensors keep the axes of the file', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', [3]);
    const model = await openGraph(g.build([g.named(g.mul(x, x), 'y')]));
    const { y } = await explainer.infer(model, { inputs: { x: tensor('float32', [3], [1, 2, 3]) }, names: ['y'] });
    expect(y?.dims).toEqual([3]);
    expect([...(y?.data ?? [])]).toEqual([1, 4, 9]);
  });
});
