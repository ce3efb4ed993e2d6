/** Inputs of a model as a program has them: bytes, paths, texts, rows of a table, tensors. */
import { WhylightError } from '../core/errors.ts';
import { modalityOf } from '../core/modality/registry.ts';
import type { Inputs } from '../core/tensor/rows.ts';
import { fileSubjects, type Readers, tensorSubjects, textSubjects } from './file-subjects.ts';
import type { OpenedModel } from './opened-model.ts';
import type { Subject } from './subject.ts';

/**
 * Input of a model: the content of a file (image, text, table, sound, `.npy`) as bytes or a Blob; a URL that is fetched; a
 * string, which is the text itself for a model of text and else a path (in Node) or a URL; a text with its pair; a file by
 * its path; tensors by the name of the input; a row of a table or a series as JSON.
 */
export type ModelInput =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | { readonly text: string; readonly pair?: string }
  | { readonly file: string }
  | Inputs
  | Readonly<Record<string, number | string | null>>
  | readonly unknown[];

/** Parts of a program that read inputs, with its files where it has some. */
export interface InputReaders extends Readers {
  /** Reads a file; absent where there are none. @throws WhylightError `not_found` */
  readonly readFile?: (path: string) => Promise<Uint8Array>;
}

/**
 * Reads an input: a subject for each row.
 * @throws WhylightError `not_found`, `invalid_request`, `unsupported_media_type`, and what the modality says of the content
 */
export async function readModelInput(
  opened: OpenedModel,
  input: ModelInput,
  readers: InputReaders,
): Promise<Subject[]> {
  if (typeof input === 'string') {
    return modalityOf(opened.model) === 'text'
      ? textSubjects(opened, input, undefined, readers)
      : readPlace(opened, input, readers);
  }
  if (input instanceof URL) return readPlace(opened, input.href, readers);
  if (input instanceof Blob) return readBytes(opened, new Uint8Array(await input.arrayBuffer()), readers);
  if (input instanceof ArrayBuffer) return readBytes(opened, new Uint8Array(input), readers);
  if (input instanceof Uint8Array) return readBytes(opened, input, readers);
  if ('text' in input && isTextInput(input)) return textSubjects(opened, input.text, input.pair, readers);
  if ('file' in input && typeof input.file === 'string') return readPlace(opened, input.file, readers);
  if (isTensors(input)) return tensorSubjects(opened, new Map(Object.entries(input)), readers);
  const bytes = new TextEncoder().encode(JSON.stringify(input));
  return fileSubjects(opened, { name: 'input', extension: 'json', bytes }, readers);
}

const readBytes = (opened: OpenedModel, bytes: Uint8Array, readers: Readers): Promise<Subject[]> =>
  fileSubjects(opened, { name: 'input', extension: '', bytes }, readers);

/** Rows of what lies at a path or a URL. */
async function readPlace(opened: OpenedModel, place: string, readers: InputReaders): Promise<Subject[]> {
  const bytes = await (isUrl(place) ? fetchBytes(place) : readPath(place, readers));
  const { pathname } = isUrl(place) ? new URL(place) : { pathname: place };
  const extension = /\.(\w+)$/.exec(pathname)?.[1]?.toLowerCase() ?? '';
  return fileSubjects(opened, { name: place, extension, bytes }, readers);
}

function readPath(path: string, { readFile }: InputReaders): Promise<Uint8Array> {
  if (readFile) return readFile(path);
  throw new WhylightError(
    'invalid_request',
    `"${path}" cannot be read here, where there are no files: give the bytes, a Blob, or an address with its scheme (https:).`,
  );
}

/** True for an address that is fetched. */
export const isUrl = (place: string): boolean => /^(https?|data|blob):/.test(place);

/** @throws WhylightError `not_found` for an address without an answer, or with another status than success */
export async function fetchBytes(address: string): Promise<Uint8Array> {
  const answer = await fetch(address).catch((cause) => {
    throw new WhylightError('not_found', `${address} does not answer: ${(cause as Error).message}.`, {}, { cause });
  });
  if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  throw new WhylightError('not_found', `${address} answers with status ${answer.status}.`, { status: answer.status });
}

const isTextInput = (input: object): input is { readonly text: string; readonly pair?: string } => {
  const { text, pair } = input as { readonly text: unknown; readonly pair?: unknown };
  return typeof text === 'string' && (pair === undefined || typeof pair === 'string');
};

const isTensors = (input: object): input is Inputs => {
  const values = Object.values(input);
  return (
    !Array.isArray(input) &&
    values.length > 0 &&
    values.every((value) => typeof value === 'object' && value !== null && 'dims' in value && 'data' in value)
  );
};
