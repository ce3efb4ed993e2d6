import { expect, test } from 'vitest';
import type { Engine, Tensors } from '../../../src/core/engine/engine.ts';
import type { Explanation } from '../../../src/core/explainer/explanation.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { onnxruntimeWeb } from '../../../src/node/onnxruntime-web.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import integratedGradients from '../../../src/plugins/gradient/integrated-gradients.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import { imageTensor, openGraph } from '../../../src/testing/models.ts';
import { explainerOf, openImage } from '../../support/classifiers.ts';

const methods = [saliency, gradCam, integratedGradients];
const labels = ['cat', 'dog', 'bird', 'fish'];

/** An engine that notes the rows of the image and of the cotangent in each run. */
function watched(changes: Partial<Engine> = {}): { engine: Engine; runs: (readonly (number | undefined)[])[] } {
  const inner = onnxruntimeNode({ threads: 1 });
  const runs: (readonly (number | undefined)[])[] = [];
  const engine: Engine = {
    ...inner,
    ...changes,
    async load(model) {
      const session = await inner.load(model);
      const run = (feeds: Tensors, fetches?: readonly string[]) => {
        runs.push([feeds.image?.dims[0], feeds.cotangent?.dims[0]]);
        return session.run(feeds, fetches);
      };
      return { run, release: () => session.release() };
    },
  };
  return { engine, runs };
}

const valuesOf = ({ rows }: Explanation) => rows.map(({ target, score, values }) => ({ target, score, values }));

test.each(['saliency', 'grad_cam'])('explains several targets by %s over one forward pass', async (method) => {
  const { engine, runs } = watched();
  const explainer = explainerOf(methods, { engine });
  const model = await openImage({ ending: 'Softmax' }, { labels });
  const request = { method, inputs: { image: imageTensor() } };
  const targets = ['bird', 0, 'dog - cat'];
  const explanations = await explainer.explainTargets(explainer.plan(model, request), targets);
  expect(runs).toEqual([[1, 3]]);
  for (const [i, target] of targets.entries()) {
    const alone = await explainer.explain(model, { ...request, target });
    expect(valuesOf(explanations[i] as Explanation)).toEqual(valuesOf(alone));
    expect(explanations[i]?.samples).toEqual({ forwards: 0, backwards: 1, predictions: 0 });
  }
});

test('splits targets into the batches that the memory allows', async () => {
  const { engine, runs } = watched();
  const explainer = explainerOf(methods, { engine, maxBatch: 2 });
  const model = await openImage({}, { labels });
  const request = { method: 'saliency', inputs: { image: imageTensor() } };
  const explanations = await explainer.explainTargets(explainer.plan(model, request), [0, 1, 2, 3, 1]);
  expect(runs).toEqual([
    [1, 2],
    [1, 2],
    [1, 1],
  ]);
  expect(valuesOf(explanations[4] as Explanation)).toEqual(valuesOf(explanations[1] as Explanation));
});

test('runs an engine that wants equal numbers of rows with the row repeated', async () => {
  const { engine, runs } = watched({ mixesRows: false });
  const explainer = explainerOf(methods, { engine });
  const model = await openImage({}, { labels });
  const request = { method: 'saliency', inputs: { image: imageTensor() } };
  const [, second] = await explainer.explainTargets(explainer.plan(model, request), [0, 1]);
  expect(runs).toEqual([[2, 2]]);
  const alone = await explainer.explain(model, { ...request, target: 1 });
  expect(valuesOf(second as Explanation)).toEqual(valuesOf(alone));
});

test('explains several targets by a method of many rows, and those of several rows one by one', async () => {
  const explainer = explainerOf(methods);
  const model = await openImage({}, { labels });
  for (const image of [imageTensor(), imageTensor(2)]) {
    const request = { method: 'integrated_gradients', params: { n_steps: 4 }, inputs: { image } };
    const targets = [2, 1];
    const explanations = await explainer.explainTargets(explainer.plan(model, request), targets);
    for (const [i, target] of targets.entries())
      expect(valuesOf(explanations[i] as Explanation)).toEqual(
        valuesOf(await explainer.explain(model, { ...request, target })),
      );
  }
});

test('names the labels where one of the targets is not among them', async () => {
  const explainer = explainerOf(methods);
  const model = await openImage({}, { labels });
  const plan = explainer.plan(model, { method: 'saliency', inputs: { image: imageTensor() } });
  await expect(explainer.explainTargets(plan, ['cat', 'horse'])).rejects.toMatchObject({ code: 'label_not_found' });
});

test.each([
  ['onnxruntime-node', onnxruntimeNode({ threads: 1 })],
  ['onnxruntime-web', onnxruntimeWeb()],
])('explains several targets where both passes have tensors of one shape (%s)', async (_, engine) => {
  const g = GraphBuilder.empty('perceptron');
  const weights = (...dims: number[]) => {
    const [rows = 0, columns = 0] = dims;
    return g.constant(
      'float32',
      dims,
      Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i + rows)),
    );
  };
  let x = g.input('x', 'float32', ['N', 6]);
  for (const [from, to] of [
    [6, 32],
    [32, 32],
    [32, 32],
  ] as const)
    x = g.op('Relu', [g.op('Gemm', [x, weights(from, to), weights(1, to)])]);
  const graph = g.build([g.named(g.op('Gemm', [x, weights(32, 4), weights(1, 4)]), 'scores')]);
  const explainer = explainerOf(methods, { engine });
  const model = await openGraph(graph, { labels });
  const request = { method: 'saliency', inputs: { x: float32([1, 6], [0.3, -0.2, 0.9, 0.4, -0.7, 0.1]) } };
  const targets = ['cat', 'dog', 'fish'];
  const explanations = await explainer.explainTargets(explainer.plan(model, request), targets);
  for (const [i, target] of targets.entries())
    expect(valuesOf(explanations[i] as Explanation)).toEqual(
      valuesOf(await explainer.explain(model, { ...request, target })),
    );
});
