/** Upload whose files have arrived in the store, and are not part of a model yet. */
import { sha256Hex } from '../../core/digest.ts';
import type { ModelFiles } from './files.ts';
import type { ModelBundle } from './model-bundle.ts';
import { noRecord } from './model-record.ts';
import type { Upload } from './upload.ts';

/** Place and digest of a file that has arrived. */
interface ArrivedFile {
  readonly key: string;
  readonly sha256: string;
  readonly size: number;
}

const MANIFEST = 'manifest.json';

export class ArrivedUpload implements ModelBundle {
  /** Name of the model. */
  readonly name: string;
  readonly files: ModelBundle['files'];
  private readonly store: ModelFiles;
  private readonly manifest: Uint8Array<ArrayBuffer>;
  private readonly arrived: ReadonlyMap<string, ArrivedFile>;

  private constructor(
    store: ModelFiles,
    name: string,
    manifest: { readonly bytes: Uint8Array<ArrayBuffer>; readonly sha256: string },
    arrived: ReadonlyMap<string, ArrivedFile>,
  ) {
    this.store = store;
    this.name = name;
    this.manifest = manifest.bytes;
    this.arrived = arrived;
    const digests = [...arrived].map(([path, { sha256 }]) => [path, sha256] as const);
    this.files = { ...Object.fromEntries(digests), [MANIFEST]: manifest.sha256 };
  }

  /**
   * Receives files through the store, which holds them and gives their digests: an isolate holds a chunk at a time.
   * @param keys gets the key of each file before it is written, to be removed whatever happens
   */
  static async receive(
    store: ModelFiles,
    name: string,
    manifest: object,
    { files }: Pick<Upload, 'files'>,
    keys: string[],
  ): Promise<ArrivedUpload> {
    const bytes = new TextEncoder().encode(JSON.stringify(manifest)) as Uint8Array<ArrayBuffer>;
    const arrived = new Map<string, ArrivedFile>();
    for (const { path, size, chunks } of files) {
      const key = `arriving/${crypto.randomUUID()}`;
      keys.push(key);
      arrived.set(path, { key, size, sha256: await store.write(key, size, chunks()) });
    }
    // The part that states the manifest counts, not a file of that name.
    arrived.delete(MANIFEST);
    return new ArrivedUpload(store, name, { bytes, sha256: await sha256Hex(bytes) }, arrived);
  }

  /** Bytes of all files. */
  get bytes(): number {
    return [...this.arrived.values()].reduce((sum, { size }) => sum + size, this.manifest.length);
  }

  /** Reads a file into memory; undefined for a path that the upload does not have. */
  async read(path: string): Promise<Uint8Array | undefined> {
    if (path === MANIFEST) return this.manifest;
    const file = this.arrived.get(path);
    return file && this.store.read(file.key);
  }

  async open(sha256: string): Promise<ReadableStream<Uint8Array>> {
    if (sha256 === this.files[MANIFEST]) return new Blob([this.manifest]).stream();
    const file = [...this.arrived.values()].find((one) => one.sha256 === sha256);
    return (file && (await this.store.stream(file.key))) ?? noRecord(this.name);
  }

  /**
   * Copies the files within the store.
   * @param keyOf key that a file of this digest gets
   */
  async copyTo(keyOf: (sha256: string) => string): Promise<void> {
    await this.store.put(keyOf(this.files[MANIFEST] as string), this.manifest);
    for (const { key, sha256 } of this.arrived.values()) await this.store.copy(key, keyOf(sha256), sha256);
  }
}
