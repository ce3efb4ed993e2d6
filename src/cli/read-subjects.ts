/** From the arguments of a command to the rows that it explains. */
import { extname } from 'node:path';
import { WhylightError } from '../core/errors.ts';
import { mediaTypeOf } from '../core/modality/media-type.ts';
import { type ModalityInUse, modalityOf } from '../core/modality/registry.ts';
import type { ModalityId } from '../core/model/description.ts';
import { openImage } from '../node/image-input.ts';
import { UsageError } from './arguments.ts';
import { expandPaths } from './expand-paths.ts';
import { readBytes } from './files.ts';
import { MODALITIES } from './modalities.ts';
import type { OpenedModel } from './model-file.ts';
import { readNamedTensors } from './named-tensors.ts';
import { type Subject, subjectsOf } from './subject.ts';

export const INPUT_ARGS = {
  file: {
    type: 'positional',
    required: false,
    description: 'Files, folders or patterns such as "*.jpg"; - reads standard input',
  },
  text: { type: 'string', valueHint: 'text', description: 'A text to explain, in place of a file' },
  'text-pair': { type: 'string', valueHint: 'text', description: 'Second text of a pair, with --text' },
  input: {
    type: 'string',
    valueHint: 'name=file',
    description: 'An input as a tensor (.npy, .json, .bin); several with commas between: a=x.npy,b=y.npy',
  },
} as const;

export interface InputFlags {
  readonly text?: string;
  readonly 'text-pair'?: string;
  readonly input?: string;
}

/** Name of standard input among files. */
const STDIN = '-';

/**
 * @param paths files, folders and patterns, as they were given
 * @throws UsageError without any input, or with two kinds of it
 * @throws WhylightError `not_found`, `unsupported_media_type`, and what the modality says of the content
 */
export async function readSubjects(
  opened: OpenedModel,
  flags: InputFlags,
  paths: readonly string[],
): Promise<Subject[]> {
  const { text, 'text-pair': pair, input } = flags;
  const kinds = [text !== undefined, input !== undefined, paths.length > 0].filter(Boolean).length;
  if (kinds !== 1) {
    throw new UsageError(
      kinds === 0
        ? 'Nothing to explain: give a file, - for standard input, --text "..." or --input name=file.'
        : 'Give files, --text or --input, not several of them.',
    );
  }
  if (pair !== undefined && text === undefined) throw new UsageError('--text-pair goes with --text.');
  if (text !== undefined) return textSubjects(opened, text, pair);
  if (input !== undefined) {
    const use = await MODALITIES.use(opened, 'tensor');
    const tensors = await readNamedTensors(input, use.context);
    return subjectsOf(opened.model, use, await use.modality.prepare(tensors, use.context), 'input');
  }
  const files = await expandPaths(paths, await extensionsOf(opened));
  const read = await Promise.all(files.map((file) => fileSubjects(opened, file)));
  return read.flat();
}

async function textSubjects(opened: OpenedModel, text: string, pair: string | undefined): Promise<Subject[]> {
  const own = modalityOf(opened.model);
  if (own !== 'text') {
    throw new WhylightError(
      'unprocessable_method',
      `--text is for models of text, but ${opened.model.name} takes ${own === 'image' ? 'images' : `inputs of the modality ${own}`}.`,
      { modality: own },
    );
  }
  const use = await MODALITIES.use(opened, 'text');
  const raw = [pair === undefined ? text : ([text, pair] as const)];
  return subjectsOf(opened.model, use, await use.modality.prepare(raw, use.context), 'text');
}

const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp'];

/** Extensions of the files that a folder is searched for. */
async function extensionsOf(opened: OpenedModel): Promise<readonly string[]> {
  const id = modalityOf(opened.model);
  return id === 'image' ? IMAGE_EXTENSIONS : (await MODALITIES.use(opened, id)).modality.accepts.extensions;
}

async function fileSubjects(opened: OpenedModel, path: string): Promise<Subject[]> {
  const bytes = path === STDIN ? await readStdin() : await readBytes(path, 'file');
  const id = modalityOf(opened.model);
  const extension = path === STDIN ? '' : extname(path).slice(1).toLowerCase();
  const isArray = extension === 'npy' || extension === 'npz';
  if (id === 'image' && !isArray) {
    const { inputs, image, placement } = await openImage(bytes, opened.model);
    return [{ name: path, inputs, image: { image, placement } }];
  }
  const use = await modalityFor(opened, id, extension, path);
  const { modality, context } = use;
  const raw = await modality.decode(bytes, mediaTypeOf(extension, bytes, modality.accepts.mediaTypes), context);
  return subjectsOf(opened.model, use, await modality.prepare(raw, context), path);
}

/** The model's modality where it reads such files, else plain tensors. */
async function modalityFor(
  opened: OpenedModel,
  id: ModalityId,
  extension: string,
  path: string,
): Promise<ModalityInUse> {
  const candidates = [
    ...(id === 'image' ? [] : [await MODALITIES.use(opened, id)]),
    await MODALITIES.use(opened, 'tensor'),
  ];
  const found = candidates.find(({ modality }) => extension === '' || modality.accepts.extensions.includes(extension));
  if (found) return found;
  const extensions = [...new Set(candidates.flatMap(({ modality }) => modality.accepts.extensions))];
  throw new WhylightError(
    'unsupported_media_type',
    `${path} is no file for ${opened.model.name}, whose modality is ${id}: it takes ${extensions.map((name) => `.${name}`).join(', ')}.`,
    { path, modality: id, extensions },
  );
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  const bytes = Buffer.concat(chunks);
  if (bytes.length === 0) throw new WhylightError('invalid_request', 'Standard input is empty: pipe a file into it.');
  return bytes;
}
