/** Front ends from `preprocessor_config.json`, the file that transformers keeps beside a model of sound. */
import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { type FrontEnd, resolveFrontEnd } from './front-end-schema.ts';

const rate = z.int().default(16_000);

const READERS: Readonly<Record<string, (config: unknown) => unknown>> = {
  WhisperFeatureExtractor: (config) => {
    const { feature_size, sampling_rate, n_fft, hop_length, chunk_length } = z
      .object({
        feature_size: z.int().default(80),
        sampling_rate: rate,
        n_fft: z.int().default(400),
        hop_length: z.int().default(160),
        chunk_length: z.number().default(30),
      })
      .parse(config);
    return {
      kind: 'whisper',
      sample_rate: sampling_rate,
      n_mels: feature_size,
      n_fft,
      hop_length,
      win_length: n_fft,
      length: Math.round(chunk_length * sampling_rate),
    };
  },
  ASTFeatureExtractor: (config) => {
    const { num_mel_bins, sampling_rate, max_length, do_normalize, mean, std } = z
      .object({
        num_mel_bins: z.int().default(128),
        sampling_rate: rate,
        max_length: z.int().default(1024),
        do_normalize: z.boolean().default(true),
        mean: z.number().default(-4.2677393),
        std: z.number().default(4.5689974),
      })
      .parse(config);
    return {
      kind: 'kaldi',
      sample_rate: sampling_rate,
      window: 'hann_symmetric',
      n_mels: num_mel_bins,
      frames: max_length,
      ...(do_normalize && { mean, std: 2 * std }),
    };
  },
  Wav2Vec2FeatureExtractor: (config) => {
    const { sampling_rate, do_normalize } = z
      .object({ sampling_rate: rate, do_normalize: z.boolean().default(true) })
      .parse(config);
    return {
      kind: 'waveform',
      sample_rate: sampling_rate,
      normalize: do_normalize ? 'zero_mean_unit_variance' : 'none',
    };
  },
};

/**
 * Front end of a parsed `preprocessor_config.json`; undefined where the file is about no sound.
 * @throws WhylightError `invalid_config` for an extractor that is not known, or for fields that are wrong.
 */
export function fromFeatureExtractor(config: Readonly<Record<string, unknown>>): FrontEnd | undefined {
  const name = config.feature_extractor_type;
  if (typeof name !== 'string' || !/^(?!.*(Image|Vi[TLV]|Bei[tT]|Deit|Clip)).*FeatureExtractor$/.test(name))
    return undefined;
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (!reader) {
    if (typeof config.sampling_rate !== 'number') return undefined;
    throw new WhylightError(
      'invalid_config',
      `preprocessor_config.json names the feature extractor ${JSON.stringify(name)}, which is not known: ${Object.keys(READERS).join(', ')} are. Describe the front end in the manifest, under "modalities": { "audio": ... }.`,
      { name, known: Object.keys(READERS) },
    );
  }
  try {
    return resolveFrontEnd(reader(config));
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const issues = error.issues.map(({ path, message }) => `"${path.join('.')}": ${message}`).join('; ');
    throw new WhylightError('invalid_config', `preprocessor_config.json is wrong: ${issues}.`, { issues });
  }
}
