import { expect, test } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeWeb } from '../../../src/node/onnxruntime-web.ts';

test('an expansion reads no shape at run time where all but the shared extents are known', async () => {
  const g = GraphBuilder.empty();
  const mean = g.input('mean', 'float32', ['N', 2, 1]);
  const like = g.input('like', 'float32', ['N', 2, 3]);
  const graph = g.build([g.named(g.expandLike(mean, like), 'y')]);
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Expand', 'Identity']);
  const session = await onnxruntimeWeb().load(write(graph));
  const { y } = await session.run({ mean: float32([2, 2, 1], [1, 2, 3, 4]), like: float32([2, 2, 3]) });
  await session.release();
  expect(y?.dims).toEqual([2, 2, 3]);
  expect(Array.from(y?.data as Float32Array)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
});

test('an expansion over another open extent reads the shape at run time', () => {
  const g = GraphBuilder.empty();
  const mean = g.input('mean', 'float32', ['N', 1]);
  const like = g.input('like', 'float32', ['N', 'M']);
  const graph = g.build([g.named(g.expandLike(mean, like), 'y')]);
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Shape', 'Expand', 'Identity']);
});

test('an expansion to its own shape is the value itself', () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2]);
  expect(g.expandLike(x, g.input('y', 'float32', ['N', 2]))).toBe(x);
});
