/** Descriptions of models in stores: what a server knows of a model once it has read its file, for isolates that start. */
import { sha256Hex } from '../../core/digest.ts';
import type { KeptDescription } from '../../core/explainer/restore-model.ts';
import type { OutputForm } from '../../core/model/describe/output-form.ts';
import type { Manifest } from '../../core/model/manifest.ts';
import type { Model } from '../../core/model/model.ts';
import type { ModelSource } from '../../core/model/model-source.ts';
import { pack, unpack } from '../../protocol/packed.ts';
import { type ModelFolder, type ReadFile, readModelFolder } from './folder.ts';

/** Description of a model, with what it was made from. */
export interface StoredDescription extends KeptDescription, Pick<ModelSource, 'labels' | 'stated'> {
  /** Build of the source that describes models: another one may describe them otherwise. */
  readonly reader: string;
  /** The manifest as it was parsed. */
  readonly manifest: Manifest;
  /** SHA-256, in hex, of the files that it was made from, by path: `manifest.json`, labels. `facts.digest` names the model. */
  readonly files: Readonly<Record<string, string>>;
}

/** A model in a folder, with its description where one is kept. */
export type DescribedFolder = ModelFolder & { readonly described?: StoredDescription };

/** Describes a model that was read; undefined for models that need their file in most requests. */
export async function storedDescription(
  model: Model,
  source: ModelFolder,
  { reader, files }: Pick<StoredDescription, 'reader' | 'files'>,
): Promise<StoredDescription | undefined> {
  const { describeModel } = await import('../../core/explainer/describe-model.ts');
  const described = describeModel(model, source);
  const { manifest, labels, stated } = source;
  return described && { ...described, reader, manifest, files, ...(labels && { labels }), ...(stated && { stated }) };
}

/**
 * Describes the model of a folder.
 * @param where name of the folder, for error messages
 * @param forms of outputs that tasks recognise
 * @returns undefined for models that need their file in most requests
 * @throws WhylightError `invalid_config`, `invalid_model`
 */
export async function describeFolder(
  read: ReadFile,
  where: string,
  reader: string,
  forms: readonly OutputForm[],
): Promise<StoredDescription | undefined> {
  const files: Record<string, string> = {};
  const source = await readModelFolder(async (path) => {
    const bytes = await read(path);
    if (bytes) files[path] = await sha256Hex(bytes);
    return bytes;
  }, where);
  const { file, external } = source.manifest;
  for (const path of [file, ...external]) delete files[path];
  const { Model: models } = await import('../../core/model/model.ts');
  return storedDescription(await models.read({ ...source, forms }), source, { reader, files });
}

/** Writes a description as bytes. */
export const packDescription = (description: StoredDescription): Uint8Array<ArrayBuffer> => pack(description);

/** Reads bytes that {@link packDescription} wrote. @returns undefined for other bytes, and for those of another build */
export function unpackDescription(bytes: Uint8Array, reader: string): StoredDescription | undefined {
  const description = unpack<StoredDescription>(bytes);
  return description?.reader === reader ? description : undefined;
}

/** Reads the files that a described model runs from. @returns undefined where one is missing */
export async function describedSource(
  described: StoredDescription,
  read: ReadFile,
): Promise<DescribedFolder | undefined> {
  const { manifest, labels, stated } = described;
  const [bytes, ...others] = await Promise.all([manifest.file, ...manifest.external].map(read));
  const external = manifest.external.flatMap((path, i) => {
    const part = others[i];
    return part ? [[path, part] as const] : [];
  });
  if (!bytes || external.length < manifest.external.length) return undefined;
  return {
    ...{ bytes, manifest, described },
    files: { read },
    digest: described.facts.digest,
    ...(labels && { labels }),
    ...(stated && { stated }),
    ...(external.length > 0 && { external: new Map(external) }),
  };
}
