/** Small graphs made on the spot, as files. */

import type { Engine } from '../../src/core/engine/engine.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import type { ModelBytes } from '../../src/core/onnx/model-bytes.ts';
import { write } from '../../src/core/onnx/write.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { type DataType, float32, type Tensor } from '../../src/core/tensor/tensor.ts';

/** `y = x` for `x` of shape [N, 2]. */
export function identityModel(dtype: DataType = 'float32'): ModelBytes {
  const g = GraphBuilder.empty();
  const x = g.input('x', dtype, ['N', 2]);
  return write(g.build([g.named(x, 'y')]));
}

/** `y = x + 1` and `z = 2 x`, of shape [N, 2]. */
export function twoOutputsModel(): ModelBytes {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2]);
  return write(g.build([g.named(g.add(x, g.scalar(1)), 'y'), g.named(g.mul(x, g.scalar(2)), 'z')]));
}

/** Two products with seeded weights, `y = relu(x A) B`, for `x` of shape [N, width]; the weights lie outside the graph. */
export function denseModel(width: number, seed = 1): ModelBytes {
  const g = GraphBuilder.empty();
  const weights = (stream: number) =>
    g.constant('float32', [width, width], new Random(seed, stream).normal(width * width));
  const x = g.input('x', 'float32', ['N', width]);
  const y = g.op('MatMul', [g.op('Relu', [g.op('MatMul', [x, weights(0)])]), weights(1)]);
  return write(g.build([g.named(y, 'y')]), { externalData: { path: 'weights.bin' } });
}

/** Rows for {@link denseModel}. */
export const denseInput = (width: number, seed: number, rows = 2): Tensor<'float32'> =>
  float32([rows, width], new Random(seed).normal(rows * width));

/** Answers of an engine to the same rows, one after the other and all at once. */
export async function answersBothWays(engine: Engine) {
  const session = await engine.load(denseModel(64));
  const inputs = Array.from({ length: 6 }, (_, i) => denseInput(64, i));
  const inTurn = [];
  for (const x of inputs) inTurn.push(await session.run({ x }));
  const atOnce = await Promise.all(inputs.map((x) => session.run({ x })));
  await session.release();
  return { inTurn, atOnce };
}
