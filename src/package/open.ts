/** `open`: from a model's file to a model that explains. Platforms state what they bring. */
import type * as z from 'zod';
import { composeExplainer } from '../composition/compose-explainer.ts';
import type { Engine } from '../core/engine/engine.ts';
import { WhylightError } from '../core/errors.ts';
import type { ImageCodecs } from '../core/image/codecs/codecs.ts';
import type { preprocessingSchema } from '../core/image/preprocess.ts';
import type { Limits } from '../core/limits.ts';
import { type Manifest, type manifestSchema, parseLabels, parseManifest } from '../core/model/manifest.ts';
import type { ModelFiles } from '../core/model/model-files.ts';
import { TaskRegistry } from '../core/task/registry.ts';
import { ExplainableModel } from '../library/explainable-model.ts';
import { fetchModel } from '../library/fetch-model.ts';
import { allModalities } from '../library/modalities.ts';
import { fetchBytes, isUrl } from '../library/model-input.ts';
import { type ModelToOpen, type OpenedModel, readOpened } from '../library/opened-model.ts';
import { builtinTasks } from '../tasks/index.ts';
import { type ExplainerSettings, entriesOf } from './explain.ts';

/** Source of a model: its bytes, an address, or in Node a path or the name of an embedded model. */
export type OpenSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/** Settings of {@link open}; all may be left out. */
export interface OpenOptions extends Partial<ExplainerSettings> {
  /** Class names in order, or the path (in Node) or address of a file with them; those of the model's files when left out. */
  readonly labels?: readonly string[] | string;
  /** Further methods, such as those of other packages, beside `methods`; one takes the place of another of its id. */
  readonly plugins?: ExplainerSettings['methods'];
  /** From an image to the input tensor; entries replace those of the manifest and of files beside the model. */
  readonly preprocessing?: Partial<z.input<typeof preprocessingSchema>>;
  /** Further entries of a manifest: task, output, class_axis, hold, modalities. */
  readonly manifest?: Partial<z.input<typeof manifestSchema>>;
  /** Files beside the model by name, for bytes: `tokenizer.json`, `config.json`, external data. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** Opens a model; see the `open` of a platform. */
export type Open = (source: OpenSource, options?: OpenOptions) => Promise<ExplainableModel>;

/** Engine of a platform, with sentences for the user. */
export interface PlatformEngine {
  readonly engine: Engine;
  readonly notices?: readonly string[];
}

/** Parts that differ between platforms. */
export interface Platform {
  readonly codecs: ImageCodecs;
  readonly limits: Limits;
  engine(): PlatformEngine | Promise<PlatformEngine>;
  /** Reads a file; absent where there are none. @throws WhylightError `not_found` */
  readonly readFile?: (path: string) => Promise<Uint8Array>;
  /** Opens a path; absent where there are no files. */
  readonly openPath?: (path: string, said: Said) => Promise<OpenedModel>;
}

/** Facts about a model that the caller of {@link open} states. */
export type Said = Pick<ModelToOpen, 'manifest' | 'preprocessing' | 'forms'>;

/**
 * Opens a model on a platform; `open` does so on the current one.
 * @throws WhylightError `model_not_found`, `not_found`, `invalid_config`, `invalid_model`
 */
export async function openOn(
  platform: Platform,
  source: OpenSource,
  options: OpenOptions = {},
): Promise<ExplainableModel> {
  const { codecs, readFile, limits } = platform;
  const configured = await import('#plugins');
  const { labels: _, ...others } = options;
  const labels = await labelsOf(platform, options);
  const opened = await openSource(platform, source, { ...others, ...(labels && { labels }) });
  const { engine, notices = [] } = options.engine ? { engine: options.engine } : await platform.engine();
  const base = options.methods ? entriesOf(options.methods) : configured.plugins;
  const checked = options.methods === undefined && options.plugins === undefined && configured.checked;
  const byId = new Map([...base, ...entriesOf(options.plugins ?? [])].map((entry) => [entry.method.id, entry]));
  const explainer = composeExplainer(
    engine,
    { plugins: [...byId.values()], checked, tasks: builtinTasks },
    { ...limits, ...options.limits },
  );
  const readers = { codecs, modalities: allModalities(configured.modalities), ...(readFile && { readFile }) };
  return new ExplainableModel({ opened, explainer, readers, notices });
}

/** The class names, read from the file where the options name one. */
async function labelsOf({ readFile }: Platform, { labels }: OpenOptions): Promise<readonly string[] | undefined> {
  if (typeof labels !== 'string') return labels;
  const bytes = await (readFile && !isUrl(labels) ? readFile(labels) : fetchBytes(absolute(labels)));
  return parseLabels(new TextDecoder().decode(bytes), labels);
}

/** Options whose class names are read. */
type ReadOptions = Omit<OpenOptions, 'labels'> & { readonly labels?: readonly string[] };

async function openSource({ openPath }: Platform, source: OpenSource, options: ReadOptions): Promise<OpenedModel> {
  const said = saidOf(options);
  const address = source instanceof URL ? source.href : source;
  if (typeof address === 'string' && !isUrl(address) && openPath) return openPath(address, said);
  const found =
    typeof address === 'string'
      ? await fetchModel(absolute(address))
      : { bytes: await bytesOf(address), manifest: {}, files: filesOf(options.files) };
  return readOpened({
    ...found,
    ...said,
    manifest: { ...found.manifest, ...said.manifest },
    external: new Map([...('external' in found ? (found.external ?? []) : []), ...Object.entries(options.files ?? {})]),
  });
}

/** The address with the origin of the page, where there is one. */
function absolute(address: string): string {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  if (URL.canParse(address, location?.href)) return new URL(address, location?.href).href;
  throw new WhylightError(
    'model_not_found',
    `"${address}" cannot be opened here: give the bytes of the model, or an address with its scheme (https:).`,
    { model: address },
  );
}

const bytesOf = async (source: Uint8Array | ArrayBuffer | Blob): Promise<Uint8Array> =>
  source instanceof Uint8Array ? source : new Uint8Array(source instanceof Blob ? await source.arrayBuffer() : source);

const filesOf = (files: OpenOptions['files'] = {}): ModelFiles => ({
  read: async (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
});

/** The caller's entries, checked; what was left out gets no default, so that the model's files are heard. */
function saidOf({ labels, preprocessing, manifest = {} }: ReadOptions): Said {
  const given = { ...manifest, ...(labels && { labels: [...labels] }) };
  const checked: Partial<Manifest> = parseManifest({ name: 'model', ...given }, 'The manifest in the options');
  const entries = Object.entries(checked).filter(([key]) => Object.hasOwn(given, key));
  return {
    manifest: Object.fromEntries(entries),
    ...(preprocessing && { preprocessing }),
    forms: new TaskRegistry(builtinTasks).forms,
  };
}
