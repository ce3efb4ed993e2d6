/** The layer for class activation maps of a single box, in a head of two levels. */
import { describe, expect, it } from 'vitest';
import { smallDetector } from '../../support/small-detector.ts';

const model = await smallDetector();
/** Index of the objectness of a candidate. */
const objectness = (candidate: number): number => 7 * candidate + 4;

describe('the layer for class activation maps', () => {
  it('is what every level depends on where no single element is explained', () => {
    expect(model.info().camLayer?.dims).toEqual([6, 8, 8]);
  });

  it('is that of the level that a box comes from', () => {
    expect(model.info().camLayerOf(objectness(63))?.dims).toEqual([6, 8, 8]);
    expect(model.info().camLayerOf(objectness(64))?.dims).toEqual([6, 4, 4]);
    expect(model.info().camLayerOf(objectness(79) + 2)?.dims).toEqual([6, 4, 4]);
  });
});
