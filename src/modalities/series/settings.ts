/** Entry of series in a manifest. */
import * as z from 'zod';
import { parseSettings } from '../../core/modality/settings.ts';

/** Schema of `modalities.series` in a manifest. */
export const seriesSettingsSchema = z
  .strictObject({
    sampling_rate: z.number().positive().optional().describe('Time steps a second; not with time_step.'),
    time_step: z.number().positive().optional().describe('Length of a time step, in time_unit.'),
    time_unit: z.enum(['s', 'min', 'h', 'd']).default('s').describe('Unit of time_step.'),
    channels: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("Names of the channels in the model's order; named channels of a file are put into this order."),
    normalize: z
      .enum(['none', 'zero_mean_unit_variance'])
      .default('none')
      .describe('Shift and scale of each channel of each series, as the model was trained.'),
    typical: z
      .array(z.array(z.number()).min(1))
      .min(1)
      .optional()
      .describe(
        'A typical series in the scale of the input, a list of time steps for each channel, such as the mean of the training data: what stands for an absent part.',
      ),
    missing: z
      .enum(['error', 'keep'])
      .default('error')
      .describe('Missing values: refused, or handed to a model that treats NaN itself.'),
    windows: z
      .int()
      .min(1)
      .max(1024)
      .optional()
      .describe('Number of windows that are features; the default follows the length.'),
    window_length: z.number().positive().optional().describe('Length of a window in time_unit; not with windows.'),
    features: z
      .enum(['each', 'all'])
      .optional()
      .describe('Whether the channels of a window are features by themselves, or one together.'),
  })
  .describe('From a time series to the input tensor, and its windows.');

export type SeriesSettings = z.output<typeof seriesSettingsSchema>;

/**
 * Settings with their defaults.
 * @throws WhylightError `invalid_config`
 */
export const parseSeriesSettings = (source: unknown): SeriesSettings =>
  parseSettings(seriesSettingsSchema, source, 'series');
