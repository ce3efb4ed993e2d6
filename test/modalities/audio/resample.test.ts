import { describe, expect, it } from 'vitest';
import { resample } from '../../../src/modalities/audio/resample.ts';

const tone = (hz: number, rate: number, seconds: number): Float32Array =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));

/** Relative error, the first and last 10 ms left out. */
function apart(found: Float32Array, expected: Float32Array, rate: number): number {
  const edge = Math.floor(rate / 100);
  let [difference, norm] = [0, 0];
  for (let i = edge; i < expected.length - edge; i++) {
    difference += ((found[i] as number) - (expected[i] as number)) ** 2;
    norm += (expected[i] as number) ** 2;
  }
  return Math.sqrt(difference / norm);
}

describe('resampling', () => {
  it.each([
    [8000, 16_000],
    [44_100, 16_000],
    [48_000, 44_100],
    [11_025, 16_000],
    [16_000, 8000],
    [44_099, 16_001],
  ])('preserves a tone from %i to %i Hz', (from, to) => {
    const found = resample(tone(1000, from, 0.25), from, to);
    const expected = tone(1000, to, 0.25);
    expect(found.length).toBe(Math.round((Math.round(from * 0.25) * to) / from));
    expect(apart(found, expected.subarray(0, found.length), to)).toBeLessThan(1e-4);
  });

  it('removes frequencies above half of the lower rate', () => {
    const found = resample(tone(6000, 44_100, 0.25), 44_100, 8000);
    const loudest = found.subarray(80, -80).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(loudest).toBeLessThan(1e-4);
  });

  it('returns a signal at the same rate unchanged', () => {
    const signal = tone(1000, 8000, 0.1);
    expect(resample(signal, 8000, 8000)).toBe(signal);
  });

  it('preserves a constant exactly away from the ends', () => {
    const found = resample(new Float32Array(4410).fill(0.5), 44_100, 16_000);
    expect(found[800]).toBe(0.5);
  });

  it.each([
    [0, 16_000, 'positive integer in Hz, not 0'],
    [44_100, 22_050.5, 'positive integer in Hz, not 22050.5'],
    [768_000, 100, 'rates at most 1000 times apart'],
  ])('refuses %d to %d Hz', (from, to, message) => {
    expect(() => resample(new Float32Array(10), from, to)).toThrow(message);
  });

  it('refuses a result that does not fit into memory', () => {
    expect(() => resample(new Float32Array(2 ** 20), 8000, 768_000)).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    );
  });
});
