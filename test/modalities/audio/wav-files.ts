/** WAV files made byte by byte, for tests. */

export interface WavParts {
  /** Format number; 0xFFFE takes `subformat` into account. */
  readonly format?: number;
  readonly subformat?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly bits?: number;
  readonly samples: Uint8Array;
  /** Size that the data chunk says; the right one when left out. */
  readonly dataSize?: number;
  /** Chunks before and behind the samples, by name. */
  readonly before?: readonly [name: string, content: Uint8Array][];
  readonly behind?: readonly [name: string, content: Uint8Array][];
  readonly riff?: string;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const int = (value: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** A chunk, with the padding that an odd size needs. */
const chunk = (name: string, content: Uint8Array, size = content.length): Uint8Array =>
  join(text(name), int(size, 4), content, new Uint8Array(content.length % 2));

export function wavFile(parts: WavParts): Uint8Array {
  const { format = 1, subformat = 1, channels = 1, sampleRate = 8000, bits = 16, samples, riff = 'RIFF' } = parts;
  const block = channels * Math.ceil(bits / 8);
  const head = [
    int(format, 2),
    int(channels, 2),
    int(sampleRate, 4),
    int(sampleRate * block, 4),
    int(block, 2),
    int(bits, 2),
  ];
  // The last 14 bytes are those of every subformat of this kind.
  const guid = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
  const extension = [int(22, 2), int(bits, 2), int(0, 4), int(subformat, 2), Uint8Array.from(guid)];
  const body = join(
    text('WAVE'),
    ...(parts.before ?? []).map(([name, content]) => chunk(name, content)),
    chunk('fmt ', join(...head, ...(format === 0xfffe ? extension : []))),
    chunk('data', samples, parts.dataSize),
    ...(parts.behind ?? []).map(([name, content]) => chunk(name, content)),
  );
  return join(text(riff), int(body.length, 4), body);
}

/** Bytes of 16-bit samples. */
export const int16 = (...values: number[]): Uint8Array => new Uint8Array(Int16Array.from(values).buffer);
