/** From `--model` and its flags to a model: a folder with a manifest, an ONNX file beside one, or an ONNX file alone. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { nearest, WhylightError } from '../core/errors.ts';
import { parsePreprocessing } from '../core/image/preprocess.ts';
import { metadataFacts } from '../core/model/describe/metadata.ts';
import { type StatedFacts, strongest } from '../core/model/describe/stated-facts.ts';
import { findModel, folderFacts } from '../core/model/folder.ts';
import { type Manifest, parseLabels, parseManifest } from '../core/model/manifest.ts';
import { Model } from '../core/model/model.ts';
import type { ModelFiles } from '../core/model/model-files.ts';
import { readHeader } from '../core/onnx/read/header.ts';
import { declaredOpsets } from '../core/onnx/read.ts';
import { FilesBeside } from '../node/files-beside.ts';
import { numberFlag, numbersFlag, UsageError } from './arguments.ts';
import { TASKS } from './compose.ts';
import { exists, openFolder, readBytes } from './files.ts';

/** Flags that say what a manifest would; each takes the place of the manifest's own entry. */
export const MODEL_ARGS = {
  model: {
    type: 'string',
    alias: 'm',
    default: 'cifar10',
    valueHint: 'path',
    description: 'ONNX file, model folder (manifest.json or config.json), or name of an embedded model',
  },
  labels: { type: 'string', valueHint: 'file', description: 'Class names: a JSON list, or one a line' },
  'label-offset': { type: 'string', valueHint: 'n', description: 'Class k of the labels is output k + n' },
  output: { type: 'string', valueHint: 'name', description: 'Output that is explained; found out when left out' },
  'class-axis': {
    type: 'string',
    valueHint: 'n',
    description: 'Axis of the output, batch included, that counts classes',
  },
  hold: { type: 'string', valueHint: 'a,b', description: 'Inputs that are fed as they are and never explained' },
} as const;

export const PREPROCESSING_ARGS = {
  size: { type: 'string', valueHint: 'HxW', description: "Size of the input tensor; the model's own when left out" },
  resize: {
    type: 'string',
    valueHint: 'mode',
    description: 'exact, fit, shortest_side, or shortest_side:256 to crop afterwards',
  },
  crop: { type: 'string', valueHint: 'mode', description: 'center or none' },
  scale: { type: 'string', valueHint: 'x', description: 'Factor on the pixels 0..255, e.g. 1/255 (the default) or 1' },
  mean: { type: 'string', valueHint: 'x,x,x', description: 'Subtracted after scaling' },
  std: { type: 'string', valueHint: 'x,x,x', description: 'Divides after that' },
  color: { type: 'string', valueHint: 'order', description: 'RGB, BGR or gray' },
  layout: { type: 'string', valueHint: 'axes', description: 'NCHW or NHWC' },
} as const;

type ModelFlags = { readonly [K in keyof typeof MODEL_ARGS]?: string };
type PreprocessingFlags = { readonly [K in keyof typeof PREPROCESSING_ARGS]?: string };

export interface OpenedModel {
  readonly model: Model;
  /** As the file names them. */
  readonly opsets: Readonly<Record<string, number>>;
  /** `metadata_props` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Files beside the model: tokenizer, columns, background rows. */
  readonly files: ModelFiles;
  /** Facts of files beside the model and of its metadata. */
  readonly stated: StatedFacts;
  /** Sentences for the user: which of several files is used. */
  readonly notices: readonly string[];
}

/** Files of a model. */
interface Place {
  readonly file: string;
  readonly manifest: Partial<Manifest>;
  /** Folder that paths in the manifest are relative to. */
  readonly folder: string;
  /** Name of a model whose manifest gives none. */
  readonly name?: string;
  readonly notices?: readonly string[];
}

/**
 * @param embedded folders of the models that come with the project, by name, relative to `root`
 * @throws WhylightError `model_not_found`, `invalid_config`, `invalid_model`
 */
export async function openModel(
  flags: ModelFlags & PreprocessingFlags,
  embedded: Readonly<Record<string, string>>,
  root: string,
): Promise<OpenedModel> {
  const {
    file,
    manifest,
    folder,
    name = basename(file, extname(file)),
    notices = [],
  } = await locate(flags.model ?? MODEL_ARGS.model.default, embedded, root);
  const bytes = await readBytes(file, 'model');
  const named = typeof manifest.labels === 'string' ? join(folder, manifest.labels) : undefined;
  const labelFile = flags.labels !== undefined ? resolve(flags.labels) : named;
  const labels = labelFile && parseLabels((await readBytes(labelFile, 'labels')).toString('utf8'), labelFile);
  const said = { name: manifest.name ?? name, ...manifest, ...corrections(flags) };
  const files = openFolder(folder);
  const { metadata } = readHeader(bytes);
  const beside = await folderFacts(files);
  const stated = strongest([beside, metadataFacts(metadata)]);
  const open = (preprocessing: Manifest['preprocessing'], stated: StatedFacts) =>
    Model.read({
      bytes,
      stated,
      forms: TASKS.forms,
      manifest: { ...said, ...(preprocessing && { preprocessing }) },
      ...(labels && { labels }),
      external: new FilesBeside(dirname(file)),
    });
  const wanted = Object.keys(PREPROCESSING_ARGS).some((name) => flags[name as keyof PreprocessingFlags] !== undefined);
  const opened = { opsets: declaredOpsets(bytes), metadata, files, stated, notices };
  if (!wanted) return { ...opened, model: await open(manifest.preprocessing, beside) };
  // What the flags leave out is the manifest's or that of files beside the model, and else read off the model's input.
  const { preprocessing: known, ...others } = beside;
  const bare = await open(undefined, others);
  const base = manifest.preprocessing ?? known?.value ?? bare.preprocessing;
  return { ...opened, model: await open(preprocessingOf(flags, bare, base), beside) };
}

