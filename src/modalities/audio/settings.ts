/** Entry of sound in a manifest. */
import * as z from 'zod';
import { parseSettings } from '../../core/modality/settings.ts';
import { frontEndSchema } from './front-end-schema.ts';

/** Schema of `modalities.audio` in a manifest. */
export const audioSettingsSchema = z
  .strictObject({
    front_end: frontEndSchema.optional(),
    windows: z.int().min(1).max(1024).optional().describe('Number of windows of time; the default follows the length.'),
    window_length: z.number().positive().optional().describe('Length of a window in seconds; not with windows.'),
    bands: z
      .int()
      .min(1)
      .max(128)
      .default(4)
      .describe('Number of stretches of frequency that a window of a spectrogram is cut into.'),
  })
  .describe('From a sound to the input tensor, and its features.');

export type AudioSettings = z.output<typeof audioSettingsSchema>;

/**
 * Settings with their defaults.
 * @throws WhylightError `invalid_config`
 */
export const parseAudioSettings = (source: unknown): AudioSettings =>
  parseSettings(audioSettingsSchema, source, 'sound');
