/** Values of a request that a model cannot take: refused by name, never an engine's failure or a model's fault. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32, tensor } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

const weights = (g: GraphBuilder, ...dims: number[]): Value =>
  g.constant('float32', dims, new Random(7).normal(dims.reduce((a, b) => a * b, 1)));

/** Classes from the mean over the tokens of ids 0 to 9, padding of id 0 left out; 4 tokens at most where `positions`. */
function texts(positions = false): Promise<Model> {
  const g = GraphBuilder.empty();
  const ids = g.input('input_ids', 'int64', ['N', 'S']);
  const present = g.op('Cast', [g.op('Greater', [ids, g.constant('int64', [], [0])])], { to: 1 });
  const rows = g.op('Gather', [weights(g, 10, 4), ids]);
  const placed = positions ? g.add(rows, weights(g, 1, 4, 4)) : rows;
  const kept = g.mul(placed, g.op('Unsqueeze', [present, g.ints([2])]));
  const mean = g.div(g.reduce('ReduceSum', kept, [1], false), g.reduce('ReduceSum', present, [1]));
  return openGraph(g.build([g.named(g.op('MatMul', [mean, weights(g, 4, 2)]), 'logits')]));
}

/** Classes of images of 7 or 8 pixels a side, though the file leaves the size open. */
function images(): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('image', 'float32', ['N', 1, 'H', 'W']);
  const flat = g.op('Reshape', [g.op('Conv', [x, weights(g, 2, 1, 3, 3)], { strides: [2, 2] }), g.ints([0, 18])]);
  return openGraph(g.build([g.named(g.op('MatMul', [flat, weights(g, 18, 2)]), 'logits')]));
}

const ids = (...values: number[]) => ({ input_ids: tensor('int64', [1, values.length], values) });

describe('a request is refused by name', () => {
  it.each(['saliency', 'occlusion'])('for a token that the model does not know, by %s', async (method) => {
    await expect(explainer.explain(await texts(), { method, inputs: ids(1, 99, 2) })).rejects.toMatchObject({
      code: 'invalid_tensor',
      message: expect.stringContaining('Element 1 of the input "input_ids" is 99'),
    });
  });

  it('for a baseline that is no token of the model', async () => {
    const model = await texts();
    const number = explainer.explain(model, { method: 'occlusion', params: { baseline: 99 }, inputs: ids(1, 2) });
    await expect(number).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('99') });
    const given = explainer.explain(model, { method: 'occlusion', baselines: ids(50, 50), inputs: ids(1, 2) });
    await expect(given).rejects.toMatchObject({ code: 'invalid_tensor' });
  });

  it('for a text that is longer than the positions of the model', async () => {
    const model = await texts(true);
    await expect(explainer.explain(model, { method: 'saliency', inputs: ids(1, 2, 3, 4, 5) })).rejects.toMatchObject({
      code: 'invalid_tensor',
      message: expect.stringContaining('does not take "input_ids" of shape [5]'),
    });
  });

  it.each(['saliency', 'occlusion'])('for an image of a size that the model does not take, by %s', async (method) => {
    const inputs = { image: float32([1, 1, 20, 20], new Random(1).normal(400)) };
    await expect(explainer.explain(await images(), { method, inputs })).rejects.toMatchObject({
      code: 'invalid_tensor',
      message: expect.stringContaining('does not take "image" of shape [1, 20, 20]'),
    });
  });

  it.each(['rise', 'kernel_shap', 'lime', 'hsic', 'sobol', 'shapley_sampling'])(
    'for a baseline that leaves nothing of a short text, by %s',
    async (method) => {
      await expect(explainer.explain(await texts(), { method, inputs: ids(3, 4) })).rejects.toMatchObject({
        code: 'unprocessable_method',
        details: { parameter: 'baseline' },
      });
    },
  );

  it('for a baseline that the model divides by, on a path', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 4]);
    const share = g.div(x, g.reduce('ReduceSum', g.mul(x, x), [1]));
    const model = await openGraph(g.build([g.named(g.op('MatMul', [share, weights(g, 4, 2)]), 'logits')]));
    const inputs = { x: float32([1, 4], [1, 2, 3, 4]) };
    await expect(explainer.explain(model, { method: 'integrated_gradients', inputs })).rejects.toMatchObject({
      code: 'unprocessable_method',
      details: { parameter: 'baseline' },
    });
  });
});
