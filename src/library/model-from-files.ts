/** A model whose files are in memory: dropped on a page, or unpacked from an archive. */
import { WhylightError } from '../core/errors.ts';
import { findModel } from '../core/model/folder.ts';
import { parseLabels, parseManifest } from '../core/model/manifest.ts';
import type { FoundModel } from './fetch-model.ts';
import { nameOf } from './model-name.ts';

/** Contents of files by path, with `/` between the parts. */
export type FilesByPath = ReadonlyMap<string, Uint8Array>;

/** Text files that hold class names, by what people call them. */
const LABEL_FILE = /(^|[/_.-])(labels?|classes|class_?names|names|synset|synset_words)[\w-]*\.(txt|json)$/i;

/**
 * Finds the model among files: by a manifest, else the ONNX file of a Hugging Face folder, else the only ONNX file. A file
 * that is named like a list of classes gives the labels where nothing else states any.
 * @throws WhylightError `model_not_found`, `invalid_config`
 */
export async function modelFromFiles(
  given: FilesByPath,
): Promise<FoundModel & { readonly file: string; readonly notices: readonly string[] }> {
  const { folder, files } = withoutCommonFolder(given);
  const text = (path: string): string => new TextDecoder().decode(contentOf(files, path));
  const read = async (path: string): Promise<Uint8Array | undefined> => files.get(path);
  const rest = { files: { read } };
  if (files.has('manifest.json')) {
    const manifest = parseManifest(text('manifest.json'));
    const { file, labels } = manifest;
    return {
      ...rest,
      manifest,
      file,
      bytes: contentOf(files, file),
      external: filesBeside(files, file),
      notices: [],
      ...(typeof labels === 'string' && { labels: parseLabels(text(labels), labels) }),
    };
  }
  const { file, notices } = await findModel({ list: async () => [...files.keys()], read }, folder ?? 'of these files');
  const labelFile = files.has('config.json') ? undefined : [...files.keys()].find((path) => LABEL_FILE.test(path));
  return {
    ...rest,
    manifest: { name: nameOf(folder ?? file) },
    file,
    bytes: contentOf(files, file),
    external: filesBeside(files, file),
    notices: labelFile === undefined ? notices : [...notices, `The class names are those of ${labelFile}.`],
    ...(labelFile !== undefined && { labels: parseLabels(text(labelFile), labelFile) }),
  };
}

/** Takes the folder off the paths that all of them begin with, as archives and dropped folders have one. */
function withoutCommonFolder(files: FilesByPath): { readonly folder?: string; readonly files: FilesByPath } {
  const paths = [...files.keys()];
  const [first = ''] = paths;
  const folder = first.slice(0, first.indexOf('/') + 1);
  // A folder "onnx" is a part of the layout of Hugging Face.
  if (folder === '' || folder === 'onnx/' || !paths.every((path) => path.startsWith(folder))) return { files };
  const inner = withoutCommonFolder(new Map([...files].map(([path, bytes]) => [path.slice(folder.length), bytes])));
  return { folder: inner.folder ?? folder.slice(0, -1), files: inner.files };
}

/** Files in the folder of the ONNX file, by the paths that it may refer to. */
function filesBeside(files: FilesByPath, file: string): FilesByPath {
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const beside = [...files].filter(([path]) => path !== file && path.startsWith(folder));
  return new Map(beside.map(([path, bytes]) => [path.slice(folder.length), bytes]));
}

function contentOf(files: FilesByPath, path: string): Uint8Array {
  const bytes = files.get(path);
  if (bytes) return bytes;
  throw new WhylightError('model_not_found', `The manifest names the file ${path}, which is not there. Add it.`, {
    path,
    files: [...files.keys()],
  });
}
