/** The chunks of a WAV file: where its format and its samples are. */
import { invalidAudio } from './sound.ts';
import { readFormat, type WavFormat } from './wav-format.ts';

export interface WavLayout {
  readonly format: WavFormat;
  /** First byte of the samples. */
  readonly offset: number;
  /** Bytes of whole frames from there on. */
  readonly bytes: number;
  readonly notes: readonly string[];
}

/** First bytes of other files that people take for WAV. */
const OTHERS: readonly [pattern: RegExp, name: string][] = [
  [/^ID3|^\xff[\xe2-\xfb]/, 'an MP3'],
  [/^OggS/, 'an Ogg file'],
  [/^fLaC/, 'a FLAC file'],
  [/^FORM....AIF/s, 'an AIFF file'],
  [/^....ftyp/s, 'an MP4 or M4A file'],
  [/^.E\xdf\xa3/s, 'a WebM or Matroska file'],
  [/^RIFX/, 'a big-endian RIFF file'],
  [/^RIFF....AVI /s, 'an AVI file'],
  [/^RIFF....WEBP/s, 'a WebP image'],
  [/^\x89PNG|^\xff\xd8\xff/, 'an image'],
];
const HEADER = 12;
/** Sizes that programs write where they do not know the size yet. */
const isPlaceholder = (size: number): boolean => size === 0xffffffff || size === 0x7fffffff || size >= 0x7ffff000;

/**
 * Walks the chunks up to the samples. Sizes are held against the bytes that are there.
 * @throws WhylightError when the file is no WAV file, has no format or no samples.
 */
export function readChunks(file: Uint8Array): WavLayout {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  requireWav(file);
  const names: string[] = [];
  let format: WavFormat | undefined;
  let longSize: number | undefined;
  for (let at = HEADER; at + 8 <= file.length; ) {
    const name = ascii(file, at, 4);
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    const chunk = () => new DataView(file.buffer, file.byteOffset + start, Math.min(size, file.length - start));
    names.push(name);
    if (name === 'data') {
      if (!format) throw invalidAudio('The WAV file has samples, but no "fmt " chunk before them says what they are.');
      return samplesAt(file, start, longSize !== undefined && size === 0xffffffff ? longSize : size, format);
    }
    if (name === 'fmt ') format = readFormat(chunk());
    if (name === 'ds64' && size >= 16 && start + 16 <= file.length)
      longSize = Number(view.getBigUint64(start + 8, true));
    // A chunk of odd size is followed by one byte of padding.
    at = start + size + (size % 2);
  }
  const found =
    names.length > 0
      ? `there ${names.length === 1 ? 'is' : 'are'} only ${names.join(', ')}`
      : 'it ends after its header';
  throw invalidAudio(`The WAV file has no "data" chunk: ${found}. It may be cut off.`, { chunks: names });
}

/** The extent of the samples, whatever the chunk says of itself. */
function samplesAt(file: Uint8Array, offset: number, size: number, format: WavFormat): WavLayout {
  const there = file.length - offset;
  const frame = format.bytesPerSample * format.channels;
  const unfilled = isPlaceholder(size) || (size === 0 && there >= frame && !onlyChunks(file, offset));
  if (there === 0 || (size === 0 && !unfilled)) {
    const says = `the data chunk says ${size} bytes`;
    throw invalidAudio(
      `The WAV file has no samples: ${says}, ${size === 0 ? 'and that is all' : `${there} are there`}.`,
      {
        size,
        there,
      },
    );
  }
  const available = unfilled ? there : Math.min(size, there);
  const bytes = available - (available % frame);
  if (bytes === 0) {
    throw invalidAudio(`The WAV file has no whole frame: one takes ${frame} bytes, ${available} are there.`, {
      frame,
      there: available,
    });
  }
  const notes: string[] = [];
  if (unfilled) notes.push(`The data chunk says ${size} bytes, a placeholder: the file was read to its end.`);
  else if (size > there) {
    notes.push(
      `The file is cut off: the data chunk says ${size} bytes (${Math.floor(size / frame)} frames), ${there} are there (${bytes / frame} whole frames).`,
    );
  } else if (bytes < available) notes.push(`The last ${available - bytes} bytes are no whole frame and were left out.`);
  return { format, offset, bytes, notes };
}

/** Tells if nothing but well-formed chunks follows: then a data chunk of size 0 is empty, not of unknown size. */
function onlyChunks(file: Uint8Array, from: number): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = from;
  while (at + 8 <= file.length) {
    if (!/^[\x20-\x7e]{4}$/.test(ascii(file, at, 4))) return false;
    const size = view.getUint32(at + 4, true);
    at += 8 + size + (size % 2);
  }
  return at === file.length || at === file.length + 1;
}

function requireWav(file: Uint8Array): void {
  if (file.length === 0) throw invalidAudio('The sound is empty: it has 0 bytes. A WAV file was expected.');
  const head = ascii(file, 0, HEADER);
  if (/^(RIFF|RF64|BW64)....WAVE$/s.test(head)) return;
  const other = OTHERS.find(([pattern]) => pattern.test(head))?.[1];
  const begins = other
    ? `it begins like ${other}`
    : `it begins with ${JSON.stringify(head)}, not with "RIFF" and "WAVE"`;
  throw invalidAudio(`This is not a WAV file: ${begins}. Convert it to WAV.`, { begins: head });
}

const ascii = (file: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...file.subarray(at, at + length));
