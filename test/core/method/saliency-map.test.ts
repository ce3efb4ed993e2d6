import { describe, expect, it } from 'vitest';
import { saliencyMap } from '../../../src/core/method/saliency-map.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';

const VALUES = [3, 1, 0, -2, -4, 1, 0, 2];

async function info() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2, 2, 2]);
  const kernel = g.constant('float32', [2, 2, 1, 1], [1, 2, 3, 4]);
  const layer = g.named(g.op('Relu', [g.op('Conv', [x, kernel])]), 'layer');
  const y = g.op('Flatten', [g.op('GlobalAveragePool', [layer])]);
  return (await openGraph(g.build([g.named(y, 'y')]))).info();
}

const SHAPES = { x: [2, 2, 2] };

describe('the reduction of channels to a map', () => {
  it.each(['x', 'layer'])('sums the channels or takes their norm: %s', async (name) => {
    const model = await info();
    const values = { [name]: float32([1, 2, 2, 2], VALUES) };
    expect([...(saliencyMap({ values }, model, SHAPES)?.data ?? [])]).toEqual([-1, 2, 0, 0]);
    const lengths = [5, Math.fround(Math.SQRT2), 0, Math.fround(Math.sqrt(8))];
    expect([...(saliencyMap({ values, channels: 'l2' }, model, SHAPES)?.data ?? [])]).toEqual(lengths);
  });

  it('keeps the sign of a single channel', async () => {
    const values = { layer: float32([1, 1, 2, 2], [1, -2, 3, -4]) };
    expect([...(saliencyMap({ values, channels: 'l2' }, await info(), SHAPES)?.data ?? [])]).toEqual([1, -2, 3, -4]);
  });
});
