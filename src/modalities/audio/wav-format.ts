/** The format chunk of a WAV file: how samples are stored. */
import { counted } from '../../core/counted.ts';
import { invalidAudio } from './sound.ts';

/** Storage of a sample. */
export type SampleKind = 'pcm' | 'float' | 'a_law' | 'mu_law';

export interface WavFormat {
  readonly kind: SampleKind;
  readonly channels: number;
  readonly sampleRate: number;
  /** Bytes of one sample of one channel. */
  readonly bytesPerSample: number;
}

const EXTENSIBLE = 0xfffe;
const KINDS: Readonly<Record<number, SampleKind>> = { 1: 'pcm', 3: 'float', 6: 'a_law', 7: 'mu_law' };
/** Bytes of a sample that each kind may have. */
const WIDTHS: Readonly<Record<SampleKind, readonly number[]>> = {
  pcm: [1, 2, 3, 4],
  float: [4, 8],
  a_law: [1],
  mu_law: [1],
};
const NAMES: Readonly<Record<number, string>> = { 2: 'ADPCM', 17: 'IMA ADPCM', 49: 'GSM 6.10', 80: 'MPEG', 85: 'MP3' };
const READ = 'PCM of 8, 16, 24 and 32 bits, float of 32 and 64 bits, A-law and mu-law are read';
/** Last 14 bytes of the GUID of a subformat; the first two are the format's number. */
const SUBFORMAT = '000000001000800000aa00389b71';
const MAX_CHANNELS = 64;
const MAX_RATE = 768_000;

/**
 * Format from the contents of the `fmt ` chunk.
 * @throws WhylightError for a format that is not read, and for fields that contradict each other.
 */
export function readFormat(chunk: DataView): WavFormat {
  if (chunk.byteLength < 16) {
    throw invalidAudio(`The "fmt " chunk of the WAV file has ${chunk.byteLength} bytes: at least 16 are needed.`);
  }
  const channels = chunk.getUint16(2, true);
  const sampleRate = chunk.getUint32(4, true);
  const blockAlign = chunk.getUint16(12, true);
  const bits = chunk.getUint16(14, true);
  const kind = kindOf(chunk);
  if (channels < 1 || channels > MAX_CHANNELS) {
    throw invalidAudio(`The WAV file says ${counted(channels, 'channel')}: 1 to ${MAX_CHANNELS} are read.`, {
      channels,
    });
  }
  if (sampleRate < 1 || sampleRate > MAX_RATE) {
    throw invalidAudio(`The WAV file says ${sampleRate} samples a second: 1 to ${MAX_RATE} are read.`, { sampleRate });
  }
  const bytesPerSample = Math.ceil(bits / 8);
  if (!WIDTHS[kind].includes(bytesPerSample)) {
    throw invalidAudio(`The WAV file has ${kind} samples of ${bits} bits: ${READ}.`, { kind, bits });
  }
  if (blockAlign !== bytesPerSample * channels) {
    throw invalidAudio(
      `The "fmt " chunk contradicts itself: ${channels} channels of ${bits} bits take ${bytesPerSample * channels} bytes a frame, but it says ${blockAlign}.`,
      { channels, bits, blockAlign },
    );
  }
  return { kind, channels, sampleRate, bytesPerSample };
}

function kindOf(chunk: DataView): SampleKind {
  const tag = chunk.getUint16(0, true);
  if (tag === EXTENSIBLE && chunk.byteLength < 40) {
    throw invalidAudio(
      `The "fmt " chunk of an extensible WAV file has 40 bytes, but this one has ${chunk.byteLength}: the subformat is missing.`,
    );
  }
  const number = tag === EXTENSIBLE ? chunk.getUint16(24, true) : tag;
  const known = KINDS[number];
  if (!known || (tag === EXTENSIBLE && subformat(chunk) !== SUBFORMAT)) {
    const name = NAMES[number];
    throw invalidAudio(
      `The WAV file has format ${number}${name ? ` (${name})` : ''}, which is not read: ${READ}. Convert the file.`,
      {
        format: number,
      },
    );
  }
  return known;
}

const subformat = (chunk: DataView): string =>
  Array.from({ length: 14 }, (_, i) =>
    chunk
      .getUint8(26 + i)
      .toString(16)
      .padStart(2, '0'),
  ).join('');
