import { describe, expect, it } from 'vitest';
import { oneChannel } from '../../../src/modalities/audio/sound.ts';
import { readWav } from '../../../src/modalities/audio/wav-read.ts';
import { writeWav } from '../../../src/modalities/audio/wav-write.ts';
import { int16, wavFile } from './wav-files.ts';

const samples = (file: Uint8Array): number[] => [...(readWav(file).channels[0] as Float32Array)];
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

describe('WAV files', () => {
  it.each([
    ['8 bits, unsigned', { bits: 8, samples: Uint8Array.of(0, 64, 128, 255) }, [-1, -0.5, 0, 127 / 128]],
    ['16 bits', { samples: int16(-32768, 16384, 0, 1) }, [-1, 0.5, 0, 2 ** -15]],
    ['24 bits', { bits: 24, samples: Uint8Array.of(0, 0, 0x80, 0, 0, 0x40, 1, 0, 0) }, [-1, 0.5, 2 ** -23]],
    ['20 bits in three bytes', { bits: 20, samples: Uint8Array.of(0, 0, 0x80, 0, 0, 0x40) }, [-1, 0.5]],
    ['32 bits', { bits: 32, samples: new Uint8Array(Int32Array.of(-(2 ** 31), 2 ** 30).buffer) }, [-1, 0.5]],
    ['float of 32 bits', { format: 3, bits: 32, samples: floats(-1, 0.25) }, [-1, 0.25]],
    [
      'float of 64 bits',
      { format: 3, bits: 64, samples: new Uint8Array(Float64Array.of(-1, 0.25).buffer) },
      [-1, 0.25],
    ],
    ['the extensible format', { format: 0xfffe, subformat: 3, bits: 32, samples: floats(0.5) }, [0.5]],
    // Decoded values of Recommendation G.711, scaled to 16 bits.
    [
      'A-law',
      { format: 6, bits: 8, samples: Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a) },
      [8, -8, 32256, -32256].map((v) => v / 32768),
    ],
    [
      'mu-law',
      { format: 7, bits: 8, samples: Uint8Array.of(0xff, 0x7f, 0x80, 0x00) },
      [0, 0, 32124, -32124].map((v) => v / 32768),
    ],
  ])('in the format %s are read', (_, parts, expected) => {
    expect(samples(wavFile(parts)).map((value) => value + 0)).toEqual(expected);
  });

  it('are read channel by channel, and mixed down to their mean', () => {
    const sound = readWav(wavFile({ channels: 2, sampleRate: 44_100, samples: int16(16384, 0, -16384, 8192) }));
    expect(sound.sampleRate).toBe(44_100);
    expect(sound.channels.map((channel) => [...channel])).toEqual([
      [0.5, -0.5],
      [0, 0.25],
    ]);
    expect([...oneChannel(sound)]).toEqual([0.25, -0.125]);
    expect([...oneChannel(sound, 1)]).toEqual([0, 0.25]);
    expect(() => oneChannel(sound, 2)).toThrow('There is no channel 2: the sound has 2.');
  });

  it('may have chunks before and after the samples, also of odd size', () => {
    const file = wavFile({
      before: [
        ['LIST', new Uint8Array(7)],
        ['fact', new Uint8Array(4)],
      ],
      samples: int16(1, 2, 3),
      behind: [['LIST', new Uint8Array(9)]],
    });
    expect(samples(file)).toHaveLength(3);
  });

  it.each([0, 0x7fffffff, 0xffffffff])('with the placeholder size %i are read to their end', (dataSize) => {
    const { channels, notes } = readWav(wavFile({ samples: int16(700, 2, 3, 4, 5, 6), dataSize }));
    expect(channels[0]).toHaveLength(6);
    expect(notes).toEqual([`The data chunk says ${dataSize} bytes, a placeholder: the file was read to its end.`]);
  });

  it('of the kind RF64 take their size from the ds64 chunk', () => {
    const ds64 = new Uint8Array(28);
    new DataView(ds64.buffer).setBigUint64(8, 4n, true);
    const file = wavFile({ riff: 'RF64', before: [['ds64', ds64]], samples: int16(1, 2, 3), dataSize: 0xffffffff });
    expect(samples(file)).toHaveLength(2);
  });

  it('that are truncated yield whole frames with a notice', () => {
    const { channels, notes } = readWav(wavFile({ samples: int16(1, 2, 3, 4, 5) }).subarray(0, -3));
    expect(channels[0]).toHaveLength(3);
    expect(notes).toEqual([
      'The file is cut off: the data chunk says 10 bytes (5 frames), 7 are there (3 whole frames).',
    ]);
  });

  it.each([
    ['empty bytes', new Uint8Array(), 'The sound is empty: it has 0 bytes'],
    ['an MP3', new TextEncoder().encode('ID3\u0003 and so on'), 'not a WAV file: it begins like an MP3'],
    ['an Ogg file', new TextEncoder().encode('OggS and so on...'), 'it begins like an Ogg file'],
    ['a text', new TextEncoder().encode('0.1,0.2,0.3,0.4'), 'it begins with "0.1,0.2,0.3,"'],
    [
      'a header without samples',
      wavFile({ samples: int16(1, 2) }).subarray(0, 44),
      'the data chunk says 4 bytes, 0 are there',
    ],
    ['a data chunk of 0 bytes', wavFile({ samples: new Uint8Array() }), 'the data chunk says 0 bytes, and that is all'],
    [
      'a data chunk of 0 bytes before others',
      wavFile({ samples: new Uint8Array(), behind: [['LIST', new Uint8Array(4)]] }),
      'says 0 bytes',
    ],
    ['half a frame', wavFile({ channels: 4, samples: int16(1, 2) }), 'no whole frame: one takes 8 bytes, 4 are there'],
    ['no data chunk', wavFile({ samples: int16(1) }).subarray(0, 36), 'no "data" chunk: there is only fmt '],
    ['ADPCM', wavFile({ format: 2, bits: 4, samples: int16(1) }), 'format 2 (ADPCM), which is not read'],
    [
      'a foreign subformat',
      wavFile({ format: 0xfffe, subformat: 9, samples: int16(1) }),
      'has format 9, which is not read',
    ],
    ['no channels', wavFile({ channels: 0, samples: int16(1) }), 'says 0 channels'],
    ['a rate of 0', wavFile({ sampleRate: 0, samples: int16(1) }), 'says 0 samples a second'],
    ['float of 16 bits', wavFile({ format: 3, samples: int16(1) }), 'float samples of 16 bits'],
    [
      'NaN',
      wavFile({ format: 3, bits: 32, samples: floats(0, Number.NaN) }),
      'The sound holds NaN at frame 1 (0.000 s), channel 0',
    ],
  ])('are refused: %s', (_, file, message) => {
    expect(() => readWav(file)).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
  });

  it('above the limit are refused before memory is allocated', () => {
    expect(() => readWav(wavFile({ samples: int16(1, 2, 3) }), { maxSamples: 2 })).toThrow(
      expect.objectContaining({ code: 'payload_too_large', details: { samples: 3, max: 2 } }),
    );
  });

  it('that were written are read back, clipped to full scale', () => {
    const channels = [Float32Array.of(0, 0.5, 2), Float32Array.of(-1, -0.25, -2)];
    const sound = readWav(writeWav({ sampleRate: 16_000, channels }));
    expect(sound.sampleRate).toBe(16_000);
    expect(sound.channels.map((channel) => [...channel])).toEqual([
      [0, 0.5, 32767 / 32768],
      [-1, -0.25, -1],
    ]);
  });
});
