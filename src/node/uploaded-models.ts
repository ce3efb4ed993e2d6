/** Uploaded models at an origin: edges name the files, and send those that the origin lacks. */
import type { WaitUntil } from '../core/engine/session-cache.ts';
import { WhylightError } from '../core/errors.ts';
import type { MemoryPool } from '../core/memory-pool.ts';
import type { OutputForm } from '../core/model/describe/output-form.ts';
import { Model } from '../core/model/model.ts';
import { readModelFolder } from '../edge/models/folder.ts';
import type { BundleFiles } from '../edge/models/model-bundle.ts';
import { ModelCache } from '../edge/models/model-cache.ts';
import type { FileStore } from './file-store.ts';

export class UploadedModels {
  private readonly store: FileStore;
  private readonly cache: ModelCache<Model>;
  private readonly forms: readonly OutputForm[];

  /**
   * @param bytes maximum bytes of models in memory
   * @param forms of outputs that tasks recognise
   * @param pool memory that the models share with other caches
   */
  constructor(store: FileStore, bytes: number, forms: readonly OutputForm[] = [], pool?: MemoryPool) {
    this.store = store;
    this.forms = forms;
    this.cache = new ModelCache(bytes, pool);
  }

  /**
   * Returns the model of these files.
   * @throws WhylightError `model_needed` with the digests of the files that are `missing`
   */
  get(files: BundleFiles, waitUntil: WaitUntil): Promise<Model> {
    const key = JSON.stringify(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
    return this.cache.get(key, () => this.load(files), waitUntil);
  }

  /** Stores a file. @throws WhylightError as `FileStore.write` */
  put(sha256: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.store.write(sha256, chunks);
  }

  /**
   * Checks that the files of a model are there.
   * @throws WhylightError `model_needed` with the digests of the files that are `missing`
   */
  check(files: BundleFiles): void {
    const absent = digestsOf(files).filter((sha256) => !this.store.has(sha256));
    if (absent.length > 0) throw needed(absent);
  }

  /**
   * Reads the files of a model.
   * @returns bytes by SHA-256
   * @throws WhylightError `model_needed` with the digests of the files that are `missing`
   */
  async contents(files: BundleFiles): Promise<ReadonlyMap<string, Uint8Array>> {
    this.check(files);
    const contents = new Map<string, Uint8Array>();
    for (const sha256 of digestsOf(files)) {
      const bytes = await this.store.read(sha256);
      // Removed or damaged in the meantime.
      if (!bytes) throw needed([sha256]);
      contents.set(sha256, bytes);
    }
    return contents;
  }

  private async load(files: BundleFiles) {
    const contents = await this.contents(files);
    const source = await readModelFolder(async (path) => contents.get(files[path] ?? ''), 'upload');
    const bytes = [...contents.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { value: await Model.read({ ...source, forms: this.forms }), bytes };
  }
}

const digestsOf = (files: BundleFiles): readonly string[] => [...new Set(Object.values(files))];

const needed = (missing: readonly string[]): WhylightError =>
  new WhylightError('model_needed', 'The origin lacks files of the model.', { missing });
