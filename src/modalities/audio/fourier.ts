/** Power spectra of real frames of any length. */
import { complexTransform, turns } from './complex-fourier.ts';

export interface PowerSpectrum {
  /** Length of a frame, in samples. */
  readonly size: number;
  /** Number of frequencies: size / 2 + 1, rounded down; k stands for k / size of the sampling rate. */
  readonly bins: number;
  /** Squared magnitudes of a frame of `size` samples into the first `bins` elements of `out`. */
  compute(frame: Float64Array, out: Float64Array): void;
}

/** Plan for frames of `size` samples. Its work arrays belong to the plan: one caller at a time. */
export function powerSpectrum(size: number): PowerSpectrum {
  const bins = Math.floor(size / 2) + 1;
  return { size, bins, compute: size % 2 === 0 ? evenPlan(size) : oddPlan(size, bins) };
}

/** A frame of even length as half as many complex numbers, taken apart by the symmetry of real signals. */
function evenPlan(size: number): PowerSpectrum['compute'] {
  const half = size / 2;
  const transform = complexTransform(half);
  const re = new Float64Array(half);
  const im = new Float64Array(half);
  const [cos, sin] = turns(size);
  return (frame, out) => {
    for (let i = 0; i < half; i++) {
      re[i] = frame[2 * i] as number;
      im[i] = frame[2 * i + 1] as number;
    }
    const [zr, zi] = transform(re, im);
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k;
      const b = k === 0 ? 0 : half - k;
      // Even samples: (Z[k] + conj Z[-k]) / 2; odd ones: (Z[k] - conj Z[-k]) / 2i, turned by k samples.
      const er = ((zr[a] as number) + (zr[b] as number)) / 2;
      const ei = ((zi[a] as number) - (zi[b] as number)) / 2;
      const or = ((zi[a] as number) + (zi[b] as number)) / 2;
      const oi = ((zr[b] as number) - (zr[a] as number)) / 2;
      const c = cos[k] as number;
      const s = sin[k] as number;
      out[k] = (er + or * c - oi * s) ** 2 + (ei + or * s + oi * c) ** 2;
    }
  };
}

function oddPlan(size: number, bins: number): PowerSpectrum['compute'] {
  const transform = complexTransform(size);
  const zeros = new Float64Array(size);
  return (frame, out) => {
    const [zr, zi] = transform(frame, zeros);
    for (let k = 0; k < bins; k++) out[k] = (zr[k] as number) ** 2 + (zi[k] as number) ** 2;
  };
}
