/** Files that lie beside an ONNX file and hold constants of it (external data). */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';

/** Files of one folder by relative path, each read when it is asked for. Paths that leave the folder are absent. */
export class FilesBeside extends Map<string, Uint8Array> {
  private readonly folder: string;

  constructor(folder: string) {
    super();
    this.folder = folder;
  }

  override get(path: string): Uint8Array | undefined {
    const known = super.get(path);
    const inside = !isAbsolute(path) && !relative(this.folder, resolve(this.folder, path)).startsWith('..');
    if (known || !inside || !existsSync(join(this.folder, path))) return known;
    const bytes = readFileSync(join(this.folder, path));
    this.set(path, bytes);
    return bytes;
  }
}
