import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { hasOpenShapes } from '../../../src/core/explainer/auto-method.ts';
import { AUTO_RULES, chooseMethod } from '../../../src/core/explainer/choose-method.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { imageGraph, openGraph, tokenGraph, vectorGraph } from '../../../src/testing/models.ts';
import { patchNet } from '../../support/patch-net.ts';
import { smallDetector } from '../../support/small-detector.ts';

const methods = new MethodRegistry(plugins);
const chosen = (model: Model, question: object = {}) => chooseMethod(methods, { model, ...question }).entry.method.id;
/** A registry in which every gradient method is missing: what is left are black boxes. */
const blackBoxes = new MethodRegistry(plugins.filter(({ method }) => method.strategy === 'perturbation'));

describe('chooseMethod', () => {
  it('names methods that are built in, each with a reason', () => {
    for (const { method, reason } of AUTO_RULES) {
      expect(methods.has(method)).toBe(true);
      expect(reason).not.toMatch(/\.$/);
    }
  });

  it('takes Grad-CAM for an image model, whatever the deadline', async () => {
    const model = await openGraph(imageGraph());
    expect([chosen(model), chosen(model, { deadline: 10 })]).toEqual(['grad_cam', 'grad_cam']);
    expect(chooseMethod(methods, { model }).reason).toContain('spatial layer');
  });

  it('takes HiResCAM for a detector, whose map keeps to one box', async () => {
    const corrections = { task: 'object_detection' };
    expect(chosen(await smallDetector(), { corrections })).toBe('hires_cam');
  });

  it('covers windows of the image of a detector without a derivative, and follows the box', async () => {
    const corrections = { task: 'object_detection' };
    const model = await smallDetector();
    expect(chooseMethod(blackBoxes, { model, corrections }).entry.method.id).toBe('occlusion');
  });

  it('lets the gradient pass beside a condition of truth values', async () => {
    const g = GraphBuilder.empty('conditions');
    const x = g.input('x', 'float32', ['N', 4]);
    const between = g.op('Xor', [g.op('Greater', [x, g.scalar(0)]), g.op('Greater', [x, g.scalar(1)])]);
    const chosen = g.where(between, g.mul(x, g.scalar(2)), x);
    const weights = g.constant('float32', [4, 2], [1, 0, 0, 1, 1, 1, 0, 0]);
    const model = await openGraph(g.build([g.named(g.op('MatMul', [chosen, weights]), 'y')]));
    expect(chooseMethod(methods, { model }).entry.method.id).toBe('integrated_gradients');
  });

  it('finds the derivative of a model whose open shape the input settles', async () => {
    const g = GraphBuilder.empty('positions');
    const x = g.input('image', 'float32', ['N', 3, 8, 'W']);
    const kernel = g.constant('float32', [4, 3, 3, 3], new Array(108).fill(0.1));
    const map = g.op('Relu', [g.op('Conv', [x, kernel])]);
    const width = g.op('Gather', [g.op('Shape', [map]), g.constant('int64', [], [3])]);
    const columns = g.op('Range', [g.constant('int64', [], [0]), width, g.constant('int64', [], [1])]);
    const placed = g.mul(map, g.op('Cast', [columns], { to: 1 }));
    const model = await openGraph(g.build([g.named(g.reduce('ReduceMean', placed, [2, 3], false), 'scores')]));
    expect(chosen(model, { inputs: { image: float32([1, 3, 8, 9]) } })).toBe('grad_cam');
  });

  it('takes the attention of a transformer with a class token, and Grad-CAM where there is none', async () => {
    expect(chosen(await patchNet(2, 3, 1), { deadline: 10 })).toBe('transformer_attribution');
    expect(chosen(await patchNet(2, 3, 0))).toBe('grad_cam');
    expect(chosen(await patchNet(2, 3, 1), { corrections: { task: 'regression' } })).toBe('grad_cam');
  });

  it.each([
    ['a vector', vectorGraph],
    ['tokens', tokenGraph],
  ])('takes a path for a model of %s, and one gradient where the deadline is short', async (_, graph) => {
    const model = await openGraph(graph());
    expect(chosen(model)).toBe('integrated_gradients');
    expect(chosen(model, { deadline: 999 })).toBe('input_x_gradient');
    expect(chosen(model, { deadline: 1000 })).toBe('integrated_gradients');
  });

  it('takes a black box where the graph cannot be differentiated', async () => {
    const g = GraphBuilder.empty('random');
    const x = g.input('x', 'float32', ['N', 4]);
    const weights = g.constant('float32', [4, 2], [1, 0, 0, 1, 1, 1, 0, 0]);
    const noisy = g.add(x, g.mul(g.op('RandomUniformLike', [x]), g.op('RandomUniformLike', [x])));
    const model = await openGraph(
      g.build([g.named(g.op('MatMul', [g.mul(noisy, g.op('Bernoulli', [x])), weights]), 'y')]),
    );
    const { entry, reason } = chooseMethod(methods, { model });
    expect(entry.method.strategy).toBe('perturbation');
    expect(reason).toContain('without a derivative');
  });

  it('takes a black box where only differentiation itself can tell that an operator has no derivative', async () => {
    // Comparisons have a rule, which holds only where nothing of them reaches the scores.
    const g = GraphBuilder.empty('counts');
    const x = g.input('x', 'float32', ['N', 4]);
    const isSmall = g.op('Less', [x, g.scalar(0)]);
    const counted = g.op('Cast', [isSmall], { to: 1 });
    const model = await openGraph(
      g.build([g.named(g.op('MatMul', [counted, g.constant('float32', [4, 2], [1, 0, 0, 1, 1, 1, 0, 0])]), 'y')]),
    );
    expect(chooseMethod(methods, { model }).entry.method.strategy).toBe('perturbation');
  });

  it('takes shapes that the file leaves open from the inputs', async () => {
    const g = GraphBuilder.empty('open');
    const image = g.input('image', 'float32', ['N', 3, 'height', 'width']);
    const features = g.op('Relu', [
      g.op('Conv', [image, g.constant('float32', [4, 3, 3, 3], new Float32Array(108).fill(0.1))]),
    ]);
    const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [features])]);
    const model = await openGraph(g.build([g.named(pooled, 'y')]));
    expect(hasOpenShapes(model)).toBe(true);
    expect(hasOpenShapes(await openGraph(imageGraph()))).toBe(false);
    expect(chosen(model, { inputs: { image: float32([1, 3, 9, 7]) } })).toBe('grad_cam');
    expect(() => chosen(model, { inputs: { image: float32([1, 4, 9, 7]) } })).toThrow(/image/);
  });

  it('heeds what the request corrects', async () => {
    const model = await openGraph(imageGraph());
    const unknown = { corrections: { output: 'nothing' } };
    expect(() => chosen(model, unknown)).toThrow(/nothing/);
    expect(chosen(model, { corrections: { task: 'classification' } })).toBe('grad_cam');
  });

  it('takes the next method where the client may not use the first', async () => {
    const model = await openGraph(imageGraph());
    expect(chosen(model, { mayUse: ({ method }: { method: { id: string } }) => method.id !== 'grad_cam' })).toBe(
      'integrated_gradients',
    );
    expect(chooseMethod(blackBoxes, { model }).entry.method.id).toBe('occlusion');
  });

  it('refuses where no method applies, with what was tried', async () => {
    const model = await openGraph(vectorGraph());
    expect(() => chooseMethod(new MethodRegistry([]), { model })).toThrow(
      /^No method can be chosen for this model\. Among those that would be tried, \w+.* may not be used here\. Name one/,
    );
  });
});
