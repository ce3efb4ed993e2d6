/** Spectrograms: energies of a signal by time and frequency. */
import { powerSpectrum } from './fourier.ts';
import { frames } from './framing.ts';
import type { FrontEnd } from './front-end-schema.ts';
import { type MelFilterOptions, melEdges, melFilters } from './mel.ts';
import { windowFunction } from './window-function.ts';

/** Values by frame, then band. */
export interface Spectrum {
  readonly frames: number;
  readonly bands: number;
  readonly values: Float64Array;
}

/** Lower end, centre and upper end of each band of a front end, in Hz. */
export function bandEdges(frontEnd: FrontEnd): [low: number, centre: number, high: number][] {
  const { n_mels, n_fft, sample_rate } = frontEnd;
  if (n_mels !== null) return melEdges(filterOptions(frontEnd, n_mels));
  const width = sample_rate / n_fft;
  return Array.from({ length: Math.floor(n_fft / 2) + 1 }, (_, k) => [
    Math.max(0, (k - 0.5) * width),
    k * width,
    Math.min(sample_rate / 2, (k + 0.5) * width),
  ]);
}

/**
 * Energies of a signal by frame and band.
 * @throws WhylightError when the signal is too short for one frame.
 */
export function energies(signal: Float32Array, frontEnd: FrontEnd): Spectrum {
  const { n_fft, n_mels, power, remove_dc_offset, preemphasis } = frontEnd;
  const framing = frames(signal, frontEnd);
  const spectrum = powerSpectrum(n_fft);
  const window = windowFunction(frontEnd.window, framing.used.length);
  const filters = n_mels === null ? undefined : melFilters(filterOptions(frontEnd, n_mels));
  const bands = filters?.length ?? spectrum.bins;
  const values = new Float64Array(framing.count * bands);
  const [frame, bins] = [new Float64Array(n_fft), new Float64Array(spectrum.bins)];
  const { start, length } = framing.used;
  const samples = frame.subarray(start, start + length);
  for (let k = 0; k < framing.count; k++) {
    framing.fill(k, frame);
    // A clip that was filled up with zeros has many of these, and their energies are zero.
    if (samples.every((value) => value === 0)) continue;
    if (remove_dc_offset) removeMean(samples);
    if (preemphasis > 0) emphasize(samples, preemphasis);
    for (let i = 0; i < length; i++) samples[i] = (samples[i] as number) * (window[i] as number);
    spectrum.compute(frame, bins);
    if (power === 1) for (let i = 0; i < bins.length; i++) bins[i] = Math.sqrt(bins[i] as number);
    const row = values.subarray(k * bands, (k + 1) * bands);
    if (!filters) row.set(bins);
    else for (const [m, { first, weights }] of filters.entries()) row[m] = dot(weights, bins, first);
  }
  return { frames: framing.count, bands, values };
}

const filterOptions = (frontEnd: FrontEnd, nMels: number): MelFilterOptions => ({
  sampleRate: frontEnd.sample_rate,
  nFft: frontEnd.n_fft,
  nMels,
  fMin: frontEnd.f_min,
  fMax: frontEnd.f_max ?? frontEnd.sample_rate / 2,
  scale: frontEnd.mel_scale,
  norm: frontEnd.mel_norm,
  triangles: frontEnd.mel_triangles,
});

function removeMean(samples: Float64Array): void {
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] as number) - mean;
}

function emphasize(samples: Float64Array, factor: number): void {
  for (let i = samples.length - 1; i > 0; i--) {
    samples[i] = (samples[i] as number) - factor * (samples[i - 1] as number);
  }
  samples[0] = (samples[0] as number) * (1 - factor);
}

function dot(weights: Float64Array, values: Float64Array, first: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += (weights[i] as number) * (values[first + i] as number);
  return sum;
}
