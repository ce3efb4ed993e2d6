/** Sound as a modality. */

import { asInputType } from '../../core/image/pixel-type.ts';
import { explainedInputs, onlyExplainedInput } from '../../core/modality/explained-inputs.ts';
import { foldSums } from '../../core/modality/fold.ts';
import type { Modality, ModalityContext, Prepared } from '../../core/modality/modality.ts';
import type { InputFact } from '../../core/model/description.ts';
import { cast } from '../../core/tensor/cast.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { float32 } from '../../core/tensor/tensor.ts';
import { type SignalAxes, signalAxes } from '../series/axes.ts';
import { drawAudioAnsi } from './draw-ansi.ts';
import { drawAudioHtml } from './draw-html.ts';
import { drawAudioSvg } from './draw-svg.ts';
import { audioFeatures, bandBoundaries } from './features.ts';
import { applyFrontEnd, type FrontEndOutput } from './front-end.ts';
import type { FrontEnd } from './front-end-schema.ts';
import { audioLetters, modelFrontEnd } from './model-front-end.ts';
import { resample } from './resample.ts';
import { parseAudioSettings } from './settings.ts';
import { silence } from './silence.ts';
import { invalidAudio, mixNotes, oneChannel, type Sound } from './sound.ts';
import type { AudioView } from './view.ts';
import { readWav } from './wav-read.ts';

const MEDIA_TYPES = ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'];
const ABSENT = ['silence', 'mean', 'zero'] as const;
const NAMES = /audio|wave?form|wav|speech|sound|mel|spectro|fbank|mfcc|input_features|input_values/i;

/**
 * Sound from WAV files: samples at the model's rate, or the spectrogram that its front end makes of them; windows of
 * time, or patches of time and frequency, as features. What is absent is silence; `mean` is each band's mean over time.
 */
const audio: Modality<Sound, AudioView> = {
  apiVersion: 1,
  id: 'audio',
  about: { title: 'Sound', summary: 'A clip of sound, explained by windows of time or patches of its spectrogram.' },
  accepts: { mediaTypes: MEDIA_TYPES, extensions: ['wav', 'wave'] },
  recognise: ({ inputs }) => Math.max(0, ...explainedInputs(inputs).map(evidence)),
  decode: (bytes) => readWav(bytes),
  prepare,
  async absent(prepared, row, context, kind = 'silence') {
    const view = prepared.views[row];
    if (!view) throw invalidAudio(`There is no row ${row}: ${prepared.views.length} were prepared.`);
    if (!(ABSENT as readonly string[]).includes(kind)) {
      throw invalidAudio(`A sound has no absence called "${kind}": use ${ABSENT.join(', ')}.`, {
        kind,
        allowed: ABSENT,
      });
    }
    const input = inputOf(context);
    const { frontEnd } = await modelFrontEnd(context, input, parseAudioSettings(context.settings), view.sampleRate);
    const { output, axes } = compute(input, frontEnd, view.samples);
    return layOut(input, axes, frontEnd, {
      ...output,
      data: silence(output, frontEnd, kind as (typeof ABSENT)[number]),
    });
  },
  fold: foldSums,
  draw: (drawing, format) => DRAW[format](drawing),
};

export default audio;

const DRAW = { svg: drawAudioSvg, html: drawAudioHtml, ansi: drawAudioAnsi };

async function prepare(sound: Sound, context: ModalityContext): Promise<Prepared<AudioView>> {
  const settings = parseAudioSettings(context.settings);
  const input = inputOf(context);
  const { frontEnd, notes } = await modelFrontEnd(context, input, settings, sound.sampleRate);
  const mono = oneChannel(sound, frontEnd.channel);
  const resampled = resample(mono, sound.sampleRate, frontEnd.sample_rate);
  const { output, axes } = compute(input, frontEnd, resampled);
  const view = viewOf(resampled, frontEnd, output);
  const steps = view.spectrogram?.frames ?? view.samples.length;
  const rates =
    sound.sampleRate === frontEnd.sample_rate
      ? []
      : [`The clip was resampled from ${sound.sampleRate} to ${frontEnd.sample_rate} Hz.`];
  return {
    inputs: layOut(input, axes, frontEnd, output),
    features: [audioFeatures(input.name, axes, frontEnd, steps, settings)],
    views: [view],
    notices: [...sound.notes, ...notes, ...mixNotes(sound, mono, frontEnd.channel), ...rates, ...output.notes],
  };
}

function compute(
  input: InputFact,
  frontEnd: FrontEnd,
  samples: Float32Array,
): { output: FrontEndOutput; axes: SignalAxes } {
  const output = applyFrontEnd(samples, frontEnd);
  const [first = 0, second = 1] = output.dims;
  const lengths =
    frontEnd.layout === 'bands_first' && frontEnd.kind !== 'waveform'
      ? { F: first, T: second }
      : { T: first, F: second };
  const layout = { ...input.layout, value: audioLetters(input, frontEnd).join('') };
  return { output, axes: signalAxes({ ...input, layout }, lengths) };
}

/** Values of a front end in the layout of the input. */
function layOut(
  input: InputFact,
  axes: SignalAxes,
  frontEnd: FrontEnd,
  { data }: Pick<FrontEndOutput, 'data'>,
): Inputs {
  const out = float32(axes.dims);
  const { T: steps, F: bands } = axes.size;
  const bandsFirst = frontEnd.layout === 'bands_first';
  for (let t = 0; t < steps; t++) {
    for (let f = 0; f < bands; f++) {
      out.data[t * axes.stride.T + f * axes.stride.F] = data[bandsFirst ? f * steps + t : t * bands + f] as number;
    }
  }
  return { [input.name]: cast(asInputType(out, input.dtype), input.dtype) };
}

/** The part of the clip that the model takes, and its frames. */
function viewOf(samples: Float32Array, frontEnd: FrontEnd, { data, dims }: FrontEndOutput): AudioView {
  const { length, sample_rate: sampleRate, hop_length, center, win_length } = frontEnd;
  const used = samples.subarray(0, length ?? samples.length);
  if (frontEnd.kind === 'waveform') return { samples: used, sampleRate };
  const bandsFirst = frontEnd.layout === 'bands_first';
  const [bands, all] = (bandsFirst ? dims : [...dims].reverse()) as [number, number];
  const whole = center ? Math.ceil(used.length / hop_length) : Math.floor((used.length - win_length) / hop_length) + 1;
  const frames = Math.max(1, Math.min(all, whole));
  const values = Float32Array.from({ length: frames * bands }, (_, i) => {
    const [t, f] = [Math.floor(i / bands), i % bands];
    return data[bandsFirst ? f * all + t : t * bands + f] as number;
  });
  const boundaries = frontEnd.n_mfcc === null ? bandBoundaries(frontEnd) : undefined;
  return {
    samples: used,
    sampleRate,
    spectrogram: { values, frames, bands, hop: hop_length / sampleRate, boundaries },
  };
}

const inputOf = (context: ModalityContext): InputFact => onlyExplainedInput(context, 'a sound', 'sounds');

/** Inputs of sound are known by their names more than by their shapes. */
function evidence({ name, dtype, shape, modality }: InputFact): number {
  if (modality.value === 'audio' && modality.source !== 'default') return 1;
  if (!dtype.startsWith('float') || shape.length < 2 || shape.length > 4) return 0;
  return NAMES.test(name) ? 0.9 : 0;
}
