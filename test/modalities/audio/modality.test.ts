import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Drawing, ModalityContext } from '../../../src/core/modality/modality.ts';
import type { InputFact } from '../../../src/core/model/description.ts';
import audio from '../../../src/modalities/audio/modality.ts';
import type { AudioView } from '../../../src/modalities/audio/view.ts';
import { inputFact, twoClasses } from '../../support/facts.ts';
import { int16, wavFile } from './wav-files.ts';

const fact = (layout: string, shape: (number | string)[], more?: Partial<InputFact>): InputFact =>
  inputFact('audio', 'audio', layout, shape, more);

const output = twoClasses('y');

const context = (input: InputFact, settings?: unknown, config?: object): ModalityContext => ({
  inputs: [input],
  settings,
  description: { inputs: [input], outputs: [output], explained: output, doubts: [] },
  files: {
    read: async (path) =>
      config && path === 'preprocessor_config.json' ? new TextEncoder().encode(JSON.stringify(config)) : undefined,
  },
});

/** A tone at 440 Hz of half full scale, in every channel. */
const tone = (sampleRate: number, seconds: number, channels = 1): Uint8Array =>
  wavFile({
    sampleRate,
    channels,
    samples: int16(
      ...Array.from({ length: Math.round(sampleRate * seconds) * channels }, (_, i) =>
        Math.round(16384 * Math.sin((2 * Math.PI * 440 * Math.floor(i / channels)) / sampleRate)),
      ),
    ),
  });

async function prepared(file: Uint8Array, setting: ModalityContext) {
  return audio.prepare(await audio.decode(file, 'audio/wav', setting), setting);
}

const WAVE = { front_end: { kind: 'waveform', sample_rate: 16_000 } };
const MEL = { front_end: { kind: 'mel', sample_rate: 8000, n_fft: 256, hop_length: 80, n_mels: 16, log: 'ln' } };

