/** Reader of WAV files. */
import { WhylightError } from '../../core/errors.ts';
import { aLawTable, muLawTable } from './companding.ts';
import { invalidAudio, type Sound } from './sound.ts';
import { readChunks } from './wav-chunks.ts';
import type { WavFormat } from './wav-format.ts';

export interface WavOptions {
  /** Upper bound of samples, all channels together; they take 4 bytes each. */
  readonly maxSamples?: number;
}

/** 64 MiB of samples: 17 minutes of one channel at 16 kHz. */
export const MAX_SAMPLES = 2 ** 24;

/**
 * Sound of a WAV file: PCM of 8 (unsigned), 16, 24 and 32 bits, float of 32 and 64 bits, A-law and mu-law, with plain or
 * extensible headers, and RF64. Integers are divided by 2^(bits - 1). Files that were written into a pipe, whose sizes
 * are placeholders, are read to their end.
 * @throws WhylightError `invalid_request` for what is no WAV file or has no samples or holds NaN or infinity,
 *   `payload_too_large` above `maxSamples`.
 * @example
 * const { sampleRate, channels } = readWav(await readFile('speech.wav'));
 */
export function readWav(file: Uint8Array, { maxSamples = MAX_SAMPLES }: WavOptions = {}): Sound {
  const { format, offset, bytes, notes } = readChunks(file);
  const samples = bytes / format.bytesPerSample;
  if (samples > maxSamples) {
    throw new WhylightError(
      'payload_too_large',
      `The sound has ${samples} samples in ${format.channels} channel(s): at most ${maxSamples} are read. Send a shorter part, or a lower sampling rate.`,
      { samples, max: maxSamples },
    );
  }
  const view = new DataView(file.buffer, file.byteOffset + offset, bytes);
  const frames = samples / format.channels;
  const read = sampleReader(view, format);
  const channels = Array.from({ length: format.channels }, (_, channel) => {
    const out = new Float32Array(frames);
    for (let i = 0, at = channel; i < frames; i++, at += format.channels) out[i] = read(at);
    return out;
  });
  if (format.kind === 'float') requireFinite(channels, format.sampleRate);
  return { sampleRate: format.sampleRate, channels, notes };
}

function requireFinite(channels: readonly Float32Array[], sampleRate: number): void {
  for (const [channel, samples] of channels.entries()) {
    const frame = samples.findIndex((value) => !Number.isFinite(value));
    if (frame < 0) continue;
    throw invalidAudio(
      `The sound holds ${samples[frame]} at frame ${frame} (${(frame / sampleRate).toFixed(3)} s), channel ${channel}: finite samples were expected.`,
      { frame, channel },
    );
  }
}

/** Sample by its number in the file, -1 to 1. */
function sampleReader(view: DataView, { kind, bytesPerSample }: WavFormat): (at: number) => number {
  if (kind === 'a_law' || kind === 'mu_law') {
    const table = kind === 'a_law' ? aLawTable() : muLawTable();
    return (at) => (table[view.getUint8(at)] as number) / 2 ** 15;
  }
  if (kind === 'float') {
    return bytesPerSample === 4 ? (at) => view.getFloat32(at * 4, true) : (at) => view.getFloat64(at * 8, true);
  }
  switch (bytesPerSample) {
    case 1:
      return (at) => (view.getUint8(at) - 128) / 2 ** 7;
    case 2:
      return (at) => view.getInt16(at * 2, true) / 2 ** 15;
    case 3:
      return (at) => ((view.getInt8(at * 3 + 2) << 16) | view.getUint16(at * 3, true)) / 2 ** 23;
    default:
      return (at) => view.getInt32(at * 4, true) / 2 ** 31;
  }
}
