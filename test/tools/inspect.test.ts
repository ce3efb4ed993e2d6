import { expect, test } from 'vitest';
import { MethodRegistry } from '../../src/core/method/registry.ts';
import { Model } from '../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';
import { write } from '../../src/core/onnx/write.ts';
import { sizeOf } from '../../src/core/tensor/tensor.ts';
import { inspect } from '../../src/tools/inspect.ts';
import { method } from '../support/trial-method.ts';

const weights = (g: GraphBuilder, ...dims: number[]): Value =>
  g.constant(
    'float32',
    dims,
    Float32Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(i)),
  );

const inspected = async (graph: Graph) =>
  inspect(await Model.read({ bytes: write(graph).graph }), new MethodRegistry([]), { 'ai.onnx': 21 });

test('inspect lists a decomposed operator as rewritten, with the FLOPs of its matrix products', async () => {
  const g = GraphBuilder.empty('recurrent');
  const x = g.transpose(g.input('x', 'float32', ['N', 7, 3]), [1, 0, 2]);
  const y = g.op('GRU', [x, weights(g, 1, 12, 3), weights(g, 1, 12, 4)], { hidden_size: 4 });
  const last = g.op('ReduceMean', [y, g.ints([0, 1])], { keepdims: 0 });
  const { operators, flops } = await inspected(g.build([g.named(last, 'y')]));
  expect(operators).toContainEqual(expect.objectContaining({ op: 'GRU', rule: 'rewritten', flops: 2 * 7 * (36 + 48) }));
  expect(flops.backward).toBeGreaterThan(0);
});

test('inspect finds the CAM layer of a segmentation model before its score maps', async () => {
  const g = GraphBuilder.empty('dense');
  const x = g.input('x', 'float32', ['N', 3, 8, 8]);
  const features = g.op('Relu', [g.op('Conv', [x, weights(g, 4, 3, 3, 3)], { strides: [2, 2] })]);
  const scores = g.op('Conv', [features, weights(g, 2, 4, 1, 1)]);
  const large = g.op('Resize', [scores, null, g.constant('float32', [4], [1, 1, 2, 2])], { mode: 'linear' });
  const { camLayer, camAlternatives } = await inspected(g.build([g.named(large, 'y')]));
  expect(camLayer?.name).toBe(features.name);
  for (const name of [large.name, scores.name]) expect(camAlternatives.map((layer) => layer.name)).not.toContain(name);
});

test('inspect finds the CAM layer of a transformer at the tokens of its last attention', async () => {
  const g = GraphBuilder.empty('tokens');
  const x = g.input('x', 'float32', ['N', 3, 8, 8]);
  const patches = g.op('Reshape', [g.op('Conv', [x, weights(g, 6, 3, 4, 4)], { strides: [4, 4] }), g.ints([0, 6, 4])]);
  const ones = g.constant('float32', [6], [1, 1, 1, 1, 1, 1]);
  const tokens = g.op('LayerNormalization', [g.transpose(patches, [0, 2, 1]), ones]);
  const [q, k, v] = [0, 1, 2].map(() => g.op('MatMul', [tokens, weights(g, 6, 6)])) as [Value, Value, Value];
  const mixed = g.op('MatMul', [g.op('Softmax', [g.op('MatMul', [q, g.transpose(k, [0, 2, 1])])]), v]);
  const y = g.op('MatMul', [g.op('ReduceMean', [mixed, g.ints([1])], { keepdims: 0 }), weights(g, 6, 3)]);
  const { camLayer } = await inspected(g.build([g.named(y, 'y')]));
  expect(camLayer).toMatchObject({ name: tokens.name, dims: [4, 6] });
});

test('inspect names a method whose needs throw, and reports on the others', async () => {
  const g = GraphBuilder.empty('vector');
  const graph = g.build([g.named(g.op('MatMul', [g.input('x', 'float32', ['N', 4]), weights(g, 4, 2)]), 'y')]);
  const broken = method({
    id: 'broken',
    needs: () => {
      throw new TypeError('private words');
    },
  });
  const registry = new MethodRegistry([{ method: broken }, { method: method({}) }]);
  const { methods } = inspect(await Model.read({ bytes: write(graph).graph }), registry, { 'ai.onnx': 21 });
  expect(methods).toMatchObject([
    { method: 'broken', runs: false, reason: 'method_failed: its needs or cost throws (TypeError)' },
    { method: 'trial', runs: true },
  ]);
});
