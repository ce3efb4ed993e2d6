/** Places of predictions over an image. */
import { describe, expect, it } from 'vitest';
import { placeMarkup, withPlaces } from '../../../src/core/explainer/draw-predictions.ts';
import { makeImage } from '../../../src/core/image/image.ts';

const blank = makeImage(20, 10);
const image = { width: 40, height: 20 };
const YELLOW = '255,214,10';
const WHITE = '255,255,255';
const at = ({ data, width }: typeof blank, x: number, y: number): string =>
  [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)].join();

describe('places of predictions', () => {
  it('leave an image alone where no prediction has one', () => {
    expect(withPlaces(blank, { predictions: [{ score: 1, class: 0 }], image })).toBe(blank);
    expect(withPlaces(blank, { image })).toBe(blank);
  });

  it('are frames at the scale of the drawing, the explained one in another colour on top', () => {
    const predictions = [
      { score: 0.9, box: [4, 4, 20, 16] },
      { score: 0.8, box: [4, 4, 30, 16] },
    ] as const;
    const drawn = withPlaces(blank, { predictions, prediction: 0, image });
    expect(at(drawn, 2, 4)).toBe(YELLOW);
    expect(at(drawn, 15, 4)).toBe(WHITE);
    expect(at(drawn, 5, 5)).toBe('0,0,0');
    expect(blank.data.every((value) => value === 0)).toBe(true);
  });

  it('are turned where boxes have an angle', () => {
    const box = [8, 8, 32, 12] as const;
    const drawn = withPlaces(blank, { predictions: [{ score: 1, box, angle: Math.PI / 2 }], image });
    // A quarter turn about the centre (20, 10): 4 wide and 24 high, so its long sides are at 18 and 22.
    expect(at(drawn, 9, 4)).toBe(WHITE);
    expect(at(drawn, 11, 4)).toBe(WHITE);
    expect(at(drawn, 4, 4)).toBe('0,0,0');
  });

  it('are outlines of masks, and key points', () => {
    // Rows 4 to 15 of columns 10 to 29.
    const counts = [10 * 20 + 4, ...Array.from({ length: 19 }, () => [12, 8]).flat(), 12, 10 * 20 + 4];
    const mask = { size: [20, 40], counts } as const;
    const drawn = withPlaces(blank, { predictions: [{ score: 1, mask }], prediction: 0, image }, { lines: false });
    expect([at(drawn, 5, 4), at(drawn, 14, 4), at(drawn, 8, 2), at(drawn, 8, 7)]).toEqual(Array(4).fill(YELLOW));
    expect([at(drawn, 8, 4), at(drawn, 4, 4), at(drawn, 8, 8)]).toEqual(Array(3).fill('0,0,0'));
  });

  it('have names and scores in markup', () => {
    const markup = placeMarkup(
      { predictions: [{ score: 0.876, label: 'a <cat>', box: [4, 4, 20, 16] }], prediction: 0, image },
      20,
      10,
    )
      .map((one) => one.markup)
      .join('');
    expect(markup).toContain('points="2.0,2.0 10.0,2.0 10.0,8.0 2.0,8.0"');
    expect(markup).toContain('0: a &lt;cat&gt; 0.88');
  });
});
