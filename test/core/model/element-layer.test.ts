/** The layer for class activation maps of a single box, in a head of two levels. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { smallDetector } from '../../support/small-detector.ts';

const model = await smallDetector();
/** Index of the objectness of a candidate. */
const objectness = (candidate: number): number => 7 * candidate + 4;

describe('the layer for class activation maps', () => {
  it('is what every level depends on where no single element is explained', () => {
    expect(model.info().camLayer?.dims).toEqual([6, 8, 8]);
  });

  it('is that of the level that a box comes from', () => {
    expect(model.info().camLayerOf({ index: objectness(63) })?.dims).toEqual([6, 8, 8]);
    expect(model.info().camLayerOf({ index: objectness(64) })?.dims).toEqual([6, 4, 4]);
    expect(model.info().camLayerOf({ index: objectness(79) + 2 })?.dims).toEqual([6, 4, 4]);
  });

  it('is the last one in which the score sees half of the height and of the width of the box', async () => {
    const g = GraphBuilder.empty('chain');
    const conv = (x: Value, side: number, attributes: Record<string, number[]>) =>
      g.op('Conv', [x, g.constant('float32', [2, 2, side, side], new Array(4 * side * side).fill(0.1))], attributes);
    const image = g.input('image', 'float32', ['N', 2, 64, 64]);
    const fine = g.op('Relu', [conv(image, 3, { pads: [1, 1, 1, 1] })]);
    const halved = g.op('MaxPool', [fine], { kernel_shape: [2, 2], strides: [2, 2] });
    const mixed = g.op('Relu', [conv(halved, 3, { pads: [1, 1, 1, 1] })]);
    const kernel = g.constant('float32', [2, 2, 2, 2], new Array(16).fill(0.2));
    const last = g.op('Relu', [g.op('ConvTranspose', [mixed, kernel], { strides: [2, 2] })]);
    const chain = await openGraph(g.build([g.named(conv(last, 1, {}), 'scores')]));
    const layer = (...extent: [number, number]) => chain.info().camLayerOf({ index: 2080, extent })?.name;
    expect(layer(2, 2)).toBe(last.name);
    expect(layer(4, 4)).toBe(mixed.name);
    expect(layer(4, 5)).toBe(halved.name);
    expect(layer(12, 12)).toBe(halved.name);
    expect(layer(30, 30)).toBe(last.name);
  });
});
