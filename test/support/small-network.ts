/**
 * A network whose weights are formulas, so that other programs can build the same: 2x5x5 -> convolution, an activation
 * ("hidden") -> convolution, ReLU ("features") -> global average pooling -> 2 classes ("y").
 */
import type { Model } from '../../src/core/model/model.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { float32, type Tensor } from '../../src/core/tensor/tensor.ts';
import { openGraph } from '../../src/testing/models.ts';

const series = (length: number, at: (i: number) => number): number[] => Array.from({ length }, (_, i) => at(i));

export function smallNetwork(activation: 'Tanh' | 'Relu'): Promise<Model> {
  const g = GraphBuilder.empty('small');
  const x = g.input('x', 'float32', ['N', 2, 5, 5]);
  const convolution = (from: typeof x, dims: number[], weight: (i: number) => number, bias: (i: number) => number) =>
    g.op(
      'Conv',
      [
        from,
        g.constant('float32', dims, series(54, weight)),
        g.constant('float32', [dims[0] as number], series(dims[0] as number, bias)),
      ],
      { pads: [1, 1, 1, 1] },
    );
  const first = convolution(
    x,
    [3, 2, 3, 3],
    (i) => Math.sin(i + 1) / 2 + 0.1,
    (i) => Math.cos(i) / 4,
  );
  const hidden = g.named(g.op(activation, [first]), 'hidden');
  const second = convolution(
    hidden,
    [2, 3, 3, 3],
    (i) => Math.cos(2 * i) / 2 + 0.1,
    (i) => 0.1 * (i + 1),
  );
  const features = g.named(g.op('Relu', [second]), 'features');
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [features])]);
  return openGraph(g.build([g.named(g.op('MatMul', [pooled, g.constant('float32', [2, 2], [1, -2, 3, 4])]), 'y')]));
}

/** Values between 0 and 1. */
export const smallImage = (): Tensor<'float32'> =>
  float32(
    [1, 2, 5, 5],
    series(50, (i) => 0.5 + Math.cos(i) / 2),
  );
