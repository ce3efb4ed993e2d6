import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { colormap } from '../../../src/core/image/colormap.ts';
import { type Image, makeImage } from '../../../src/core/image/image.ts';
import { renderOverlay } from '../../../src/core/image/overlay.ts';
import { overlaySchema } from '../../../src/core/image/overlay-options.ts';

const [width, height] = [48, 32];
const photo = makeImage(
  width,
  height,
  Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : ([120, 180, 60][i % 4] as number))),
);
/** Evidence for the target on the left, against it on the right, nothing between. */
const map = { width: 24, height: 16, values: new Float32Array(24 * 16) };
for (let y = 4; y < 12; y++) {
  for (let x = 2; x < 8; x++) map.values[y * 24 + x] = 1;
  for (let x = 16; x < 22; x++) map.values[y * 24 + x] = -1;
}
const [LEFT, MIDDLE, RIGHT] = [10, 24, 38];
const at = (image: Image, x: number, y = 16) => [...image.data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
const draw = (options: z.input<typeof overlaySchema>) => renderOverlay(map, photo, options);
const changed = (image: Image) => image.data.some((value, i) => value !== photo.data[i]);
const PHOTO = [120, 180, 60, 255];

describe('renderOverlay', () => {
  it('has the size of the image, and keeps it where the map is zero', () => {
    for (const type of ['heatmap', 'outlines'] as const) {
      const image = draw({ type });
      expect(image).toMatchObject({ width, height });
      expect(at(image, MIDDLE)).toEqual(PHOTO);
      expect(at(image, 0, 0)).toEqual(PHOTO);
      expect(changed(image)).toBe(true);
    }
    expect(at(photo, LEFT)).toEqual(PHOTO);
  });

  it('draws the requested polarity', () => {
    const shown = (polarity: 'positive' | 'negative' | 'both') => {
      const image = draw({ polarity });
      return [LEFT, RIGHT].map((x) => at(image, x).some((value, c) => value !== PHOTO[c]));
    };
    expect(shown('positive')).toEqual([true, false]);
    expect(shown('negative')).toEqual([false, true]);
    expect(shown('both')).toEqual([true, true]);
  });

  it('maps the maximum to the end of the colormap at the requested opacity', () => {
    const strongest = [...colormap('viridis').subarray(255 * 3)];
    expect(at(draw({ type: 'pixels', colormap: 'viridis', opacity: 1 }), LEFT)).toEqual([...strongest, 255]);
    expect(at(draw({ colormap: 'viridis', opacity: 0 }), LEFT)).toEqual(PHOTO);
    const half = at(draw({ colormap: 'viridis', opacity: 0.5 }), LEFT);
    for (let c = 0; c < 3; c++) {
      expect(Math.abs((half[c] as number) - ((strongest[c] as number) + (PHOTO[c] as number)) / 2)).toBeLessThan(4);
    }
  });

  it('maps both signs to the two ends of a diverging colormap', () => {
    const image = draw({ polarity: 'both', opacity: 1 });
    const [red, , blue] = at(image, LEFT) as [number, number, number];
    expect(red).toBeGreaterThan(blue);
    const [warm, , cold] = at(image, RIGHT) as [number, number, number];
    expect(cold).toBeGreaterThan(warm);
  });

  it('draws the map alone in full colours', () => {
    const image = draw({ overlay: 'none', colormap: 'gray', type: 'pixels' });
    expect(at(image, LEFT)).toEqual([255, 255, 255, 255]);
    expect(at(image, MIDDLE)).toEqual([0, 0, 0, 255]);
  });

  it('draws over a gray image', () => {
    const [red, green, blue] = at(draw({ overlay: 'grayscale' }), MIDDLE);
    expect(red).toBe(green);
    expect(green).toBe(blue);
  });

  it('draws masked: the image where the map is high, and dim, black or transparent elsewhere', () => {
    const near = (actual: number[], expected: number[]) => {
      for (const [c, value] of expected.entries())
        expect(Math.abs((actual[c] as number) - value)).toBeLessThanOrEqual(2);
    };
    near(at(draw({ type: 'masked' }), LEFT), PHOTO);
    near(at(draw({ type: 'masked', opacity: 0.75 }), MIDDLE), [30, 45, 15, 255]);
    near(at(draw({ type: 'masked', overlay: 'mask_black' }), MIDDLE), [0, 0, 0, 255]);
    near(at(draw({ type: 'masked', overlay: 'mask_black' }), LEFT), PHOTO);
    expect(at(draw({ type: 'masked', overlay: 'none' }), MIDDLE)[3]).toBe(0);
    expect(at(draw({ type: 'masked', overlay: 'none' }), LEFT)[3]).toBe(255);
  });

  it('draws outlines around a region without covering it', () => {
    const image = draw({ type: 'outlines' });
    expect(at(image, LEFT)).toEqual(PHOTO);
    const row = Array.from({ length: 24 }, (_, x) => at(image, x).some((value, c) => value !== PHOTO[c]));
    expect(row.filter(Boolean).length).toBeGreaterThan(1);
  });

  it('covers only the crop that the model saw', () => {
    const everywhere = { width: 4, height: 4, values: Float32Array.from({ length: 16 }, (_, i) => i + 1) };
    const image = renderOverlay(everywhere, photo, { type: 'pixels' }, { x: 8, y: 0, width: 32, height: 32 });
    const [inside, outside] = [at(image, 38, 30), at(image, 2, 30)];
    expect(outside).toEqual(at(draw({ type: 'pixels' }), MIDDLE));
    expect(inside).not.toEqual(outside);
  });

  it.each(['heatmap', 'pixels', 'outlines', 'masked'] as const)('draws nothing for a flat map: %s', (type) => {
    for (const value of [0, 1, -3, Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const polarity of ['positive', 'negative', 'both'] as const) {
        const flat = { width: 5, height: 5, values: new Float32Array(25).fill(value) };
        const image = renderOverlay(flat, photo, { type, polarity });
        expect(new Set(Array.from({ length: width }, (_, x) => at(image, x).join())).size).toBe(1);
      }
    }
  });

  it('treats non-finite values as zero', () => {
    const broken = { ...map, values: map.values.slice() };
    broken.values[8 * 24 + 12] = Number.NaN;
    broken.values[8 * 24 + 13] = Number.POSITIVE_INFINITY;
    expect(renderOverlay(broken, photo)).toEqual(renderOverlay(map, photo));
  });

  it('does not depend on the scale of the map', () => {
    const scaled = { ...map, values: map.values.map((value) => value * 1024) };
    for (const polarity of ['positive', 'both'] as const) {
      expect(renderOverlay(scaled, photo, { polarity })).toEqual(renderOverlay(map, photo, { polarity }));
    }
  });

  it('clips outliers and leaves out low values', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => i / 1000);
    values[999] = 1e6;
    const ramp = { width: 1000, height: 1, values };
    const long = makeImage(1000, 1, new Uint8Array(4000).fill(255));
    const options = { type: 'pixels', overlay: 'none', colormap: 'gray' } as const;
    const clipped = renderOverlay(ramp, long, { ...options, clip_percent_upperbound: 99, clip_percent_lowerbound: 50 });
    expect([400, 745, 995].map((x) => clipped.data[x * 4])).toEqual([0, expect.closeTo(128, -1), 255]);
    const hidden = renderOverlay(ramp, long, { ...options, clip_percent_upperbound: 100 });
    expect(hidden.data[995 * 4]).toBe(0);
  });

  it('shows the few nonzero values of a sparse map', () => {
    const lone = { width: 100, height: 100, values: new Float32Array(10000) };
    lone.values[5050] = 2;
    const image = renderOverlay(lone, makeImage(100, 100, new Uint8Array(40000).fill(255)), {
      type: 'pixels',
      overlay: 'none',
      colormap: 'gray',
    });
    expect(image.data[5050 * 4]).toBe(255);
  });

  it('composites a transparent image over white', () => {
    const clear = makeImage(4, 4);
    expect([...renderOverlay({ width: 1, height: 1, values: new Float32Array(1) }, clear).data.subarray(0, 4)]).toEqual(
      [255, 255, 255, 255],
    );
  });

  it('refuses invalid options', () => {
    expect(() => draw({ opacity: 2 })).toThrow(/"opacity"/);
    expect(() => draw({ clip_percent_lowerbound: 100 })).toThrow(/below clip_percent_upperbound/);
    expect(() => draw({ colormap: 'rainbow' as 'jet' })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});

describe('max_size', () => {
  it('draws a larger image at that size, with the map on the same part', () => {
    const image = makeImage(120, 60, new Uint8Array(120 * 60 * 4).fill(255));
    const map = { width: 2, height: 1, values: Float32Array.of(0, 1) };
    const drawn = renderOverlay(map, image, { max_size: 60, overlay: 'none' }, { x: 60, y: 0, width: 60, height: 60 });
    expect(drawn).toMatchObject({ width: 60, height: 30 });
    const red = (x: number) => drawn.data[(15 * 60 + x) * 4] as number;
    expect(red(55)).toBeGreaterThan(red(32));
  });
});

describe('overlaySchema', () => {
  it('has a default and a description for every option', () => {
    expect(overlaySchema.parse({})).toEqual({
      type: 'heatmap',
      polarity: 'positive',
      opacity: 0.7,
      overlay: 'original',
      clip_percent_upperbound: 99.9,
      clip_percent_lowerbound: 0,
      max_size: 1024,
    });
    const { properties = {} } = z.toJSONSchema(overlaySchema, { io: 'input' });
    for (const field of Object.values(properties)) expect(field).toHaveProperty('description');
  });
});