describe('the modality of audio', () => {
  it('resamples to the rate of the model, with a notice', async () => {
    const { inputs, notices, views } = await prepared(tone(44_100, 0.5, 2), context(fact('NT', ['N', 'T']), WAVE));
    expect(inputs.audio?.dims).toEqual([1, 8000]);
    expect(views[0]?.sampleRate).toBe(16_000);
    expect(notices).toEqual(['2 channels were mixed to their mean.', 'The clip was resampled from 44100 to 16000 Hz.']);
  });

  it.each([
    ['int16', 16_384],
    ['int32', 1_073_741_824],
  ] as const)('gives samples of type %s in the range of the type', async (dtype, peak) => {
    const { inputs } = await prepared(tone(16_000, 0.05), context(fact('NT', ['N', 'T'], { dtype }), WAVE));
    expect(inputs.audio).toMatchObject({ dtype, dims: [1, 800] });
    const values = Array.from(inputs.audio?.data ?? [], Number);
    expect(Math.max(...values) / peak).toBeCloseTo(1, 2);
    expect(Math.min(...values) / peak).toBeCloseTo(-1, 2);
  });

  it('refuses samples without a sign', async () => {
    const setting = context(fact('NT', ['N', 'T'], { dtype: 'uint8' }), WAVE);
    await expect(prepared(tone(16_000, 0.05), setting)).rejects.toThrow('samples of type uint8: give it as a tensor');
  });

  it.each([
    ['NT', ['N', 'T'], [1, 800]],
    ['NCT', ['N', 1, 'T'], [1, 1, 800]],
    ['NTC', ['N', 'T', 1], [1, 800, 1]],
    ['', ['N', 'T', 1], [1, 800, 1]],
  ])('arranges samples as %s %j', async (layout, shape, dims) => {
    const { inputs } = await prepared(tone(16_000, 0.05), context(fact(layout, shape), WAVE));
    expect(inputs.audio?.dims).toEqual(dims);
  });

  it.each([
    ['NCT', ['N', 16, 'T'], [1, 16, 11]],
    ['NTF', ['N', 'T', 16], [1, 11, 16]],
    ['NCHW', ['N', 1, 16, 'T'], [1, 1, 16, 11]],
    ['', ['N', 1, 16, 'T'], [1, 1, 16, 11]],
  ])('arranges a spectrogram as %s %j', async (layout, shape, dims) => {
    const { inputs } = await prepared(tone(8000, 0.1), context(fact(layout, shape), MEL));
    expect(inputs.audio?.dims).toEqual(dims);
    const [time, band] = layout === 'NTF' ? [16, 1] : [1, 11];
    const data = inputs.audio?.data as Float32Array;
    // The tone is in the third of 16 bands, wherever the bands are.
    const middle = Array.from({ length: 16 }, (_, f) => data[5 * time + f * band] as number);
    expect(middle.indexOf(Math.max(...middle))).toBe(2);
  });

  it('pads a clip to a fixed length, and excludes the padding from the features', async () => {
    const { inputs, features } = await prepared(
      tone(16_000, 0.05),
      context(fact('NT', ['N', 1600]), { ...WAVE, windows: 2 }),
    );
    expect(inputs.audio?.dims).toEqual([1, 1600]);
    expect(features[0]?.list.map(({ name }) => name)).toEqual(['0.000 to 0.025 s', '0.025 to 0.050 s']);
    const mask = features[0]?.mask.audio as Int32Array;
    expect([mask[0], mask[399], mask[400], mask[799], mask[800], mask[1599]]).toEqual([0, 0, 1, 1, -1, -1]);
  });

  it('pads a spectrogram of fixed length with silence', async () => {
    const { inputs, views } = await prepared(tone(8000, 0.1), context(fact('NFT', ['N', 16, 101]), MEL));
    expect(inputs.audio?.dims).toEqual([1, 16, 101]);
    expect(views[0]?.spectrogram?.frames).toBe(10);
    expect(inputs.audio?.data.at(-1)).toBeCloseTo(Math.log(1e-10), 4);
  });

  it('names patches by seconds and Hz, grouped by frequency', async () => {
    const setting = context(fact('NFT', ['N', 16, 'T']), { ...MEL, windows: 2, bands: 2 });
    const { features } = await prepared(tone(8000, 0.1), setting);
    expect(features[0]?.list.map(({ name }) => name)).toEqual([
      '0.00 to 0.05 s, 0 to 1200 Hz',
      '0.05 to 0.10 s, 0 to 1200 Hz',
      '0.00 to 0.05 s, 1200 to 4000 Hz',
      '0.05 to 0.10 s, 1200 to 4000 Hz',
    ]);
    expect(features[0]?.groups).toEqual(['0 to 1200 Hz', '1200 to 4000 Hz']);
    const mask = features[0]?.mask.audio as Int32Array;
    expect([mask[0], mask[5], mask[10], mask[8 * 11]]).toEqual([0, 1, -1, 2]);
  });

  it.each([
    [{ feature_extractor_type: 'Wav2Vec2FeatureExtractor', do_normalize: false }, ['N', 'T'], [1, 3200]],
    [{ feature_extractor_type: 'WhisperFeatureExtractor', feature_size: 128 }, ['N', 128, 3000], [1, 128, 3000]],
    [{ feature_extractor_type: 'ASTFeatureExtractor', max_length: 200 }, ['N', 200, 128], [1, 200, 128]],
  ])('reads the front end from %j', async (config, shape, dims) => {
    const { inputs, notices } = await prepared(tone(16_000, 0.2), context(fact('', shape), undefined, config));
    expect(inputs.audio?.dims).toEqual(dims);
    expect(notices).toEqual([]);
  });

  it('warns when the sampling rate of the model is unknown', async () => {
    const { notices } = await prepared(tone(22_050, 0.1), context(fact('NT', ['N', 'T'])));
    expect(notices[0]).toContain('the clip stays at 22050 Hz');
  });

  it('warns when channels cancel each other out', async () => {
    const samples = int16(...Array.from({ length: 200 }, (_, i) => (i % 2 ? -1 : 1) * 8000));
    const { notices } = await prepared(
      wavFile({ channels: 2, sampleRate: 16_000, samples }),
      context(fact('NT', ['N', 'T']), WAVE),
    );
    expect(notices).toContain(
      'The channels cancel each other out: their mean is next to silence. Choose one with "channel".',
    );
  });

  it.each([
    ['silence', Math.log(1e-10)],
    ['zero', 0],
  ])('uses %s as absent value', async (kind, value) => {
    const setting = context(fact('NFT', ['N', 16, 'T']), MEL);
    const row = await prepared(tone(8000, 0.1), setting);
    const { audio: absent } = await audio.absent(row, 0, setting, kind);
    expect(absent?.dims).toEqual([1, 16, 11]);
    for (const found of absent?.data ?? []) expect(found).toBeCloseTo(value, 4);
  });

  it('uses the mean of each band as absent value when requested', async () => {
    const setting = context(fact('NTF', ['N', 'T', 16]), MEL);
    const row = await prepared(tone(8000, 0.1), setting);
    const data = row.inputs.audio?.data as Float32Array;
    const absent = (await audio.absent(row, 0, setting, 'mean')).audio?.data as Float32Array;
    const mean = Array.from({ length: 11 }, (_, t) => data[t * 16 + 2] as number).reduce((a, b) => a + b) / 11;
    expect(absent[2]).toBeCloseTo(mean, 4);
    expect(absent[16 + 2]).toBe(absent[2]);
  });

  it('uses zeros as absent value of a waveform', async () => {
    const setting = context(fact('NT', ['N', 'T']), WAVE);
    const row = await prepared(tone(16_000, 0.05), setting);
    const { audio: absent } = await audio.absent(row, 0, setting);
    expect([...(absent?.data ?? [])].every((value) => value === 0)).toBe(true);
    await expect(audio.absent(row, 0, setting, 'blur')).rejects.toThrow('no absence called "blur"');
  });

  it.each([
    [fact('NFT', ['N', 16, 'T']), undefined, undefined, 'takes a spectrogram, but nothing says which one'],
    [fact('NFT', ['N', 20, 'T']), MEL, undefined, 'takes 20 bands'],
    [fact('NCHW', ['N', 3, 16, 'T']), MEL, undefined, 'does not take a spectrogram'],
    [fact('NT', ['N', 'T']), { front_ends: 1 }, undefined, 'The settings of sound are wrong'],
    [fact('NT', ['N', 'T']), { front_end: { kind: 'waveform', channel: 3 } }, undefined, 'There is no channel 3'],
    [
      fact('NT', ['N', 'T']),
      undefined,
      { feature_extractor_type: 'SeamlessM4TFeatureExtractor', sampling_rate: 16_000 },
      'names the feature extractor "SeamlessM4TFeatureExtractor", which is not known',
    ],
    [
      fact('NT', ['N', 'T']),
      undefined,
      { feature_extractor_type: 'Wav2Vec2FeatureExtractor', sampling_rate: '16k' },
      'preprocessor_config.json is wrong: "sampling_rate"',
    ],
  ])('refuses a clip for %j with %j and %j', async (input, settings, config, message) => {
    await expect(prepared(tone(16_000, 0.1), context(input, settings, config))).rejects.toThrow(message);
  });

  it('recognises audio inputs by their names', () => {
    const open = { modality: { value: 'tensor', source: 'default' } } as const;
    const recognised = (input: InputFact) => audio.recognise(context(input).description);
    expect(recognised(fact('NT', ['N', 'T'], { ...open, name: 'input_values' }))).toBe(0.9);
    expect(recognised(fact('NT', ['N', 'T'], { ...open, name: 'input_values', dtype: 'int64' }))).toBe(0);
    expect(recognised(fact('NT', ['N', 'T'], { ...open, name: 'x' }))).toBe(0);
    expect(recognised(fact('NT', ['N', 'T']))).toBe(1);
  });
});

