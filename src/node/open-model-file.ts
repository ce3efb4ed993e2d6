/** Opening of models from files. */
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { OutputForm } from '../core/model/describe/output-form.ts';
import type { ModelFolder } from '../core/model/folder.ts';
import { type Manifest, parseLabels } from '../core/model/manifest.ts';
import { type OpenedModel, readOpened } from '../library/opened-model.ts';
import type { PreprocessingEntries } from '../library/preprocessing-entries.ts';
import { openFolder, readBytes } from './files.ts';
import { FilesBeside } from './files-beside.ts';
import { type EmbeddedModels, locateModel } from './model-location.ts';

export interface OpenFileOptions {
  readonly embedded: EmbeddedModels;
  readonly forms: readonly OutputForm[];
  /** Entries that replace those of the manifest; of `modalities`, those of each modality. */
  readonly manifest?: Partial<Manifest>;
  /** Files that lie elsewhere: path by the name that the manifest has for it. */
  readonly beside?: Readonly<Record<string, string>>;
  /** File with the class names; the manifest's when left out. */
  readonly labelFile?: string;
  readonly preprocessing?: PreprocessingEntries;
}

/**
 * Opens a model by its path or its name.
 * @throws WhylightError `model_not_found`, `not_found`, `invalid_config`, `invalid_model`
 */
export async function openModelFile(name: string, options: OpenFileOptions): Promise<OpenedModel> {
  const { embedded, forms, manifest: given, preprocessing } = options;
  const location = await locateModel(name, embedded);
  const { file, manifest, folder, notices = [] } = location;
  const bytes = await readBytes(file, 'model');
  const named = typeof manifest.labels === 'string' ? join(folder, manifest.labels) : undefined;
  const labelFile = options.labelFile !== undefined ? resolve(options.labelFile) : named;
  const isListed = Array.isArray(given?.labels);
  const labels =
    labelFile !== undefined && !isListed
      ? parseLabels((await readBytes(labelFile, 'labels')).toString('utf8'), labelFile)
      : undefined;
  const flagged = [
    ...(Object.keys(given ?? {}) as (keyof Manifest)[]),
    ...(options.labelFile !== undefined ? (['labels'] as const) : []),
    ...(preprocessing ? (['preprocessing'] as const) : []),
  ];
  return readOpened({
    bytes,
    flagged,
    manifest: {
      name: manifest.name ?? location.name ?? basename(file, extname(file)),
      ...manifest,
      ...given,
      ...modalitiesOf(manifest, given),
    },
    ...(labels && { labels }),
    external: new FilesBeside(dirname(file)),
    files: withFiles(openFolder(folder), options.beside ?? {}),
    ...(preprocessing && { preprocessing }),
    forms,
    notices,
  });
}

/** Settings of modalities: what is given replaces the entries of the manifest that it names. */
function modalitiesOf(
  manifest: Partial<Manifest>,
  given: Partial<Manifest> = {},
): Pick<Partial<Manifest>, 'modalities'> {
  if (!given.modalities) return {};
  const merged = Object.entries(given.modalities).map(([id, settings]) => [
    id,
    { ...(manifest.modalities?.[id] as object | undefined), ...(settings as object) },
  ]);
  return { modalities: { ...manifest.modalities, ...Object.fromEntries(merged) } };
}

/** The files of a folder, with some that lie elsewhere. */
const withFiles = (folder: ModelFolder, elsewhere: Readonly<Record<string, string>>): ModelFolder => ({
  ...folder,
  read: (name) => (Object.hasOwn(elsewhere, name) ? readBytes(elsewhere[name] as string, 'file') : folder.read(name)),
});
