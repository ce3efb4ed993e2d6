/** Inputs of a study: images, texts, rows of tables, series or sounds, with their true classes where these are known. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { WhylightError } from '../core/errors.ts';
import { modalityOf } from '../core/modality/registry.ts';
import type { Model } from '../core/model/model.ts';
import { readExamples } from '../library/example-table.ts';
import { extensionsOf, fileSubjects, type Readers } from '../library/file-subjects.ts';
import type { OpenedModel } from '../library/opened-model.ts';
import type { Subject } from '../library/subject.ts';
import { readBytes } from '../node/files.ts';
import { reasonOf } from '../node/system-errors.ts';

/** One input of a study. */
export interface StudyInput {
  /** Path inside the folder, with `/`, and the row where the file has several. */
  readonly name: string;
  /** True class: as the model spells it, and its index. */
  readonly truth?: TrueClass;
  /** Reads the input. @throws WhylightError what the modality says of the content */
  read(): Promise<ReadInput>;
}

export interface TrueClass {
  readonly label: string;
  readonly index: number;
}

export interface ReadInput {
  readonly subject: Subject;
  /** First digits of the SHA-256 of the content: a changed input is another one. */
  readonly digest: string;
}

/** Source of the true classes: names of folders or a column of a CSV file, none, or (`auto`) what is there. */
export type Truth = 'auto' | 'folders' | 'none';
export const TRUTHS: Truth[] = ['auto', 'folders', 'none'];

export interface ListOptions {
  readonly truth: Truth;
  /** Column of a CSV file that holds the true classes. */
  readonly labelColumn?: string;
  readonly readers: Readers;
}

/** A file of the study. */
interface StudyFile {
  readonly name: string;
  readonly path: string;
}

/** Extensions of files that may hold several inputs. */
const TABLES = new Set(['csv', 'tsv', 'json', 'npy', 'npz']);

/**
 * Lists the inputs of a folder with its sub-folders, or of a file: every image, text or sound by name, and each row of a
 * table.
 * @throws WhylightError `not_found` when there are none; `label_not_found` when folders or a column must name classes and do
 * not; what a modality says of a table
 */
export async function listInputs(path: string, opened: OpenedModel, options: ListOptions): Promise<StudyInput[]> {
  const files = await filesOf(path, await extensionsOf(opened, options.readers.modalities));
  const classes = folderClasses(files, opened.model, options);
  const listed = await Promise.all(
    files.map(async (file, i) => {
      const truth = classes[i];
      const inputs = TABLES.has(extensionOf(file))
        ? await rowsOfFile(file, opened, options)
        : [{ name: file.name, read: () => readWhole(file, opened, options.readers) }];
      return inputs.map((input) => ({ ...(truth && { truth }), ...input }));
    }),
  );
  return listed.flat();
}

const extensionOf = ({ path }: StudyFile): string => extname(path).slice(1).toLowerCase();

async function filesOf(path: string, extensions: readonly string[]): Promise<StudyFile[]> {
  const root = resolve(path);
  const failed = (cause: unknown) => {
    throw new WhylightError('not_found', `Cannot read ${path}: ${reasonOf(cause)}.`, { path }, { cause });
  };
  const found = await stat(root).catch(failed);
  if (found?.isFile()) return [{ name: basename(root), path: root }];
  const entries = (await readdir(root, { recursive: true, withFileTypes: true }).catch(failed)) ?? [];
  const taken = new Set(extensions);
  const paths = entries
    .filter((entry) => entry.isFile() && taken.has(extname(entry.name).slice(1).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (paths.length > 0) return paths.map((file) => ({ name: relative(root, file).split(sep).join('/'), path: file }));
  throw new WhylightError(
    'not_found',
    `There is no file in ${path} that the model takes: ${extensions.map((name) => `.${name}`).join(', ')}.`,
    { path, extensions },
  );
}

/** The class that the folder of each file names, if every folder names one. */
function folderClasses(
  files: readonly StudyFile[],
  model: Model,
  { truth, labelColumn }: ListOptions,
): readonly (TrueClass | undefined)[] {
  if (truth === 'none' || labelColumn !== undefined) return [];
  const classes = files.map(({ name }) => classOf(model, dirname(name).split('/').at(-1) ?? ''));
  const unknown = files.find((_, i) => !classes[i]);
  if (!unknown || truth === 'auto') return unknown ? [] : classes;
  const label = dirname(unknown.name);
  throw new WhylightError(
    'label_not_found',
    `The folder of ${unknown.name} names no class of ${model.name}. Name folders after classes, or say --truth none.`,
    { label, nearest: model.labels?.nearest(label) ?? [] },
  );
}

function classOf({ labels }: Model, label: string): TrueClass | undefined {
  const index = labels?.find(label);
  return index === undefined ? undefined : { label: labels?.names[index] ?? label, index };
}

/** The inputs of a file that may hold several: examples of a CSV file by their lines, else rows as the modality reads them. */
async function rowsOfFile(file: StudyFile, opened: OpenedModel, options: ListOptions): Promise<StudyInput[]> {
  const { readers, labelColumn, truth } = options;
  const bytes = await readBytes(file.path, 'file');
  const { model } = opened;
  const extension = extensionOf(file);
  const examples =
    extension === 'csv' || extension === 'tsv'
      ? readExamples(bytes, {
          modality: modalityOf(model),
          ...(model.labels && { labels: model.labels }),
          ...(labelColumn !== undefined && { labelColumn }),
        })
      : undefined;
  if (!examples) {
    const subjects = await fileSubjects(opened, { name: file.name, extension, bytes }, readers);
    return subjects.map((subject, row) => ({
      name: subject.name,
      read: async () => ({ subject, digest: digestOf(bytes, `row ${row}`) }),
    }));
  }
  return examples.map(({ row, json, label }) => {
    const name = `${file.name}, row ${row}`;
    const known = label === undefined || truth === 'none' ? undefined : classOf(model, label);
    if (labelColumn !== undefined && label !== undefined && !known) throw unknownClass(name, label, model);
    const content = new TextEncoder().encode(json);
    return {
      name,
      ...(known && { truth: known }),
      read: async () => ({
        subject: await onlySubject(opened, { name, extension: 'json', bytes: content }, readers),
        digest: digestOf(content),
      }),
    };
  });
}

const unknownClass = (name: string, label: string, model: Model): WhylightError =>
  new WhylightError(
    'label_not_found',
    `${name}: "${label}" is no class of ${model.name}. Name another column with --label-column, or say --truth none.`,
    { label, nearest: model.labels?.nearest(label) ?? [] },
  );

async function readWhole(file: StudyFile, opened: OpenedModel, readers: Readers): Promise<ReadInput> {
  const bytes = await readBytes(file.path, 'file');
  const content = { name: file.name, extension: extensionOf(file), bytes };
  return { subject: await onlySubject(opened, content, readers), digest: digestOf(bytes) };
}

async function onlySubject(
  opened: OpenedModel,
  file: Parameters<typeof fileSubjects>[1],
  readers: Readers,
): Promise<Subject> {
  const [subject] = await fileSubjects(opened, file, readers);
  return { ...(subject as Subject), name: file.name };
}

function digestOf(bytes: Uint8Array, row = ''): string {
  return createHash('sha256').update(bytes).update(row).digest('hex').slice(0, 16);
}