describe('drawings of audio', () => {
  const drawing = async (input: InputFact, settings: object, values: number[]): Promise<Drawing<AudioView>> => {
    const { views, features } = await prepared(tone(8000, 0.2), context(input, settings));
    return {
      view: views[0] as AudioView,
      features: features[0] as never,
      values,
      title: 'tone & <more>',
      signed: true,
    };
  };
  const patches = () => drawing(fact('NFT', ['N', 16, 'T']), { ...MEL, windows: 2, bands: 2 }, [1, -2, 0, 0.5]);

  it('are coloured patches over the spectrogram, with axes in seconds and Hz', async () => {
    const svg = audio.draw(await patches(), 'svg');
    expect(svg).toBe(audio.draw(await patches(), 'svg'));
    expect(svg).toContain('tone &amp; &lt;more&gt;');
    expect(svg).toContain('href="data:image/png;base64,iVBORw0KGgo');
    expect(svg).toContain('<title>0.1 to 0.2 s, 0 to 1200 Hz: -2</title>');
    for (const label of ['500 Hz', '1 kHz', '2 kHz', 'time (s)']) expect(svg).toContain(`>${label}</text>`);
  });

  it('are coloured windows behind a waveform', async () => {
    const svg = audio.draw(
      await drawing(
        fact('NT', ['N', 'T']),
        { front_end: { kind: 'waveform', sample_rate: 8000 }, windows: 2 },
        [1, -2],
      ),
      'svg',
    );
    expect(svg).toContain('<title>0.1 to 0.2 s: -2</title>');
    expect(svg).not.toContain('<image');
  });

  it('can be played from the page', async () => {
    const page = audio.draw(await patches(), 'html');
    expect(page).toContain('<audio controls="" src="data:audio/wav;base64,UklGR');
    expect(page).toContain('</audio>');
  });

  it('are a line for each frequency range in a terminal, the highest on top', async () => {
    const lines = audio
      .draw(await patches(), 'ansi')
      .split('\n')
      .map(stripVTControlCharacters);
    expect(lines[1]).toMatch(/^1200 to 4000 Hz /);
    expect(lines[2]).toMatch(/^ {3}0 to 1200 Hz .*[░▒]/);
    expect(lines[4]).toMatch(/^ +-2 █{20} 0\.1 to 0\.2 s, 0 to 1200 Hz$/);
  });
});
