/** From the content of files, texts and tensors to the rows that are explained. */
import { WhylightError } from '../core/errors.ts';
import { mediaTypeOf } from '../core/modality/media-type.ts';
import type { Prepared } from '../core/modality/modality.ts';
import { nameTensors } from '../core/modality/name-tensors.ts';
import { type ModalityInUse, type ModalityRegistry, modalityOf } from '../core/modality/registry.ts';
import type { ModalityId } from '../core/model/description.ts';
import type { NamedTensors } from '../modalities/tensor/decode.ts';
import { type ImageReader, readImageInput } from './image-subject.ts';
import type { OpenedModel } from './opened-model.ts';
import { type Subject, subjectsOf } from './subject.ts';

/** Parts of a program that read inputs. */
export interface Readers {
  readonly modalities: ModalityRegistry;
  readonly codecs: ImageReader;
}

/** Content of a file. */
export interface FileContent {
  /** Name in answers and messages. */
  readonly name: string;
  /** Lower case, without the dot; empty where only the content tells. */
  readonly extension: string;
  readonly bytes: Uint8Array;
}

const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp'];

/** Extensions of the files that a model takes. */
export async function extensionsOf(opened: OpenedModel, modalities: ModalityRegistry): Promise<readonly string[]> {
  const id = modalityOf(opened.model);
  return id === 'image' ? IMAGE_EXTENSIONS : (await modalities.use(opened, id)).modality.accepts.extensions;
}

/**
 * Rows of a text, or of a pair of texts.
 * @throws WhylightError `unprocessable_method` for a model that takes no text
 */
export async function textSubjects(
  opened: OpenedModel,
  text: string,
  pair: string | undefined,
  { modalities }: Readers,
): Promise<Subject[]> {
  const own = modalityOf(opened.model);
  if (own !== 'text') {
    throw new WhylightError(
      'unprocessable_method',
      `A text is for models of text, but ${opened.model.name} takes ${own === 'image' ? 'images' : `inputs of the modality ${own}`}.`,
      { modality: own },
    );
  }
  const use = await modalities.use(opened, 'text');
  const raw = [pair === undefined ? text : ([text, pair] as const)];
  return subjectsOf(opened.model, use, await use.modality.prepare(raw, use.context), 'text');
}

/** Rows of tensors by input name. */
export async function tensorSubjects(
  opened: OpenedModel,
  tensors: NamedTensors,
  { modalities }: Readers,
): Promise<Subject[]> {
  const use = await modalities.use(opened, 'tensor');
  return arraySubjects(opened, use, await use.modality.prepare(tensors, use.context), 'input', modalities);
}

/**
 * Rows of a file.
 * @throws WhylightError `unsupported_media_type`, and what the modality says of the content
 */
export async function fileSubjects(opened: OpenedModel, file: FileContent, readers: Readers): Promise<Subject[]> {
  const { name, bytes } = file;
  const id = modalityOf(opened.model);
  const extension = file.extension || arrayExtension(bytes);
  const isArray = extension === 'npy' || extension === 'npz';
  if (id === 'image' && !isArray) {
    const { inputs, image, placement } = await readImageInput(bytes, opened.model, readers.codecs);
    return [{ name, inputs, image: { image, placement } }];
  }
  const use = await modalityFor(opened, id, { ...file, extension }, readers.modalities);
  const { modality, context } = use;
  const raw = await modality.decode(bytes, mediaTypeOf(extension, bytes, modality.accepts.mediaTypes), context);
  const prepared = await modality.prepare(raw, context);
  return modality.id === 'tensor'
    ? arraySubjects(opened, use, prepared, name, readers.modalities)
    : subjectsOf(opened.model, use, prepared, name);
}

/** Rows of tensors, with the names that the modality of the model gives to their parts. */
const arraySubjects = async (
  opened: OpenedModel,
  use: ModalityInUse,
  prepared: Prepared,
  name: string,
  modalities: ModalityRegistry,
): Promise<Subject[]> =>
  subjectsOf(opened.model, use, { ...prepared, ...(await nameTensors(prepared, opened, modalities)) }, name);

/** Extension of content that begins as arrays of NumPy do, which is no text; else an empty string. */
const arrayExtension = ([first, second, third]: Uint8Array): string => {
  if (first === 0x93 && second === 0x4e) return 'npy';
  return first === 0x50 && second === 0x4b && third === 3 ? 'npz' : '';
};

/** The model's modality where it reads such files, else plain tensors. */
async function modalityFor(
  opened: OpenedModel,
  id: ModalityId,
  { name, extension }: FileContent,
  modalities: ModalityRegistry,
): Promise<ModalityInUse> {
  const candidates = [
    ...(id === 'image' ? [] : [await modalities.use(opened, id)]),
    await modalities.use(opened, 'tensor'),
  ];
  const found = candidates.find(({ modality }) => extension === '' || modality.accepts.extensions.includes(extension));
  if (found) return found;
  const extensions = [...new Set(candidates.flatMap(({ modality }) => modality.accepts.extensions))];
  throw new WhylightError(
    'unsupported_media_type',
    `${name} is no file for ${opened.model.name}, whose modality is ${id}: it takes ${extensions.map((known) => `.${known}`).join(', ')}.`,
    { path: name, modality: id, extensions },
  );
}
