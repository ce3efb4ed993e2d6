/** A model that is ready to be served, with what lies beside it. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { type KeptDescription, restoreModel } from '../../core/explainer/restore-model.ts';
import { type ModalityRegistry, modalityOf } from '../../core/modality/registry.ts';
import type { OutputForm } from '../../core/model/describe/output-form.ts';
import type { Model } from '../../core/model/model.ts';
import type { ModelFiles } from '../../core/model/model-files.ts';
import type { ModelSource } from '../../core/model/model-source.ts';
import { loadReader } from '../../core/plan/lazy-reader.ts';
import type { ModelBundle } from './model-bundle.ts';
import type { Weighed } from './model-cache.ts';

export interface ServedModel {
  readonly model: Model;
  /** Digest of everything that an answer depends on: the ONNX file, its preprocessing, its labels and its tokenizer. */
  readonly identity: string;
  /** Files beside the model: tokenizer, columns, background rows. */
  readonly files: ModelFiles;
  /** Paths of those that its modality reads, in order. */
  readonly beside: readonly string[];
  /** Files of an uploaded model, for origins, which do not have it. */
  readonly bundle?: ModelBundle;
}

/** Files of a model, and its description where one is kept. */
export interface ServedSource extends ModelSource {
  readonly described?: KeptDescription;
}

/** Components that models are read with. */
export interface ModelReaders {
  /** Forms of outputs that tasks recognise. */
  readonly forms?: readonly OutputForm[];
  readonly modalities?: ModalityRegistry;
}

/** No files beside a model. */
export const NO_FILES: ModelFiles = { read: async () => undefined };

/**
 * Reads a model, or restores it from its description, and reads what its modality needs of the files beside it. Their memory counts as the model's.
 * @throws WhylightError `invalid_model`, `invalid_config`, `model_damaged`
 */
export async function serveModel(
  source: ServedSource,
  { forms = [], modalities }: ModelReaders = {},
  bundle?: ModelBundle,
): Promise<Weighed<ServedModel>> {
  const { described: kept } = source;
  const model = kept
    ? await restored(kept, { ...source, forms })
    : await (await import('../../core/model/model.ts')).Model.read({ ...source, forms });
  const files = recorded(source.files ?? NO_FILES);
  const beside = modalities ? await loadBeside(modalities, model, files) : 0;
  const described = JSON.stringify([model.manifest, source.labels ?? null, [...files.digests].sort()]);
  const identity = `${model.digest}-${await sha256Hex(new TextEncoder().encode(described))}`;
  const external = [...(source.external?.values() ?? [])].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    value: { model, identity, files, beside: [...files.digests.keys()].sort(), ...(bundle && { bundle }) },
    bytes: source.bytes.byteLength + external + beside,
  };
}

/**
 * Restores a described model. What reads ONNX files is not loaded for images: of all modalities, theirs alone asks for no
 * nodes.
 */
async function restored(kept: KeptDescription, source: ModelSource): Promise<Model> {
  const model = restoreModel(kept, source);
  if (modalityOf(model) !== 'image') await loadReader();
  return model;
}

/**
 * Loads a modality's own files while the model is read, since other requests wait for that as well.
 * @returns bytes of memory; 0 for images, and where the files are missing, which requests that need them are told
 */
async function loadBeside(modalities: ModalityRegistry, model: Model, files: ModelFiles): Promise<number> {
  if (!modalities.has(modalityOf(model))) return 0;
  const { modality, context } = await modalities.use({ model, files });
  try {
    return (await modality.load?.(context)) ?? 0;
  } catch (error) {
    if (WhylightError.is(error) && error.code !== 'model_damaged') return 0;
    throw error;
  }
}

/** The same files; the digest of each that was read is kept. */
function recorded(files: ModelFiles): ModelFiles & { readonly digests: ReadonlyMap<string, string> } {
  const digests = new Map<string, string>();
  return {
    digests,
    async read(path) {
      const bytes = await files.read(path);
      if (bytes && !digests.has(path)) digests.set(path, await sha256Hex(bytes));
      return bytes;
    },
  };
}
