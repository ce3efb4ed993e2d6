/** Small networks whose weights are fractions of 32, exact in any precision, so that other libraries can have them too. */
import type { Model } from '../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import type { Tensor } from '../../src/core/tensor/tensor.ts';
import { float32, sizeOf } from '../../src/core/tensor/tensor.ts';
import { openGraph } from '../../src/testing/models.ts';

/** Numbers from -30/32 to 30/32 by a formula of index and seed. */
export const fractions = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => (((i * 37 + seed * 53 + ((i * i) % 11) * 5) % 61) - 30) / 32);

/** A row of {@link fractions}, times a factor. */
export const fractionRow = (seed: number, dims: readonly number[], factor = 1): Tensor<'float32'> =>
  float32(
    [1, ...dims],
    fractions(sizeOf(dims), seed).map((x) => x * factor),
  );

export const weights = (g: GraphBuilder, seed: number, dims: readonly number[]): Value =>
  g.constant('float32', dims, fractions(sizeOf(dims), seed));

/** A dense layer; its bias has the seed of its weights plus 100. */
const dense = (g: GraphBuilder, x: Value, [inputs, outputs]: readonly [number, number], seed: number): Value =>
  g.op('Gemm', [x, weights(g, seed, [outputs, inputs]), weights(g, seed + 100, [outputs])], { transB: 1 });

const convolution = (g: GraphBuilder, x: Value, channels: number, seed: number): Value =>
  g.op('Conv', [x, weights(g, seed, [channels, 2, 3, 3]), weights(g, seed + 100, [channels])], { pads: [1, 1, 1, 1] });

/** Activations of {@link convolutional}. */
export type Activation = 'Relu' | 'SiLU' | 'HardSwish' | 'GELU';

function activated(g: GraphBuilder, x: Value, activation: Activation): Value {
  if (activation === 'SiLU') return g.mul(x, g.op('Sigmoid', [x]));
  if (activation === 'GELU') {
    const erf = g.op('Erf', [g.div(x, g.scalar(Math.SQRT2))]);
    return g.mul(g.mul(x, g.add(erf, g.scalar(1))), g.scalar(0.5));
  }
  return g.op(activation, [x]);
}

/** `image` [N, 2, height, width]: convolution `conv`, activation `features`, global mean, 3 classes. */
export function convolutional(
  [height, width]: readonly [number, number],
  { channels, activation, seed = 1 }: { channels: number; activation: Activation; seed?: number },
): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('image', 'float32', ['N', 2, height, width]);
  const features = g.named(activated(g, g.named(convolution(g, x, channels, seed), 'conv'), activation), 'features');
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [features])]);
  return openGraph(g.build([g.named(dense(g, pooled, [channels, 3], seed + 1), 'logits')]));
}

/** `image` [N, 2, 3, 4]: convolution of 4 channels, ReLU, one dense layer `fc` to 3 classes. */
export function flattened(): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('image', 'float32', ['N', 2, 3, 4]);
  const features = g.op('Relu', [g.named(convolution(g, x, 4, 11), 'conv')]);
  return openGraph(g.build([g.named(dense(g, g.op('Flatten', [features]), [48, 3], 12), 'fc')]));
}

/**
 * `x` [N, 4]: dense layers `first` (5), `second` (4) and `third` (3), with ReLU between (`relu1`, `relu2`).
 * @param scale factor of the scores
 */
export function perceptron(scale = 1): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 4]);
  const relu1 = g.named(g.op('Relu', [g.named(dense(g, x, [4, 5], 3), 'first')]), 'relu1');
  const relu2 = g.named(g.op('Relu', [g.named(dense(g, relu1, [5, 4], 4), 'second')]), 'relu2');
  const third = dense(g, relu2, [4, 3], 5);
  return openGraph(g.build([g.named(scale === 1 ? third : g.mul(third, g.scalar(scale)), 'third')]));
}

/** `a` [N, 3] and `b` [N, 2, 2, 4]: a dense layer for each, their sum, ReLU, 2 classes. */
export function twoInputs(): Promise<Model> {
  const g = GraphBuilder.empty();
  const a = g.input('a', 'float32', ['N', 3]);
  const b = g.input('b', 'float32', ['N', 2, 2, 4]);
  const sum = g.add(dense(g, a, [3, 6], 6), dense(g, g.op('Flatten', [b]), [16, 6], 7));
  return openGraph(g.build([g.named(dense(g, g.op('Relu', [sum]), [6, 2], 8), 'y')]));
}
