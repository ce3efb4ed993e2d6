/** Hessian-vector products against central differences of the gradient, on smooth networks of several kinds. */
import { describe, expect, it } from 'vitest';
import { compileHessianVector } from '../../../src/core/autodiff/second-order.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32, sizeOf, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';

const random = new Random(17);
let drawn = 0;
const normal = (dims: readonly number[], scale = 1): Tensor<'float32'> =>
  float32(
    dims,
    Array.from(random.at(drawn++).normal(sizeOf(dims)), (value) => scale * value),
  );

type Layer = (g: GraphBuilder, x: Value, weights: (...dims: number[]) => Value) => Value;

/** A graph x -> scores, with weights of the standard deviation 0.5. */
function network(dims: readonly number[], layers: Layer): Graph {
  const g = GraphBuilder.empty('smooth');
  const x = g.input('x', 'float32', ['N', ...dims]);
  const weights = (...shape: number[]) => g.constant('float32', shape, normal(shape, 0.5).data);
  return g.build([g.named(layers(g, x, weights), 'scores')]);
}

const flat = (g: GraphBuilder, x: Value): Value => g.op('Flatten', [x]);

const NETWORKS: readonly (readonly [kind: string, dims: readonly number[], layers: Layer])[] = [
  ['a perceptron with tanh', [5], (g, x, w) => g.op('MatMul', [g.op('Tanh', [g.op('MatMul', [x, w(5, 6)])]), w(6, 3)])],
  [
    'a convolution with SiLU and mean pooling',
    [2, 6, 6],
    (g, x, w) => {
      const y = g.op('Conv', [x, w(4, 2, 3, 3), w(4)], { pads: [1, 1, 1, 1], strides: [2, 2] });
      const active = g.mul(y, g.op('Sigmoid', [y]));
      return g.op('MatMul', [flat(g, g.op('GlobalAveragePool', [active])), w(4, 3)]);
    },
  ],
  [
    'attention',
    [4, 6],
    (g, x, w) => {
      const [q, k, v] = [w(6, 6), w(6, 6), w(6, 6)].map((weight) => g.op('MatMul', [x, weight])) as [
        Value,
        Value,
        Value,
      ];
      const shares = g.op('Softmax', [g.op('MatMul', [q, g.transpose(k, [0, 2, 1])])], { axis: 2 });
      return g.op('MatMul', [flat(g, g.op('MatMul', [shares, v])), w(24, 3)]);
    },
  ],
  [
    'layer norm and GELU',
    [6],
    (g, x, w) => {
      const y = g.op('LayerNormalization', [g.op('MatMul', [x, w(6, 6)]), w(6), w(6)], { axis: -1 });
      return g.op('MatMul', [g.op('Gelu', [y]), w(6, 3)]);
    },
  ],
  [
    'probabilities and a norm',
    [5],
    (g, x, w) => {
      const y = g.op('Softmax', [g.op('MatMul', [x, w(5, 4)])], { axis: 1 });
      return g.op('Sqrt', [g.reduce('ReduceSum', g.mul(y, y), [1])]);
    },
  ],
];

describe('Hessian-vector products', () => {
  it.each(NETWORKS)('agree with central differences for %s', async (_, dims, layers) => {
    const graph = network(dims, layers);
    const run = await open(compileHessianVector(graph, { scores: 'scores', wrt: 'x' }));
    const [x, direction] = [normal([2, ...dims]), normal([2, ...dims], 0.3)];
    const scores = graph.outputs[0]?.dims?.[1] as number;
    const cotangent = normal([2, scores]);
    const gradientAt = async (step: number) => {
      const moved = float32(
        x.dims,
        x.data.map((value, i) => value + step * (direction.data[i] as number)),
      );
      const outputs = await run({ x: moved, cotangent, direction });
      return { gradient: outputs['gradient/x']?.data as Float32Array, product: outputs['hessian_vector/x']?.data };
    };
    const [low, { product }, high] = [await gradientAt(-0.01), await gradientAt(0), await gradientAt(0.01)];
    await run.release();
    const exact = Array.from(product as Float32Array);
    const largest = Math.max(...exact.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-3);
    for (const [i, value] of exact.entries()) {
      const difference = ((high.gradient[i] as number) - (low.gradient[i] as number)) / 0.02;
      expect(Math.abs(value - difference)).toBeLessThan(5e-3 * largest);
    }
  });
});
