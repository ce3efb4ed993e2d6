/** Entry of sound in a manifest. */
import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
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
export function parseAudioSettings(source: unknown): AudioSettings {
  const result = audioSettingsSchema.safeParse(source ?? {});
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ entry: path.join('.'), message }));
  const text = issues.map(({ entry, message }) => (entry ? `"${entry}": ${message}` : message)).join('; ');
  throw new WhylightError('invalid_config', `The settings of sound are wrong: ${text}.`, { issues });
}
