/** From `--model` and its flags to a model. */
import { resolve } from 'node:path';
import type { Manifest } from '../core/model/manifest.ts';
import type { OpenedModel } from '../library/opened-model.ts';
import type { PreprocessingEntries } from '../library/preprocessing-entries.ts';
import { openModelFile } from '../node/open-model-file.ts';
import { namesFlag, numberFlag, numbersFlag, UsageError } from './arguments.ts';
import { TASKS } from './compose.ts';
import { textFlag } from './flags.ts';

/** Flags that say what a manifest would; each takes the place of the manifest's own entry. */
export const MODEL_ARGS = {
  model: textFlag('ONNX file, model folder (manifest.json or config.json), or name of an embedded model', {
    alias: 'm',
    default: 'everyday',
    valueHint: 'path',
  }),
  labels: textFlag('Class names: a JSON list, or one a line', { valueHint: 'file' }),
  'label-offset': textFlag('Class k of the labels is output k + n', { valueHint: 'n' }),
  output: textFlag('Output that is explained; found out when left out', { valueHint: 'name' }),
  'class-axis': textFlag('Axis of the output, batch included, that counts classes', { valueHint: 'n' }),
  'column-names': textFlag("Names of a table's columns, in the model's order", { valueHint: 'a,b' }),
  vocabulary: textFlag('Words of a model of texts without tokenizer: one a line, or a word and its id', {
    valueHint: 'file',
  }),
  hold: textFlag('Inputs that are fed as they are and never explained', { valueHint: 'a,b' }),
} as const;

export const PREPROCESSING_ARGS = {
  size: textFlag("Size of the input tensor; the model's own when left out", { valueHint: 'HxW' }),
  resize: textFlag('exact, fit, shortest_side, or shortest_side:256 to crop afterwards', { valueHint: 'mode' }),
  crop: textFlag('center or none', { valueHint: 'mode' }),
  scale: textFlag('Factor on the pixels 0..255, e.g. 1/255 (the default) or 1', { valueHint: 'x' }),
  mean: textFlag('Subtracted after scaling', { valueHint: 'x,x,x' }),
  std: textFlag('Divides after that', { valueHint: 'x,x,x' }),
  color: textFlag('RGB, BGR or gray', { valueHint: 'order' }),
  layout: textFlag('NCHW or NHWC', { valueHint: 'axes' }),
} as const;

type ModelFlags = { readonly [K in keyof typeof MODEL_ARGS]?: string };
type PreprocessingFlags = { readonly [K in keyof typeof PREPROCESSING_ARGS]?: string };

/**
 * Opens the model that the flags name.
 * @param embedded folders of the models that come with the project, by name, relative to `root`
 * @throws WhylightError `model_not_found`, `invalid_config`, `invalid_model`
 */
export async function openModel(
  flags: ModelFlags & PreprocessingFlags,
  embedded: Readonly<Record<string, string>>,
  root: string,
): Promise<OpenedModel> {
  const wanted = Object.keys(PREPROCESSING_ARGS).some((name) => flags[name as keyof PreprocessingFlags] !== undefined);
  return openModelFile(flags.model ?? MODEL_ARGS.model.default, {
    embedded: { folders: embedded, root },
    forms: TASKS.forms,
    manifest: corrections(flags),
    ...(flags.vocabulary !== undefined && { beside: { [VOCABULARY]: resolve(flags.vocabulary) } }),
    ...(flags.labels !== undefined && { labelFile: flags.labels }),
    ...(wanted && { preprocessing: preprocessingOf(flags) }),
  });
}

/** Name of the list of words among the files of the model. */
const VOCABULARY = '--vocabulary';

/** Entries of a manifest that flags state in its place. */
function corrections(flags: ModelFlags): Partial<Manifest> {
  const { 'column-names': columns, vocabulary, output, hold, 'label-offset': offset, 'class-axis': axis } = flags;
  return {
    ...(output !== undefined && { output }),
    ...(offset !== undefined && { label_offset: numberFlag('label-offset', offset, 0) }),
    ...(axis !== undefined && { class_axis: numberFlag('class-axis', axis, 0, 8) }),
    ...((columns !== undefined || vocabulary !== undefined) && {
      modalities: {
        ...(columns !== undefined && { tabular: { columns: namesFlag(columns) } }),
        ...(vocabulary !== undefined && { text: { vocabulary: { file: VOCABULARY } } }),
      },
    }),
    ...(hold !== undefined && { hold: namesFlag(hold) }),
  };
}

/** Entries of a preprocessing that flags state. */
function preprocessingOf(flags: PreprocessingFlags): PreprocessingEntries {
  const { size, resize, crop, scale, mean, std, color, layout } = flags;
  return {
    ...(size !== undefined && { size: sizeFlag(size) }),
    ...(resize !== undefined && { resize: resizeFlag(resize) }),
    ...(crop !== undefined && { crop }),
    ...(scale !== undefined && { scale: scaleFlag(scale) }),
    ...(mean !== undefined && { mean: numbersFlag('mean', mean) }),
    ...(std !== undefined && { std: numbersFlag('std', std) }),
    ...(color !== undefined && { color }),
    ...(layout !== undefined && { layout }),
  };
}

function sizeFlag(text: string): [number, number] {
  const [height = '', width = height, ...more] = text.split(/[x,]/);
  if (more.length > 0) throw new UsageError(`--size takes HxW, e.g. 224x224, not "${text}".`);
  return [numberFlag('size', height, 1), numberFlag('size', width, 1)];
}

function resizeFlag(text: string): object {
  const [mode, size] = text.split(':');
  return { mode, ...(size !== undefined && { size: numberFlag('resize', size, 1) }) };
}

/** A number, or a fraction. */
function scaleFlag(text: string): number {
  const [over, under = '1', ...more] = text.split('/');
  if (more.length > 0) throw new UsageError(`--scale takes a number or a fraction, e.g. 1/255, not "${text}".`);
  return numberFlag('scale', over ?? '') / numberFlag('scale', under);
}
