/** Models of an embedder: folders, bytes, or functions that return either. */
import type * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { type manifestSchema, parseManifest } from '../../core/model/manifest.ts';
import type { ModelSource } from '../../core/model/model-source.ts';
import type { ServedSource } from './served-model.ts';
import type { ModelStore } from './store.ts';

/** Model as bytes, with what a `manifest.json` would say about it. */
export interface GivenModel {
  /** ONNX file. */
  readonly bytes: Uint8Array;
  /** Entries of the manifest: preprocessing, labels, task, version; all may be left out. */
  readonly manifest?: Partial<z.input<typeof manifestSchema>>;
  /** Files beside the model, by name: external data, `tokenizer.json`, labels. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** Place or content of a model: path of a folder, bytes of an ONNX file, or these with a manifest. */
export type ModelPlace = string | Uint8Array | GivenModel;

/**
 * Model of an embedder. A function is called when the model is first needed, and again after it left the memory.
 * @param env bindings of the Worker; an empty object elsewhere
 */
export type ModelSetting<Env = unknown> = ModelPlace | ((env: Env) => ModelPlace | Promise<ModelPlace>);

/**
 * Makes the store of an embedder's models.
 * @param openFolder opens the folder of a model
 */
export function givenModels<Env>(
  models: Readonly<Record<string, ModelSetting<Env>>>,
  env: Env,
  openFolder: (path: string, name: string) => Promise<ServedSource>,
): ModelStore {
  return {
    names: Object.keys(models),
    async open(name) {
      const setting = models[name] as ModelSetting<Env>;
      const place = typeof setting === 'function' ? await setting(env) : setting;
      return typeof place === 'string' ? openFolder(place, name) : sourceOf(place, name);
    },
  };
}

function sourceOf(given: Uint8Array | GivenModel, name: string): ModelSource {
  const { bytes, manifest = {}, files = {} } = given instanceof Uint8Array ? { bytes: given } : given;
  if (!(bytes instanceof Uint8Array)) {
    throw new WhylightError(
      'invalid_config',
      `The model "${name}" is neither a path nor bytes: give a path, a Uint8Array, or an object with "bytes".`,
      { model: name },
    );
  }
  const parsed = parseManifest({ ...manifest, name }, `The manifest of the model "${name}"`);
  const external = new Map(parsed.external.map((path) => [path, fileOf(files, path, name)]));
  return {
    bytes,
    manifest: parsed,
    files: { read: async (path) => (Object.hasOwn(files, path) ? files[path] : undefined) },
    ...(Array.isArray(parsed.labels) && { labels: parsed.labels }),
    ...(external.size > 0 && { external }),
  };
}

function fileOf(files: Readonly<Record<string, Uint8Array>>, path: string, name: string): Uint8Array {
  const bytes = Object.hasOwn(files, path) ? files[path] : undefined;
  if (bytes) return bytes;
  const message = `The manifest of the model "${name}" names the file ${path}, which is not among its "files".`;
  throw new WhylightError('invalid_config', message, { model: name, file: path });
}
