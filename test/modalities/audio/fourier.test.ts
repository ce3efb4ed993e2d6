import { describe, expect, it } from 'vitest';
import { powerSpectrum } from '../../../src/modalities/audio/fourier.ts';

/** Squared magnitudes by the definition. */
function byDefinition(frame: Float64Array): number[] {
  const size = frame.length;
  return Array.from({ length: Math.floor(size / 2) + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    for (const [i, value] of frame.entries()) {
      const angle = (2 * Math.PI * ((k * i) % size)) / size;
      re += value * Math.cos(angle);
      im -= value * Math.sin(angle);
    }
    return re ** 2 + im ** 2;
  });
}

describe('power spectra', () => {
  it.each([2, 3, 4, 5, 6, 8, 9, 12, 25, 30, 64, 77, 121, 257, 400, 512, 514])(
    'of %i samples match the definition',
    (size) => {
      const frame = Float64Array.from({ length: size }, (_, i) => Math.sin(i * i * 0.37) + 0.2);
      const { bins, compute } = powerSpectrum(size);
      const found = new Float64Array(bins);
      compute(frame, found);
      const expected = byDefinition(frame);
      expect(bins).toBe(expected.length);
      for (const [k, value] of expected.entries()) expect(Math.abs((found[k] as number) - value)).toBeLessThan(1e-9);
    },
  );
});
