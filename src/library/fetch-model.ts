/** A model behind an address, with the files beside it. */
import { findModel, type ModelFolder } from '../core/model/folder.ts';
import { type Manifest, parseLabels, parseManifest } from '../core/model/manifest.ts';
import type { ModelFiles } from '../core/model/model-files.ts';
import { fetchBytes } from './model-input.ts';
import { nameOf } from './model-name.ts';
import type { ModelToOpen } from './opened-model.ts';

/** Bytes of a model with what is stated beside it. */
export type FoundModel = Pick<ModelToOpen, 'bytes' | 'manifest' | 'labels' | 'external' | 'files'>;

/**
 * Fetches a model: an ONNX file, a manifest, or a folder (an address that ends in a slash) with a manifest or the files of
 * a Hugging Face model. Files beside it are fetched when they are asked for.
 * @throws WhylightError `not_found`, `model_not_found`, `invalid_config`
 */
export async function fetchModel(address: string): Promise<FoundModel> {
  const { pathname } = new URL(address);
  const folder = new URL('.', address);
  const files = filesUnder(folder);
  if (pathname.endsWith('.json')) return fetchDescribed(address, folder, files);
  if (!pathname.endsWith('/'))
    return { bytes: await fetchBytes(address), manifest: { name: nameOf(decodeURIComponent(pathname)) }, files };
  if (await files.read('manifest.json')) return fetchDescribed(new URL('manifest.json', folder).href, folder, files);
  const { file } = await findModel(files, address);
  return {
    bytes: await fetchBytes(new URL(file, folder).href),
    manifest: { name: nameOf(decodeURIComponent(pathname.slice(0, -1))) },
    files,
  };
}

/** A model by its manifest. */
async function fetchDescribed(address: string, folder: URL, files: ModelFiles): Promise<FoundModel> {
  const text = async (place: string) => new TextDecoder().decode(await fetchBytes(place));
  const manifest: Manifest = parseManifest(await text(address), address);
  const beside = (path: string): string => new URL(path, folder).href;
  const external = await Promise.all(
    manifest.external.map(async (path) => [path, await fetchBytes(beside(path))] as const),
  );
  const labels = typeof manifest.labels === 'string' ? beside(manifest.labels) : undefined;
  return {
    bytes: await fetchBytes(beside(manifest.file)),
    manifest,
    files,
    external: new Map(external),
    ...(labels !== undefined && { labels: parseLabels(await text(labels), labels) }),
  };
}

/** Usual names of the ONNX file of a folder, which cannot be listed over HTTP. */
const USUAL_FILES = ['onnx/model.onnx', 'model.onnx'];

function filesUnder(folder: URL): ModelFolder {
  const isThere = async (path: string): Promise<boolean> => {
    const answer = await fetch(new URL(path, folder), { method: 'HEAD' });
    return answer.ok && !isPage(answer);
  };
  return {
    async list() {
      const found = await Promise.all(USUAL_FILES.map(isThere));
      return USUAL_FILES.filter((_, i) => found[i]);
    },
    async read(path) {
      const answer = await fetch(new URL(path, folder));
      return answer.ok && !isPage(answer) ? new Uint8Array(await answer.arrayBuffer()) : undefined;
    },
  };
}

/** True for the page that servers of single-page apps send in place of a missing file. */
const isPage = ({ headers }: Response): boolean => headers.get('Content-Type')?.startsWith('text/html') === true;
