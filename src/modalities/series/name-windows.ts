/** Features of series that come as tensors. */
import { onlyExplainedInput } from '../../core/modality/explained-inputs.ts';
import type { Features, ModalityContext } from '../../core/modality/modality.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { lettersOf, signalAxes } from './axes.ts';
import { seriesFeatures } from './features.ts';
import { timeOf } from './fit.ts';
import { invalidSeries, numbered, STEPS } from './series.ts';
import { parseSeriesSettings } from './settings.ts';

/**
 * Windows of time as features, as for a file, with the channels and the sampling rate of the manifest.
 * @param inputs tensors by input name, in the layout of the input
 * @throws WhylightError `invalid_request` for a tensor of another shape
 */
export function nameWindows(inputs: Inputs, context: ModalityContext): Features[] {
  const input = onlyExplainedInput(context, 'a series', 'series');
  const letters = lettersOf(input);
  const given = inputs[input.name];
  if (given?.dims.length !== letters.length) {
    throw invalidSeries(
      `The tensor for "${input.name}" has the shape [${given?.dims.join(', ') ?? ''}], and the model takes [${input.shape.join(', ')}].`,
      { input: input.name, given: given?.dims, expected: input.shape },
    );
  }
  const sizeOf = (letter: 'N' | 'T' | 'C'): number => given.dims[letters.indexOf(letter)] ?? 1;
  const settings = parseSeriesSettings(context.settings);
  const [steps, count] = [sizeOf('T'), sizeOf('C')];
  const names = settings.channels?.length === count ? settings.channels : numbered(count);
  const features = seriesFeatures(
    input.name,
    signalAxes(input, { T: steps, C: count }),
    { steps, channels: names, time: timeOf(STEPS, settings) },
    { windows: settings.windows, length: settings.window_length, channels: settings.features },
  );
  return Array.from({ length: sizeOf('N') }, () => features);
}
