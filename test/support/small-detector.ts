/**
 * A detector in the manner of YOLOv5, with formulas for weights: 3x32x32 -> "fine" (8x8 places) -> "coarse" (4x4 places),
 * a head on each, and 80 candidates of 4 sides in pixels, the objectness, and the probabilities of 2 classes.
 */
import type { Model } from '../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import { float32, type Tensor } from '../../src/core/tensor/tensor.ts';
import { openGraph } from '../../src/testing/models.ts';

const waves = (count: number, phase: number, scale: number): number[] =>
  Array.from({ length: count }, (_, i) => scale * Math.sin(1.7 * i + phase));

/** Centre and size of every candidate: 8x8 of 8 pixels, then 4x4 of 14. */
const CANDIDATES = [
  { columns: 8, stride: 4, side: 8 },
  { columns: 4, stride: 8, side: 14 },
].flatMap(({ columns, stride, side }) =>
  Array.from({ length: columns * columns }, (_, i) => [
    ((i % columns) + 0.5) * stride,
    (Math.floor(i / columns) + 0.5) * stride,
    side,
    side,
  ]),
);

export function smallDetector(): Promise<Model> {
  const g = GraphBuilder.empty('detector');
  const conv = (x: Value, dims: readonly number[], phase: number, attributes: Record<string, number[]>) => {
    const size = dims.reduce((a, b) => a * b, 1);
    return g.op('Conv', [x, g.constant('float32', dims, waves(size, phase, 0.4))], attributes);
  };
  const part = (x: Value, from: number, to: number) => g.op('Slice', [x, g.ints([from]), g.ints([to]), g.ints([2])]);
  const image = g.input('image', 'float32', ['N', 3, 32, 32]);
  const fine = g.named(g.op('Tanh', [conv(image, [6, 3, 4, 4], 0, { strides: [4, 4] })]), 'fine');
  const coarse = g.named(g.op('Tanh', [conv(fine, [6, 6, 2, 2], 1, { strides: [2, 2] })]), 'coarse');
  const heads = [conv(fine, [7, 6, 1, 1], 2, {}), conv(coarse, [7, 6, 1, 1], 3, {})].map((head, i) =>
    g.reshape(head, ['N', 7, i === 0 ? 64 : 16]),
  );
  const raw = g.transpose(g.op('Concat', heads, { axis: 2 }), [0, 2, 1]);
  const places = g.constant('float32', [1, 80, 4], CANDIDATES.flat());
  const boxes = g.add(g.mul(part(raw, 0, 4), g.scalar(0.1)), places);
  const out = g.op('Concat', [boxes, g.op('Sigmoid', [part(raw, 4, 7)])], { axis: 2 });
  return openGraph(g.build([g.named(out, 'out')]), { labels: ['cup', 'plate'] });
}

/** Values between -1 and 1. */
export const detectorImage = (): Tensor<'float32'> => float32([1, 3, 32, 32], waves(3072, 0.5, 1));
