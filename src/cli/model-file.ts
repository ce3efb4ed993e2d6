/** From `--model` and its flags to a model: a folder with a manifest, an ONNX file beside one, or an ONNX file alone. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { nearest, WhylightError } from '../core/errors.ts';
import { parsePreprocessing } from '../core/image/preprocess.ts';
import { metadataFacts } from '../core/model/describe/metadata.ts';
import { type Manifest, parseLabels, parseManifest } from '../core/model/manifest.ts';
import { Model } from '../core/model/model.ts';
import { readHeader } from '../core/onnx/read/header.ts';
import { declaredOpsets } from '../core/onnx/read.ts';
import { numberFlag, numbersFlag, UsageError } from './arguments.ts';

/** Flags that say what a manifest would; each takes the place of the manifest's own entry. */
export const MODEL_ARGS = {
  model: {
    type: 'string',
    alias: 'm',
    default: 'cifar10',
    valueHint: 'path',
    description: 'Folder with a manifest.json, an ONNX file, or the name of an embedded model',
  },
  labels: { type: 'string', valueHint: 'file', description: 'Class names: a JSON list, or one a line' },
  'label-offset': { type: 'string', valueHint: 'n', description: 'Class k of the labels is output k + n' },
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
}

/** Files of a model. */
interface Place {
  readonly file: string;
  readonly manifest: Partial<Manifest>;
  /** Folder that paths in the manifest are relative to. */
  readonly folder: string;
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
  const { file, manifest, folder } = await locate(flags.model ?? MODEL_ARGS.model.default, embedded, root);
  const bytes = await readBytes(file, 'model');
  const named = typeof manifest.labels === 'string' ? join(folder, manifest.labels) : undefined;
  const labelFile = flags.labels !== undefined ? resolve(flags.labels) : named;
  const labels = labelFile && parseLabels((await readBytes(labelFile, 'labels')).toString('utf8'), labelFile);
  const offset = flags['label-offset'];
  const said = {
    name: manifest.name ?? basename(file, extname(file)),
    ...manifest,
    ...(offset !== undefined && { label_offset: numberFlag('label-offset', offset, 0) }),
  };
  const open = (preprocessing: Manifest['preprocessing']) =>
    Model.read({
      bytes,
      manifest: { ...said, ...(preprocessing && { preprocessing }) },
      ...(labels && { labels }),
      external: new FilesBeside(folder),
    });
  const wanted = Object.keys(PREPROCESSING_ARGS).some((name) => flags[name as keyof PreprocessingFlags] !== undefined);
  const { metadata } = readHeader(bytes);
  const known = manifest.preprocessing ?? metadataFacts(metadata).preprocessing?.value;
  const opened = { opsets: declaredOpsets(bytes), metadata };
  if (!wanted) return { ...opened, model: await open(known) };
  // What the flags leave out is the manifest's, and else read off the model's input.
  const bare = await open(undefined);
  return { ...opened, model: await open(preprocessingOf(flags, bare, known)) };
}

/** Constants that a model keeps in other files, read when it asks for them; only from its own folder. */
export class FilesBeside extends Map<string, Uint8Array> {
  private readonly folder: string;

  constructor(folder: string) {
    super();
    this.folder = folder;
  }

  override get(path: string): Uint8Array | undefined {
    const known = super.get(path);
    const inside = !isAbsolute(path) && !relative(this.folder, resolve(this.folder, path)).startsWith('..');
    if (known || !inside || !existsSync(join(this.folder, path))) return known;
    const bytes = readFileSync(join(this.folder, path));
    this.set(path, bytes);
    return bytes;
  }
}

async function locate(name: string, embedded: Readonly<Record<string, string>>, root: string): Promise<Place> {
  const path = resolve(name);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return fromManifest(join(path, 'manifest.json'));
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
  return { file, manifest: {}, folder };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** @throws WhylightError `not_found` that says what the file was wanted for. */
export async function readBytes(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw new WhylightError('not_found', `Cannot read the ${what} ${path}: ${why}.`, { path }, { cause: error });
  }
}

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
  const preprocessing = { ...pictureOf(model), ...manifest, ...given };
  for (const name of ['mean', 'std'] as const) {
    const value = preprocessing[name];
    if (Array.isArray(value) && value.length === 1) preprocessing[name] = value[0];
  }
  return parsePreprocessing(preprocessing);
}

/** Size, axes and colour as far as the shape of the first input tells them. */
function pictureOf(model: Model): Partial<NonNullable<Manifest['preprocessing']>> {
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
