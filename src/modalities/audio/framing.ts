/** Cutting of a signal into overlapping frames. */

import type { FrontEnd } from './front-end-schema.ts';
import { invalidAudio } from './sound.ts';

export interface Framing {
  readonly count: number;
  /** Sample of the signal that frame `k` has its middle on; may lie beyond the ends. */
  centre(k: number): number;
  /** Fills `out` (n_fft samples) with frame `k`, not yet weighted. */
  fill(k: number, out: Float64Array): void;
  /** Elements of `out` that hold samples; the others are zero. */
  readonly used: { readonly start: number; readonly length: number };
}

type Parameters = Pick<
  FrontEnd,
  'n_fft' | 'hop_length' | 'win_length' | 'center' | 'pad_mode' | 'snip_edges' | 'drop_last_frame' | 'sample_rate'
>;

/**
 * Frames of a signal.
 * @throws WhylightError when the signal is too short for one frame, or for reflected ends.
 */
export function frames(signal: Float32Array, parameters: Parameters): Framing {
  const { n_fft, hop_length, win_length, center, drop_last_frame } = parameters;
  const used = { start: center ? Math.floor((n_fft - win_length) / 2) : 0, length: win_length };
  const [all, begin] = layOut(signal.length, parameters);
  const at = sampleAt(signal, parameters);
  const count = all - (drop_last_frame ? 1 : 0);
  if (count < 1) throw tooShort(signal.length, win_length, parameters);
  return {
    count,
    used,
    centre: (k) => begin + k * hop_length + used.start + win_length / 2,
    fill: (k, out) => {
      out.fill(0);
      const from = begin + k * hop_length;
      for (let i = used.start; i < used.start + used.length; i++) out[i] = at(from + i);
    },
  };
}

/** Number of frames, and the sample that element 0 of the first one stands for. */
function layOut(length: number, { n_fft, hop_length, win_length, center, snip_edges }: Parameters): [number, number] {
  if (center)
    return [1 + Math.floor((length + 2 * Math.floor(n_fft / 2) - n_fft) / hop_length), -Math.floor(n_fft / 2)];
  if (snip_edges) return [length < win_length ? 0 : 1 + Math.floor((length - win_length) / hop_length), 0];
  return [
    Math.floor((length + Math.floor(hop_length / 2)) / hop_length),
    Math.floor(hop_length / 2) - Math.floor(win_length / 2),
  ];
}

/** The signal continued beyond its ends. */
function sampleAt(signal: Float32Array, { center, pad_mode, snip_edges, n_fft, ...rest }: Parameters) {
  const { length } = signal;
  if (center && pad_mode === 'zeros') return (i: number) => signal[i] ?? 0;
  if (center) {
    // One reflection must be enough, as in numpy and torch.
    if (length <= Math.floor(n_fft / 2)) throw tooShort(length, Math.floor(n_fft / 2) + 1, rest);
    return (i: number) => signal[i < 0 ? -i : i >= length ? 2 * (length - 1) - i : i] as number;
  }
  if (snip_edges) return (i: number) => signal[i] as number;
  // Kaldi mirrors with the last sample counted twice, as often as it takes.
  return (i: number) => {
    const j = ((i % (2 * length)) + 2 * length) % (2 * length);
    return signal[j < length ? j : 2 * length - 1 - j] as number;
  };
}

function tooShort(length: number, needed: number, { sample_rate }: Pick<Parameters, 'sample_rate'>) {
  const seconds = (samples: number) => `${samples} samples (${((samples / sample_rate) * 1000).toFixed(1)} ms)`;
  return invalidAudio(
    `The sound is too short: ${seconds(length)} at ${sample_rate} Hz, but the model's front end needs at least ${seconds(needed)}.`,
    { samples: length, needed, sampleRate: sample_rate },
  );
}
