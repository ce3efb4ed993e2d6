/** Files that were dropped or picked: single ones, folders, and archives. */
import { readZipDirectory, readZipEntry } from '../modalities/arrays/zip.ts';

/** Files by path, with `/` between the parts. */
export type DroppedFiles = ReadonlyMap<string, File>;

/** True if a model is among the files. */
export const hasModel = (files: DroppedFiles): boolean => [...files.keys()].some((path) => /\.(onnx|zip)$/i.test(path));

/** Files of a drop, with those of folders. To be called in the handler of the event, which gives them only there. */
export async function filesOfDrop({ items, files }: DataTransfer): Promise<DroppedFiles> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  if (entries.length === 0) return filesOfList(files);
  const found = await Promise.all(entries.map((entry) => walk(entry, '')));
  return new Map(found.flat());
}

/** Files of an input element; those of a folder have their path in it. */
export const filesOfList = (list: Iterable<File>): DroppedFiles =>
  new Map([...list].map((file) => [file.webkitRelativePath || file.name, file]));

async function walk(entry: FileSystemEntry, folder: string): Promise<(readonly [string, File])[]> {
  const path = `${folder}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [[path, file]];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: (readonly [string, File])[] = [];
  // A reader gives at most a hundred entries at a time, and none at the end.
  while (true) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return found;
    for (const one of part) found.push(...(await walk(one, `${path}/`)));
  }
}

/** Contents of the files; those of archives take the place of the archive. */
export async function contentsOf(files: DroppedFiles): Promise<ReadonlyMap<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for (const [path, file] of files) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (!/\.zip$/i.test(path)) contents.set(path, bytes);
    else for (const [inner, content] of await unpacked(bytes, file.name)) contents.set(inner, content);
  }
  return contents;
}

/** @throws WhylightError `invalid_tensor` for an archive that is damaged, encrypted or packed otherwise */
async function unpacked(bytes: Uint8Array, name: string): Promise<(readonly [string, Uint8Array])[]> {
  const entries = readZipDirectory(bytes, name).filter((entry) => !entry.name.endsWith('/'));
  return Promise.all(entries.map(async (entry) => [entry.name, await readZipEntry(entry)] as const));
}
