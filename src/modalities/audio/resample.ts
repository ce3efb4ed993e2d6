/**
 * Change of sampling rate by a band-limited kernel: a sinc under a Kaiser window, one filter for each phase.
 * @see J. O. Smith, "Digital Audio Resampling Home Page", CCRMA, Stanford
 */
import { WhylightError } from '../../core/errors.ts';
import { invalidAudio } from './sound.ts';

/** Zero crossings of the kernel on each side. */
const CROSSINGS = 48;
/** Shape of the Kaiser window: about 100 dB between pass band and stop band. */
const BETA = 10;
/** Part of the band below half the lower rate that passes. */
const ROLLOFF = 0.955;
/** Table entries from one zero crossing to the next: linear interpolation is right to 1e-6. */
const RESOLUTION = 1024;
/** Weights of filters that are kept (8 bytes each): with more, filters are computed again for each sample. */
const MAX_KEPT = 2 ** 20;
/** Largest ratio of two rates; the filters' length grows with it. */
const MAX_RATIO = 1000;
/** Samples that a resampled signal may have. */
const MAX_LENGTH = 2 ** 24;

/**
 * The signal at another sampling rate; round(length * to / from) samples, of which sample 0 is at the same time.
 * Beyond its ends the signal counts as zero.
 * @param from samples a second of `signal`, an integer
 * @param to samples a second wanted, an integer
 * @throws WhylightError `invalid_request` for rates that are not positive integers or more than 1000 times apart,
 *   `payload_too_large` when the result would have more than 2^24 samples.
 * @example
 * resample(new Float32Array(44_100), 44_100, 16_000).length; // 16000
 */
export function resample(signal: Float32Array, from: number, to: number): Float32Array {
  checkRates(from, to);
  if (from === to) return signal;
  const length = Math.round((signal.length * to) / from);
  if (length > MAX_LENGTH) {
    throw new WhylightError(
      'payload_too_large',
      `At ${to} Hz the sound would have ${length} samples: at most ${MAX_LENGTH} are computed. Send a shorter part.`,
      { samples: length, max: MAX_LENGTH },
    );
  }
  const divisor = gcd(from, to);
  const [phases, step] = [to / divisor, from / divisor];
  const filters = filterBank(phases, Math.min(1, to / from) * ROLLOFF);
  const out = new Float32Array(length);
  // Sample n lies at n * step / phases: the whole part and the phase are kept as integers, so that nothing drifts.
  let [whole, phase] = [0, 0];
  for (let n = 0; n < out.length; n++) {
    out[n] = convolve(signal, filters.of(phase), whole - filters.before);
    phase += step;
    whole += Math.floor(phase / phases);
    phase %= phases;
  }
  return out;
}

function checkRates(from: number, to: number): void {
  for (const rate of [from, to]) {
    if (!Number.isSafeInteger(rate) || rate < 1) {
      throw invalidAudio(`A sampling rate is a positive integer in Hz, not ${rate}.`, { from, to });
    }
  }
  if (Math.max(from / to, to / from) > MAX_RATIO) {
    throw invalidAudio(
      `A sound of ${from} Hz cannot become one of ${to} Hz: rates at most ${MAX_RATIO} times apart can.`,
      {
        from,
        to,
      },
    );
  }
}

function convolve(signal: Float32Array, filter: Float64Array, start: number): number {
  const first = Math.max(0, -start);
  const last = Math.min(filter.length, signal.length - start);
  let sum = 0;
  for (let k = first; k < last; k++) sum += (filter[k] as number) * (signal[start + k] as number);
  return sum;
}

interface FilterBank {
  /** Samples of the filter before the one at the whole part of the position. */
  readonly before: number;
  of(phase: number): Float64Array;
}

/** @param cutoff highest frequency that passes, as a part of half the input's rate */
function filterBank(phases: number, cutoff: number): FilterBank {
  const kernel = kernelTable();
  const reach = CROSSINGS / cutoff;
  const before = Math.ceil(reach);
  const make = (phase: number): Float64Array => {
    const filter = new Float64Array(2 * before + 1);
    let sum = 0;
    for (let k = 0; k < filter.length; k++) {
      const at = Math.abs(k - before - phase / phases) * cutoff * RESOLUTION;
      const below = Math.floor(at);
      if (below >= CROSSINGS * RESOLUTION) continue;
      const low = kernel[below] as number;
      filter[k] = low + ((kernel[below + 1] as number) - low) * (at - below);
      sum += filter[k] as number;
    }
    // A constant stays exactly what it is.
    return filter.map((weight) => weight / sum);
  };
  const kept: Float64Array[] = [];
  return {
    before,
    of: (phase) => {
      if (phases * (2 * before + 1) > MAX_KEPT) return make(phase);
      kept[phase] ??= make(phase);
      return kept[phase];
    },
  };
}

let table: Float64Array | undefined;

/** One half of the kernel, from its peak to its last zero crossing. */
function kernelTable(): Float64Array {
  if (table) return table;
  const length = CROSSINGS * RESOLUTION;
  table = Float64Array.from({ length: length + 1 }, (_, i) => {
    const x = (Math.PI * i) / RESOLUTION;
    const window = bessel0(BETA * Math.sqrt(1 - (i / length) ** 2)) / bessel0(BETA);
    return (i === 0 ? 1 : Math.sin(x) / x) * window;
  });
  return table;
}

/** Modified Bessel function of the first kind, order zero, by its power series. */
function bessel0(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
