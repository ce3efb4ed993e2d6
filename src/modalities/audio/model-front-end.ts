/** The front end of a model: from its manifest, from a file beside it, or as little as its input tells. */

import { parseJson } from '../../core/json.ts';
import type { ModalityContext } from '../../core/modality/modality.ts';
import type { InputFact } from '../../core/model/description.ts';
import { isInteger } from '../../core/tensor/tensor.ts';
import { fromFeatureExtractor } from './feature-extractor.ts';
import { type FrontEnd, resolveFrontEnd } from './front-end-schema.ts';
import type { AudioSettings } from './settings.ts';
import { invalidAudio } from './sound.ts';

export interface ModelFrontEnd {
  readonly frontEnd: FrontEnd;
  readonly notes: readonly string[];
}

/**
 * Front end of a model, with lengths that the input fixes.
 * @param sampleRate that of the clip, which is kept where nothing says what the model wants
 * @throws WhylightError when the input has frequency bands, but nothing describes them.
 */
export async function modelFrontEnd(
  context: Pick<ModalityContext, 'files'>,
  input: InputFact,
  settings: AudioSettings,
  sampleRate: number,
): Promise<ModelFrontEnd> {
  const found = await statedFrontEnd(context, input, settings, sampleRate);
  return { ...found, frontEnd: inSamples(found.frontEnd, input) };
}

/**
 * Scale of samples that a model takes as whole numbers: -1 to 1 becomes what a file of as many bits holds.
 * @throws WhylightError for whole numbers without a sign, whose silence no standard fixes
 */
function inSamples(frontEnd: FrontEnd, { name, dtype }: InputFact): FrontEnd {
  if (frontEnd.kind !== 'waveform' || !isInteger(dtype)) return frontEnd;
  if (dtype.startsWith('u')) {
    throw invalidAudio(`The input "${name}" takes samples of type ${dtype}: give it as a tensor.`, { input: name });
  }
  return frontEnd.scale === 1 ? { ...frontEnd, scale: 2 ** (Number(dtype.slice(3)) - 1) } : frontEnd;
}

async function statedFrontEnd(
  { files }: Pick<ModalityContext, 'files'>,
  input: InputFact,
  settings: AudioSettings,
  sampleRate: number,
): Promise<ModelFrontEnd> {
  if (settings.front_end) return { frontEnd: fixLengths(resolveFrontEnd(settings.front_end), input), notes: [] };
  const file = await files.read('preprocessor_config.json');
  const config = file && parseJson(new TextDecoder().decode(file), 'preprocessor_config.json');
  const found = config ? fromFeatureExtractor(config as Record<string, unknown>) : undefined;
  if (found) return { frontEnd: fixLengths(found, input), notes: [] };
  const lengths = input.shape.slice(1).filter((dim) => dim !== 1);
  if (lengths.length > 1) {
    throw invalidAudio(
      `The input "${input.name}" of shape [${input.shape.join(', ')}] takes a spectrogram, but nothing says which one. Describe it in the manifest: "modalities": { "audio": { "front_end": { "kind": "mel", ... } } }.`,
      { input: input.name, shape: input.shape },
    );
  }
  return {
    frontEnd: fixLengths(resolveFrontEnd({ kind: 'waveform', sample_rate: sampleRate }), input),
    notes: [
      `Nothing says which sampling rate the model takes: the clip stays at ${sampleRate} Hz. Give "modalities": { "audio": { "front_end": { "kind": "waveform", "sample_rate": ... } } } in the manifest.`,
    ],
  };
}

/** A fixed time axis fixes the length of the clip, so that a shorter one is filled up with silence. */
function fixLengths(frontEnd: FrontEnd, input: InputFact): FrontEnd {
  const { kind, length, frames, center, hop_length, drop_last_frame } = frontEnd;
  const steps = timeSteps(input, frontEnd);
  if (steps === undefined || length !== null || frames !== null) return frontEnd;
  if (kind === 'waveform') return { ...frontEnd, length: steps };
  if (center) return { ...frontEnd, length: (steps - 1 + (drop_last_frame ? 1 : 0)) * hop_length };
  return { ...frontEnd, frames: steps };
}

function timeSteps(input: InputFact, frontEnd: FrontEnd): number | undefined {
  const dim = input.shape[audioLetters(input, frontEnd).indexOf('T')];
  return typeof dim === 'number' ? dim : undefined;
}

/**
 * Meaning of each axis: N rows, T time, F bands, 1 for an axis of length 1. Where the layout does not say, the last two
 * axes of a spectrogram are in the front end's order, and time is the longest axis of a waveform.
 * @throws WhylightError when the input has more axes than a sound.
 */
export function audioLetters(input: InputFact, frontEnd: FrontEnd): string[] {
  const { name, shape } = input;
  const waveform = frontEnd.kind === 'waveform';
  const axes = waveform ? ['T'] : frontEnd.layout === 'bands_first' ? ['F', 'T'] : ['T', 'F'];
  const trailing = waveform && shape.length === 3 && shape[2] === 1 ? ['1'] : [];
  const between = Math.max(0, shape.length - axes.length - trailing.length - 1);
  const guessed = ['N', ...Array.from({ length: between }, () => '1'), ...axes, ...trailing];
  const fits = (letters: readonly string[]) =>
    letters.length === shape.length &&
    letters.every((letter, axis) => letter !== '1' || typeof shape[axis] === 'string' || shape[axis] === 1) &&
    axes.every((axis) => letters.filter((letter) => letter === axis).length === 1) &&
    letters.every((letter) => letter === 'N' || letter === '1' || axes.includes(letter));
  const found = [saidLetters(input, waveform), guessed].find(fits);
  if (found) return found;
  throw invalidAudio(
    `The input "${name}" of shape [${shape.join(', ')}] does not take ${waveform ? 'samples' : 'a spectrogram'}: [N, ${axes.join(', ')}] was expected, with axes of length 1 besides.`,
    { input: name, shape },
  );
}

/** Letters of the layout. The channels of a spectrogram without another axis for them are its bands. */
function saidLetters({ layout }: InputFact, waveform: boolean): string[] {
  const letters = [...layout.value.toUpperCase()];
  const channels = waveform || letters.some((letter) => letter === 'F' || letter === 'H') ? '1' : 'F';
  const meaning: Readonly<Record<string, string>> = { H: 'F', W: 'T', C: channels };
  return letters.map((letter) => meaning[letter] ?? letter);
}
