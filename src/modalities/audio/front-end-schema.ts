/** Description of a front end: how samples become the model's input. Part of the manifest. */
import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { safeParse } from '../../core/safe-parse.ts';

const positive = z.number().positive();

/** Schema of `modalities.audio.front_end` in a manifest: a kind, and what differs from its defaults. */
export const frontEndSchema = z
  .strictObject({
    kind: z
      .enum(['waveform', 'mel', 'whisper', 'kaldi'])
      .describe(
        'What the defaults are taken from: the samples themselves, a mel spectrogram as librosa computes it, the log-mel spectrogram of Whisper, or the filter bank of Kaldi.',
      ),
    sample_rate: z.int().min(100).max(768_000).describe('Samples a second that the model was trained with, in Hz.'),
    channel: z
      .union([z.literal('mean'), z.int().min(0)])
      .describe('Which channel of a sound with several: their mean, or one by its index.'),
    scale: positive.describe('Factor on the samples, which are -1 to 1: 32768 for models that want 16-bit numbers.'),
    normalize: z
      .enum(['none', 'zero_mean_unit_variance'])
      .describe('Shift and scale of the samples of each clip, before anything else.'),
    length: z
      .int()
      .min(1)
      .nullable()
      .describe('Number of samples: a shorter clip is filled up with zeros, a longer one is cut. null: as it is.'),
    n_fft: z.int().min(2).max(32_768).describe('Length of the Fourier transform, in samples.'),
    hop_length: z.int().min(1).describe('Samples from one frame to the next.'),
    win_length: z.int().min(1).describe('Length of the window, in samples, at most n_fft.'),
    window: z.enum(['hann', 'hann_symmetric', 'hamming', 'povey', 'rectangular']).describe('Window of a frame.'),
    center: z
      .boolean()
      .describe(
        'Whether frame k has its middle at sample k * hop_length; otherwise frames begin there, win_length long.',
      ),
    pad_mode: z.enum(['reflect', 'zeros']).describe('Beyond the ends of the signal, with center.'),
    snip_edges: z
      .boolean()
      .describe('Without center: only frames that fit the signal. Otherwise as many as hops, over mirrored ends.'),
    drop_last_frame: z.boolean().describe('Whether the last frame is left out.'),
    remove_dc_offset: z.boolean().describe('Whether each frame loses its mean.'),
    preemphasis: z.number().min(0).max(1).describe('c of x[t] - c x[t - 1] within each frame; 0 for none.'),
    power: z.union([z.literal(1), z.literal(2)]).describe('Magnitudes (1) or squared magnitudes (2).'),
    n_mels: z.int().min(1).max(1024).nullable().describe('Number of mel bands; null for the plain spectrogram.'),
    f_min: z.number().min(0).describe('Lower end of the lowest band, in Hz.'),
    f_max: positive.nullable().describe('Upper end of the highest band, in Hz; null for half the sampling rate.'),
    mel_scale: z.enum(['htk', 'slaney']).describe('Formula of the mel scale.'),
    mel_norm: z.enum(['slaney', 'none']).describe('Triangles of area 1 (slaney) or of height 1 (none).'),
    mel_triangles: z.enum(['hz', 'mel']).describe('Axis on which the sides of the triangles are straight.'),
    log: z.enum(['none', 'ln', 'log10', 'db']).describe('Logarithm of the energies; db is 10 log10.'),
    log_floor: positive.describe('Smallest energy that the logarithm is taken of.'),
    reference: z.enum(['one', 'max']).describe('What is 0 after the logarithm: energy 1, or the largest of the clip.'),
    range: positive.nullable().describe('Values are at least the largest one less this, in units of the logarithm.'),
    n_mfcc: z.int().min(1).nullable().describe('Number of cepstral coefficients (orthonormal DCT-II); null for none.'),
    frames: z
      .int()
      .min(1)
      .nullable()
      .describe(
        'Number of frames: shorter ones are filled up with zeros, longer ones cut. null: as many as there are.',
      ),
    mean: z.number().describe('Taken from each value at the end.'),
    std: positive.describe('Each value is divided by it at the end.'),
    layout: z.enum(['bands_first', 'frames_first']).describe('Order of the two axes.'),
  })
  .partial()
  .required({ kind: true })
  .describe('From a sound to the input tensor.');

/** A front end as a person writes it: a kind, and what differs. */
export type FrontEndOptions = z.output<typeof frontEndSchema>;

/** A front end with every parameter. */
export type FrontEnd = { readonly [K in keyof FrontEndOptions]-?: Exclude<FrontEndOptions[K], undefined> };

