/** Reading of a model with what its manifest, the files beside it and the caller state. */
import { metadataFacts } from '../core/model/describe/metadata.ts';
import type { OutputForm } from '../core/model/describe/output-form.ts';
import { type StatedFacts, strongest } from '../core/model/describe/stated-facts.ts';
import { folderFacts } from '../core/model/folder.ts';
import type { Manifest } from '../core/model/manifest.ts';
import { Model } from '../core/model/model.ts';
import type { ModelFiles } from '../core/model/model-files.ts';
import { fileTypes } from '../core/onnx/read/file-types.ts';
import { readHeader } from '../core/onnx/read/header.ts';
import { declaredOpsets } from '../core/onnx/read.ts';
import type { DataType } from '../core/tensor/tensor.ts';
import { completePreprocessing, type PreprocessingEntries } from './preprocessing-entries.ts';

export interface OpenedModel {
  readonly model: Model;
  /** As the file names them. */
  readonly opsets: Readonly<Record<string, number>>;
  /** `metadata_props` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Element types of inputs and outputs in the file, by name, read when they are asked for. */
  readonly types: () => ReadonlyMap<string, DataType>;
  /** Files beside the model: tokenizer, columns, background rows. */
  readonly files: ModelFiles;
  /** Facts of files beside the model and of its metadata. */
  readonly stated: StatedFacts;
  /** Sentences for the user: which of several files is used. */
  readonly notices: readonly string[];
}

/** A model's bytes and what is stated about it. */
export interface ModelToOpen {
  /** The ONNX file. */
  readonly bytes: Uint8Array;
  readonly manifest: Partial<Manifest>;
  /** Keys of the manifest that the caller states in its place. */
  readonly flagged?: readonly (keyof Manifest)[];
  /** Class names, where a file holds them. */
  readonly labels?: readonly string[];
  /** Files beside the ONNX file that hold constants of it (external data). */
  readonly external?: ReadonlyMap<string, Uint8Array>;
  readonly files: ModelFiles;
  /** Entries of a preprocessing that replace those of the manifest and of files beside the model. */
  readonly preprocessing?: PreprocessingEntries;
  /** Forms of outputs that are looked for where nobody states a task. */
  readonly forms: readonly OutputForm[];
  readonly notices?: readonly string[];
}

/**
 * Reads and describes a model.
 * @throws WhylightError `invalid_config`, `invalid_model`
 */
export async function readOpened(source: ModelToOpen): Promise<OpenedModel> {
  const { bytes, manifest, flagged, labels, external, files, preprocessing: given, forms, notices = [] } = source;
  const { metadata } = readHeader(bytes);
  const beside = await folderFacts(files);
  const read = (preprocessing: Manifest['preprocessing'], stated: StatedFacts) =>
    Model.read({
      bytes,
      stated,
      forms,
      manifest: { ...manifest, ...(preprocessing && { preprocessing }) },
      ...(flagged && { flagged }),
      ...(labels && { labels }),
      ...(external && { external }),
    });
  const stated = strongest([beside, metadataFacts(metadata)]);
  const opened = { opsets: declaredOpsets(bytes), types: () => fileTypes(bytes), metadata, files, stated, notices };
  if (!given) return { ...opened, model: await read(manifest.preprocessing, beside) };
  // What the entries leave out is the manifest's or that of files beside the model, and else read off the model's input.
  const { preprocessing: known, ...others } = beside;
  const bare = await read(undefined, others);
  const base = manifest.preprocessing ?? known?.value ?? bare.preprocessing;
  return { ...opened, model: await read(completePreprocessing(given, bare, base), beside) };
}
