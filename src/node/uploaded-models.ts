/** Uploaded models at an origin: edges name their files, and send those that are not here. */
import type { WaitUntil } from '../core/engine/session-cache.ts';
import { WhylightError } from '../core/errors.ts';
import { Model } from '../core/model/model.ts';
import { readModelFolder } from '../edge/models/folder.ts';
import type { ParcelFiles } from '../edge/models/model-bundle.ts';
import { Shelf } from '../edge/models/model-cache.ts';
import type { FileStore } from './file-store.ts';

export class UploadedModels {
  private readonly store: FileStore;
  private readonly shelf: Shelf<Model>;

  /** @param bytes of models that stay in memory */
  constructor(store: FileStore, bytes: number) {
    this.store = store;
    this.shelf = new Shelf(bytes);
  }

  /**
   * The model that is made of these files.
   * @throws WhylightError `model_needed` with the digests of what is `missing`
   */
  get(files: ParcelFiles, waitUntil: WaitUntil): Promise<Model> {
    const key = JSON.stringify(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
    return this.shelf.get(key, () => this.load(files), waitUntil);
  }

  /** @throws WhylightError as `FileStore.write` */
  put(sha256: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.store.write(sha256, chunks);
  }

  private async load(files: ParcelFiles) {
    const digests = [...new Set(Object.values(files))];
    const absent = digests.filter((sha256) => !this.store.has(sha256));
    if (absent.length > 0) throw needed(absent);
    const contents = new Map<string, Uint8Array>();
    for (const sha256 of digests) {
      const bytes = await this.store.read(sha256);
      // Gone or damaged since.
      if (!bytes) throw needed([sha256]);
      contents.set(sha256, bytes);
    }
    const source = await readModelFolder(async (path) => contents.get(files[path] ?? ''), 'upload');
    const bytes = [...contents.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { value: await Model.read(source), bytes };
  }
}

const needed = (missing: readonly string[]): WhylightError =>
  new WhylightError('model_needed', 'The origin does not hold all files of the model.', { missing });
