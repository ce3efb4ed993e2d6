/** Front ends: from samples to what a model of sound takes. */
import type { FrontEnd } from './front-end-schema.ts';
import { compress } from './log-energy.ts';
import { energies, type Spectrum } from './spectrogram.ts';

export interface FrontEndOutput {
  /** Row-major, in the layout of the front end; a waveform has one axis. */
  readonly data: Float32Array;
  /** `[samples]`, `[bands, frames]` or `[frames, bands]`. */
  readonly dims: readonly number[];
  /** Samples that the clip had before it was filled up or cut. */
  readonly samples: number;
  /** Sentences about what was done to the clip that a person should know. */
  readonly notes: readonly string[];
}

/**
 * Input of the model, the batch left out, from one channel at the front end's sampling rate. Computed in float64; no
 * dither is added.
 * @throws WhylightError when the clip is too short for one frame.
 * @example
 * const frontEnd = resolveFrontEnd({ kind: 'whisper' });
 * applyFrontEnd(samples, frontEnd).dims; // [80, 3000]
 */
export function applyFrontEnd(samples: Float32Array, frontEnd: FrontEnd): FrontEndOutput {
  const { signal, notes } = fitLength(normalized(samples, frontEnd), frontEnd);
  if (frontEnd.kind === 'waveform') return { data: signal, dims: [signal.length], samples: samples.length, notes };
  const spectrum = compress(energies(signal, frontEnd), frontEnd);
  const { data, dims, note } = arrange(spectrum, frontEnd);
  return { data, dims, samples: samples.length, notes: note ? [...notes, note] : notes };
}

function normalized(samples: Float32Array, { normalize, scale }: FrontEnd): Float32Array {
  if (normalize === 'none') return scale === 1 ? samples : samples.map((value) => value * scale);
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  const variance = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples.length;
  // The small number under the root is the one that transformers adds.
  const factor = scale / Math.sqrt(variance + 1e-7);
  return samples.map((value) => (value - mean) * factor);
}

function fitLength(signal: Float32Array, { length, sample_rate }: FrontEnd): { signal: Float32Array; notes: string[] } {
  if (length === null || signal.length === length) return { signal, notes: [] };
  if (signal.length > length) {
    const seconds = (samples: number) => `${(samples / sample_rate).toFixed(2)} s`;
    return {
      signal: signal.slice(0, length),
      notes: [`The model takes ${seconds(length)}: the clip of ${seconds(signal.length)} was cut after that.`],
    };
  }
  const out = new Float32Array(length);
  out.set(signal);
  return { signal: out, notes: [] };
}

/** Fixed number of frames, mean and spread, order of the axes. */
function arrange({ frames: count, bands, values }: Spectrum, { frames: wanted, mean, std, layout }: FrontEnd) {
  const total = wanted ?? count;
  const data = new Float32Array(total * bands);
  const [frameStep, bandStep] = layout === 'frames_first' ? [bands, 1] : [1, total];
  for (let t = 0; t < total; t++) {
    for (let m = 0; m < bands; m++) {
      const value = t < count ? (values[t * bands + m] as number) : 0;
      data[t * frameStep + m * bandStep] = (value - mean) / std;
    }
  }
  const dims = layout === 'frames_first' ? [total, bands] : [bands, total];
  const note = count > total ? `The model takes ${total} frames: the clip of ${count} was cut after that.` : undefined;
  return { data, dims, note };
}
