import { expect, test } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../../src/core/autodiff/compile.ts';
import { GraphBuilder } from '../../../../src/core/onnx/builder.ts';
import { tensor } from '../../../../src/core/tensor/tensor.ts';
import { open } from '../../../../src/testing/open.ts';

test('zero padding before MaxPool stays zero among negative values', async () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 1, 2, 2]);
  const y = g.op('MaxPool', [g.op('Pad', [x, g.ints([0, 0, 1, 1, 0, 0, 1, 1])])], { kernel_shape: [2, 2] });
  const run = await open(compile(g.build([y]), { scores: y.name }));
  const feeds = { x: tensor('float32', [1, 1, 2, 2], [-1, -2, -3, -4]) };
  expect(Array.from((await run(feeds))[y.name]?.data as Float32Array)).toEqual([0, 0, 0, 0, -1, 0, 0, 0, 0]);
  await run.release();
});

test('the gradient of nearest upsampling and a crop loads with a Pad wider than its pooling', async () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 1, 2, 2]);
  const scales = g.constant('float32', [4], [1, 1, 2, 2]);
  const larger = g.op('Resize', [x, undefined, scales], { mode: 'nearest' });
  const y = g.op('Slice', [larger, g.ints([3, 0]), g.ints([4, 4]), g.ints([2, 3])]);
  const run = await open(compile(g.build([y]), { scores: y.name, gradients: ['x'] }));
  const feeds = {
    x: tensor('float32', [1, 1, 2, 2], [1, 2, 3, 4]),
    [COTANGENT]: tensor('float32', [1, 1, 1, 4], [1, 2, 3, 4]),
  };
  expect(Array.from((await run(feeds))[gradientName('x')]?.data as Float32Array)).toEqual([0, 0, 3, 7]);
  await run.release();
});