/** Entries of a manifest that flags state in its place. */
function corrections(flags: ModelFlags): Partial<Manifest> {
  const { output, hold, 'label-offset': offset, 'class-axis': axis } = flags;
  return {
    ...(output !== undefined && { output }),
    ...(offset !== undefined && { label_offset: numberFlag('label-offset', offset, 0) }),
    ...(axis !== undefined && { class_axis: numberFlag('class-axis', axis, 0, 8) }),
    ...(hold !== undefined && { hold: hold.split(',').map((name) => name.trim()) }),
  };
}

async function locate(name: string, embedded: Readonly<Record<string, string>>, root: string): Promise<Place> {
  const path = resolve(name);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return fromFolder(path);
  if (found && path.endsWith('.json')) return fromManifest(path);
  if (found) return besideManifest(path);
  const folder = Object.hasOwn(embedded, name) ? embedded[name] : undefined;
  if (folder !== undefined) return fromManifest(join(root, folder, 'manifest.json'));
  const close = nearest(name, Object.keys(embedded));
  const known = Object.keys(embedded).join(', ');
  throw new WhylightError(
    'model_not_found',
    `There is no file, folder or embedded model "${name}". ${close.length > 0 ? `Did you mean ${close[0]}?` : `Embedded: ${known}.`}`,
    { model: name, nearest: close },
  );
}

/** A folder with a manifest, or with files of a Hugging Face model. */
async function fromFolder(folder: string): Promise<Place> {
  const manifest = join(folder, 'manifest.json');
  if (await exists(manifest)) return fromManifest(manifest);
  const { file, notices } = await findModel(openFolder(folder), folder);
  return { file: join(folder, file), manifest: {}, folder, name: basename(folder), notices };
}

async function fromManifest(path: string): Promise<Place> {
  const manifest = parseManifest((await readBytes(path, 'manifest')).toString('utf8'), path);
  const folder = dirname(path);
  return { file: join(folder, manifest.file), manifest, folder };
}

/** `x.manifest.json` beside `x.onnx`, or a `manifest.json` that names it; else nothing is known of it. */
async function besideManifest(file: string): Promise<Place> {
  const folder = dirname(file);
  const own = join(folder, `${basename(file, extname(file))}.manifest.json`);
  if (await exists(own)) return { ...(await fromManifest(own)), file };
  const shared = join(folder, 'manifest.json');
  if (await exists(shared)) {
    const place = await fromManifest(shared);
    if (place.file === file) return place;
  }
  return { file, manifest: {}, folder: (await isOnnxPart(folder)) ? dirname(folder) : folder };
}

/** True for the `onnx` folder within a Hugging Face folder: what is known of its models lies one level up. */
const isOnnxPart = async (folder: string): Promise<boolean> =>
  basename(folder) === 'onnx' &&
  !(await exists(join(folder, 'config.json'))) &&
  (await exists(join(dirname(folder), 'config.json')));

function preprocessingOf(
  flags: PreprocessingFlags,
  model: Model,
  manifest: Manifest['preprocessing'],
): Manifest['preprocessing'] {
  const { size, resize, crop, scale, mean, std, color, layout } = flags;
  const given = {
    ...(size !== undefined && { size: sizeFlag(size) }),
    ...(resize !== undefined && { resize: resizeFlag(resize) }),
    ...(crop !== undefined && { crop }),
    ...(scale !== undefined && { scale: scaleFlag(scale) }),
    ...(mean !== undefined && { mean: numbersFlag('mean', mean) }),
    ...(std !== undefined && { std: numbersFlag('std', std) }),
    ...(color !== undefined && { color }),
    ...(layout !== undefined && { layout }),
  };
  const preprocessing = { ...formOf(model), ...manifest, ...given };
  for (const name of ['mean', 'std'] as const) {
    const value = preprocessing[name];
    if (Array.isArray(value) && value.length === 1) preprocessing[name] = value[0];
  }
  return parsePreprocessing(preprocessing);
}

/** Size, axes and colour as far as the shape of the first input tells them. */
function formOf(model: Model): Partial<NonNullable<Manifest['preprocessing']>> {
  // The graph alone: sizes that are open here are what the preprocessing is to settle.
  const dims = model.graph.inputs[0]?.dims?.slice(1) ?? [];
  if (dims.length !== 3) return {};
  const isChannels = (dim: unknown) => dim === 1 || dim === 3 || dim === 4;
  const last = !isChannels(dims[0]) && isChannels(dims[2]);
  const channels = dims[last ? 2 : 0];
  const [height, width] = last ? dims : dims.slice(1);
  return {
    ...(typeof height === 'number' && typeof width === 'number' && { size: [height, width] as [number, number] }),
    ...(channels === 1 && { color: 'gray' as const }),
    layout: last ? 'NHWC' : 'NCHW',
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
