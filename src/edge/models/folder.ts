/** Reads a model from a folder: `manifest.json` and the files that it names. */
import { WhylightError } from '../../core/errors.ts';
import { folderFacts } from '../../core/model/folder.ts';
import { type Manifest, parseLabels, parseManifest } from '../../core/model/manifest.ts';
import type { ModelSource } from '../../core/model/model-source.ts';

/** Reads a file of the folder; undefined when there is none. Any other failure is thrown. */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>;

/** Model in a folder, with its manifest. */
export type ModelFolder = ModelSource & { readonly manifest: Manifest };

/**
 * Reads a model. Files of other makers beside it (`config.json`) are asked only where the manifest says of no images.
 * @param where name of the folder, for error messages
 * @param reason sentence on why a file is missing, for error messages
 * @throws WhylightError `invalid_config` for a missing file or an invalid manifest.
 */
export async function readModelFolder(
  read: ReadFile,
  where: string,
  reason: (path: string) => string = () => '',
): Promise<ModelFolder> {
  const get = async (path: string): Promise<Uint8Array> => {
    const bytes = await read(path);
    if (bytes) return bytes;
    const file = `${where}/${path}`;
    throw new WhylightError('invalid_config', `The file ${file} is missing. ${reason(path)}`.trim(), { file });
  };
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const manifest = parseManifest(decode(await get('manifest.json')), `${where}/manifest.json`);
  const { labels: names } = manifest;
  const files = { read };
  const [bytes, labels, external, stated] = await Promise.all([
    get(manifest.file),
    typeof names === 'string' ? get(names).then((text) => parseLabels(decode(text), `${where}/${names}`)) : names,
    Promise.all(manifest.external.map(async (path) => [path, await get(path)] as const)),
    manifest.preprocessing ? undefined : folderFacts(files),
  ]);
  return {
    bytes,
    manifest,
    files,
    ...(stated && { stated }),
    ...(labels && { labels }),
    ...(external.length > 0 && { external: new Map(external) }),
  };
}