const MEL: FrontEnd = {
  kind: 'mel',
  sample_rate: 22_050,
  channel: 'mean',
  scale: 1,
  normalize: 'none',
  length: null,
  n_fft: 2048,
  hop_length: 512,
  win_length: 2048,
  window: 'hann',
  center: true,
  pad_mode: 'zeros',
  snip_edges: true,
  drop_last_frame: false,
  remove_dc_offset: false,
  preemphasis: 0,
  power: 2,
  n_mels: 128,
  f_min: 0,
  f_max: null,
  mel_scale: 'slaney',
  mel_norm: 'slaney',
  mel_triangles: 'hz',
  log: 'none',
  log_floor: 1e-10,
  reference: 'one',
  range: null,
  n_mfcc: null,
  frames: null,
  mean: 0,
  std: 1,
  layout: 'bands_first',
};

/** Parameters of each kind where the manifest names none. */
export const FRONT_END_DEFAULTS: Readonly<Record<FrontEnd['kind'], FrontEnd>> = {
  mel: MEL,
  waveform: { ...MEL, kind: 'waveform', sample_rate: 16_000 },
  whisper: {
    ...MEL,
    kind: 'whisper',
    sample_rate: 16_000,
    length: 480_000,
    n_fft: 400,
    hop_length: 160,
    win_length: 400,
    pad_mode: 'reflect',
    drop_last_frame: true,
    n_mels: 80,
    f_max: 8000,
    log: 'log10',
    range: 8,
    mean: -4,
    std: 4,
  },
  kaldi: {
    ...MEL,
    kind: 'kaldi',
    sample_rate: 16_000,
    n_fft: 512,
    hop_length: 160,
    win_length: 400,
    window: 'povey',
    center: false,
    remove_dc_offset: true,
    preemphasis: 0.97,
    n_mels: 80,
    f_min: 20,
    mel_scale: 'htk',
    mel_norm: 'none',
    mel_triangles: 'mel',
    log: 'ln',
    log_floor: 2 ** -23,
    layout: 'frames_first',
  },
};

/**
 * The front end of a manifest with every parameter. With a given `n_fft`, `win_length` and `hop_length` follow as in
 * librosa (n_fft, and a quarter of it) unless the kind is kaldi; for kaldi frames of 25 ms every 10 ms follow the rate.
 * @throws WhylightError `invalid_config` with every parameter that is wrong.
 * @example
 * resolveFrontEnd({ kind: 'whisper', n_mels: 128 });
 */
export function resolveFrontEnd(source: unknown): FrontEnd {
  const parsed = safeParse(frontEndSchema, source);
  const issues = parsed.success
    ? contradictions(complete(parsed.data))
    : parsed.error.issues.map(({ path, message }) => ({ entry: path.join('.'), message }));
  if (parsed.success && issues.length === 0) return complete(parsed.data);
  const text = issues.map(({ entry, message }) => (entry ? `"${entry}": ${message}` : message)).join('; ');
  throw new WhylightError('invalid_config', `The front end is wrong: ${text}.`, { issues });
}

function complete(options: FrontEndOptions): FrontEnd {
  const defaults = FRONT_END_DEFAULTS[options.kind];
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...lengths(options, defaults), ...given } as FrontEnd;
}

/** Lengths that follow from others which were given. */
function lengths({ kind, n_fft, win_length, sample_rate }: FrontEndOptions, defaults: FrontEnd): Partial<FrontEnd> {
  if (kind === 'kaldi' && sample_rate !== undefined) {
    const window = win_length ?? Math.floor(sample_rate * 0.025);
    const transform = 2 ** Math.ceil(Math.log2(window));
    return { win_length: window, hop_length: Math.floor(sample_rate * 0.01), n_fft: transform };
  }
  if (n_fft === undefined) return {};
  if (kind === 'kaldi') return { win_length: Math.min(defaults.win_length, n_fft) };
  return { win_length: n_fft, hop_length: Math.max(1, Math.floor(n_fft / 4)) };
}

function contradictions(frontEnd: FrontEnd): { entry: string; message: string }[] {
  const { sample_rate, n_fft, win_length, f_min, f_max, n_mels, n_mfcc, log } = frontEnd;
  const found: { entry: string; message: string }[] = [];
  const complain = (entry: string, message: string) => found.push({ entry, message });
  const top = f_max ?? sample_rate / 2;
  if (win_length > n_fft) complain('win_length', `is ${win_length}, but the transform takes n_fft = ${n_fft} samples`);
  if (top > sample_rate / 2) complain('f_max', `is ${top}, above half of sample_rate = ${sample_rate}`);
  if (f_min >= top) complain('f_min', `is ${f_min}, not below the upper end of ${top} Hz`);
  if (n_mfcc !== null && n_mels === null) complain('n_mfcc', 'needs mel bands: give n_mels');
  if (n_mfcc !== null && n_mels !== null && n_mfcc > n_mels)
    complain('n_mfcc', `is ${n_mfcc}, more than n_mels = ${n_mels}`);
  if (n_mfcc !== null && log === 'none') complain('n_mfcc', 'needs a logarithm: give log');
  return found;
}
