/** Time series as a modality. */
import { counted } from '../../core/counted.ts';
import { WhylightError } from '../../core/errors.ts';
import { explainedInputs, onlyExplainedInput } from '../../core/modality/explained-inputs.ts';
import { foldSums } from '../../core/modality/fold.ts';
import type { Modality, ModalityContext, Prepared } from '../../core/modality/modality.ts';
import type { InputFact, ModelDescription } from '../../core/model/description.ts';
import { cast } from '../../core/tensor/cast.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { float32 } from '../../core/tensor/tensor.ts';
import { fixedLength, type SignalAxes, signalAxes } from './axes.ts';
import { decodeSeries, SERIES_MEDIA_TYPES } from './decode.ts';
import { drawSeriesAnsi } from './draw-ansi.ts';
import { drawSeriesHtml } from './draw-html.ts';
import { drawSeriesSvg } from './draw-svg.ts';
import { seriesFeatures } from './features.ts';
import { fitSeries } from './fit.ts';
import { nameWindows } from './name-windows.ts';
import { invalidSeries, type Series } from './series.ts';
import { parseSeriesSettings, type SeriesSettings } from './settings.ts';

/** Kinds of absence. */
const ABSENT = ['typical', 'mean', 'zero'] as const;

const NAMES = /series|signal|ecg|eeg|accel|gyro|sensor|history|lag/i;

/**
 * Series from CSV, JSON and `.npy`; windows of time as features, for each channel or all together. What is absent is
 * what a typical series has there, if the manifest holds one (`typical`), the mean of its channel over time (`mean`), or
 * zero.
 */
const series: Modality<Series, Series> = {
  apiVersion: 1,
  id: 'series',
  about: { title: 'Time series', summary: 'Channels of numbers over time, explained by windows of time.' },
  accepts: { mediaTypes: SERIES_MEDIA_TYPES, extensions: ['csv', 'json', 'npy'] },
  recognise: (description) => Math.max(0, ...explainedInputs(description.inputs).map(evidence)),
  decode: decodeSeries,
  prepare,
  absent(prepared, row, context, kind) {
    const view = prepared.views[row];
    if (!view) throw invalidSeries(`There is no row ${row}: ${prepared.views.length} were prepared.`);
    const [input, axes] = axesOf(context, view);
    return tensorOf(input, axes, view, absence(view, parseSeriesSettings(context.settings), kind));
  },
  nameTensors: nameWindows,
  fold: foldSums,
  draw: (drawing, format) => DRAW[format](drawing),
};

export default series;

const DRAW = { svg: drawSeriesSvg, html: drawSeriesHtml, ansi: drawSeriesAnsi };

function prepare(raw: Series, context: ModalityContext): Prepared<Series> {
  const settings = parseSeriesSettings(context.settings);
  const input = inputOf(context);
  const wanted = { steps: fixedLength(input, 'T'), channels: channelsOf(input) };
  const view = fitSeries(raw, wanted, settings);
  const [, axes] = axesOf(context, view);
  const { windows, window_length: length, features: channels } = settings;
  return {
    inputs: tensorOf(input, axes, view, (t, c) => view.values[t * view.channels.length + c] as number),
    features: [seriesFeatures(input.name, axes, view, { windows, length, channels })],
    views: [view],
    notices: view.notes,
  };
}

const inputOf = (context: ModalityContext): InputFact => onlyExplainedInput(context, 'a series', 'series');

/** Number of channels that the model fixes; 1 where it has no axis of channels. */
const channelsOf = (input: InputFact): number | undefined =>
  input.layout.value.toUpperCase().includes('C') ? fixedLength(input, 'C') : 1;

function axesOf(context: ModalityContext, { steps, channels }: Series): [InputFact, SignalAxes] {
  const input = inputOf(context);
  return [input, signalAxes(input, { T: steps, C: channels.length })];
}

function tensorOf(
  input: InputFact,
  axes: SignalAxes,
  { steps, channels }: Series,
  value: (t: number, c: number) => number,
): Inputs {
  const tensor = float32(axes.dims);
  for (let t = 0; t < steps; t++) {
    for (let c = 0; c < channels.length; c++) tensor.data[t * axes.stride.T + c * axes.stride.C] = value(t, c);
  }
  return { [input.name]: cast(tensor, input.dtype) };
}

/** Value that replaces an absent step of a channel. */
function absence(
  view: Series,
  { typical }: SeriesSettings,
  kind = typical ? 'typical' : 'mean',
): (t: number, c: number) => number {
  if (kind === 'zero') return () => 0;
  if (kind === 'mean') {
    const means = view.channels.map((_, c) => channelMean(view, c));
    return (_, c) => means[c] as number;
  }
  if (kind !== 'typical') {
    throw invalidSeries(`A series has no absence called "${kind}": use ${ABSENT.join(', ')}.`, {
      kind,
      allowed: ABSENT,
    });
  }
  if (typical?.length === view.channels.length && typical.every((steps) => steps.length === view.steps)) {
    return (t, c) => typical[c]?.[t] as number;
  }
  const held = typical
    ? `${counted(typical.length, 'channel')} of ${counted(typical[0]?.length ?? 0, 'step')}`
    : 'none';
  throw new WhylightError(
    'invalid_config',
    `The manifest's typical series has to be ${counted(view.channels.length, 'channel')} of ${counted(view.steps, 'step')}, but it is ${held}. Use another absence: mean or zero.`,
    { channels: view.channels.length, steps: view.steps },
  );
}

/** Mean of what is there. */
function channelMean({ values, channels, steps }: Series, channel: number): number {
  let [sum, count] = [0, 0];
  for (let t = 0; t < steps; t++) {
    const value = values[t * channels.length + channel] as number;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/** Numbers along time and channels are most likely a series; a plain row of numbers is more likely a table. */
function evidence({ name, dtype, shape, layout, modality }: ModelDescription['inputs'][number]): number {
  if (modality.value === 'series' && modality.source !== 'default') return 1;
  if (!dtype.startsWith('float') || !layout.value.toUpperCase().includes('T')) return 0;
  if (NAMES.test(name)) return 0.8;
  return shape.length === 3 ? 0.5 : 0.1;
}
