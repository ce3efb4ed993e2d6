import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyFrontEnd } from '../../../src/modalities/audio/front-end.ts';
import { resolveFrontEnd } from '../../../src/modalities/audio/front-end-schema.ts';
import { bandEdges } from '../../../src/modalities/audio/spectrogram.ts';

/** Half a second at 16 kHz: a tone, a rising tone in its first half, an offset, and something at every frequency. */
const SIGNAL = Float32Array.from({ length: 8000 }, (_, i) => {
  const turn = (2 * Math.PI * i) / 16_000;
  const rising = i < 4000 ? 0.25 * Math.sin(turn * (1000 + (2000 * i) / 16_000)) : 0;
  return 0.02 * (((i * 7919) % 1000) / 500 - 1) + 0.05 + 0.5 * Math.sin(turn * 440) + rising;
});

const AST = { kind: 'kaldi', window: 'hann_symmetric', n_mels: 128, mean: -4.2677393, std: 2 * 4.5689974 };
const LIBROSA = { kind: 'mel', sample_rate: 16_000 };

/** Values computed by NumPy in float64 from the formulas: [row, column, value]. */
const EXPECTED: Readonly<Record<string, [row: number, column: number, value: number][]>> = JSON.parse(
  readFileSync(new URL('front-ends.json', import.meta.url), 'utf8'),
);

/** Front ends with the dims of their output. */
const FRONT_ENDS = [
  ["Whisper's log-mel spectrogram", { kind: 'whisper', length: null }, [80, 50]],
  ["Kaldi's filter bank", { kind: 'kaldi' }, [48, 80]],
  ["Kaldi's filter bank over mirrored ends", { kind: 'kaldi', n_mels: 40, snip_edges: false }, [50, 40]],
  ["the Audio Spectrogram Transformer's filter bank", AST, [48, 128]],
  ["librosa's mel spectrogram", LIBROSA, [128, 16]],
  ["librosa's mel spectrogram in decibels", { ...LIBROSA, log: 'db', reference: 'max', range: 80 }, [128, 16]],
  ["librosa's cepstral coefficients", { ...LIBROSA, log: 'db', range: 80, n_mfcc: 13 }, [13, 16]],
  [
    'a spectrogram without mel bands',
    { kind: 'mel', sample_rate: 16_000, n_mels: null, n_fft: 300, hop_length: 100, power: 1, pad_mode: 'reflect' },
    [151, 81],
  ],
] as const;

describe('audio front ends', () => {
  it.each(FRONT_ENDS)('give the values of the formula for %s', (name, options, dims) => {
    const output = applyFrontEnd(SIGNAL, resolveFrontEnd(options));
    expect(output.dims).toEqual(dims);
    for (const [row, column, value] of EXPECTED[name] ?? expect.fail('no values')) {
      const found = output.data[row * dims[1] + column] as number;
      expect(Math.abs(found - value), `[${row}, ${column}] is ${found}`).toBeLessThan(
        1e-4 * Math.max(1, Math.abs(value)),
      );
    }
  });

  it('pad a short clip to the length of Whisper', () => {
    const { data, dims } = applyFrontEnd(SIGNAL, resolveFrontEnd({ kind: 'whisper' }));
    expect(dims).toEqual([80, 3000]);
    // Silence lies 8 below the largest value, before the shift by 4 and the division by 4.
    const largest = data.reduce((a, b) => Math.max(a, b));
    expect(data.at(-1)).toBeCloseTo(largest - 2, 5);
  });

  it('truncate a long clip with a notice', () => {
    const { dims, notes } = applyFrontEnd(SIGNAL, resolveFrontEnd({ kind: 'waveform', length: 4000 }));
    expect(dims).toEqual([4000]);
    expect(notes).toEqual(['The model takes 0.25 s: the clip of 0.50 s was cut after that.']);
  });

  it('normalise a waveform to mean 0 and variance 1', () => {
    const { data } = applyFrontEnd(SIGNAL, resolveFrontEnd({ kind: 'waveform', normalize: 'zero_mean_unit_variance' }));
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(variance).toBeCloseTo(1, 4);
  });

  it('pad frames with zeros before normalisation, as AST does', () => {
    const { data, dims } = applyFrontEnd(SIGNAL, resolveFrontEnd({ ...AST, frames: 1024 }));
    expect(dims).toEqual([1024, 128]);
    expect(data.at(-1)).toBeCloseTo(4.2677393 / (2 * 4.5689974), 6);
  });

  it('refuse a clip shorter than one frame, with both lengths', () => {
    expect(() => applyFrontEnd(SIGNAL.subarray(0, 300), resolveFrontEnd({ kind: 'kaldi' }))).toThrow(
      "The sound is too short: 300 samples (18.8 ms) at 16000 Hz, but the model's front end needs at least 400 samples (25.0 ms).",
    );
    expect(() => applyFrontEnd(SIGNAL.subarray(0, 100), resolveFrontEnd({ kind: 'whisper', length: null }))).toThrow(
      'needs at least 201 samples',
    );
  });

  it('give lower end, centre and upper end of each band in Hz', () => {
    const edges = bandEdges(
      resolveFrontEnd({ kind: 'mel', sample_rate: 16_000, n_mels: 4, mel_scale: 'slaney', f_max: 1000 }),
    );
    expect(edges.map(([low, centre, high]) => [low, centre, high].map(Math.round))).toEqual([
      [0, 200, 400],
      [200, 400, 600],
      [400, 600, 800],
      [600, 800, 1000],
    ]);
  });
});

describe('the front end of a manifest', () => {
  it('has frames of 25 ms every 10 ms at the rate of a Kaldi model', () => {
    const frontEnd = resolveFrontEnd({ kind: 'kaldi', sample_rate: 8000 });
    expect(frontEnd).toMatchObject({ win_length: 200, hop_length: 80, n_fft: 256 });
  });

  it('has a quarter of the transform as hop when only the transform is given', () => {
    expect(resolveFrontEnd({ kind: 'mel', n_fft: 400 })).toMatchObject({ win_length: 400, hop_length: 100 });
  });

  it.each([
    [{ kind: 'mels' }, '"kind"'],
    [{ kind: 'mel', n_mel: 3 }, 'n_mel'],
    [{ kind: 'mel', n_fft: 256, win_length: 400 }, '"win_length": is 400, but the transform takes n_fft = 256 samples'],
    [{ kind: 'whisper', sample_rate: 8000 }, '"f_max": is 8000, above half of sample_rate = 8000'],
    [{ kind: 'mel', f_min: 20_000 }, '"f_min": is 20000, not below the upper end of 11025 Hz'],
    [{ kind: 'mel', n_mfcc: 13 }, '"n_mfcc": needs a logarithm'],
  ])('is refused for %j', (options, message) => {
    expect(() => resolveFrontEnd(options)).toThrow(
      expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining(message) }),
    );
  });
});
