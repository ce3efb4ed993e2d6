/**
 * Files named by their content, in a folder of bounded size: the least recently used go first. What arrives is checked
 * against its name as it streams in, under a name of its own, and gets its place in one step: a file that is there is whole,
 * however many send it at once.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../core/digest.ts';
import { WhylightError } from '../core/errors.ts';
import { isSha256 } from '../edge/models/model-bundle.ts';

export interface FileStoreOptions {
  /** Folder that no other process uses. */
  readonly folder: string;
  /** Bytes of all files together. */
  readonly bytes: number;
}

const ARRIVING = '.arriving';
/** Maximum number of concurrent uploads. */
const MAX_ARRIVING = 8;

export class FileStore {
  private readonly folder: string;
  private readonly limit: number;
  /** Bytes of each file; the least recently used first. */
  private readonly held: Map<string, number>;
  private arriving = 0;

  private constructor({ folder, bytes }: FileStoreOptions, held: Map<string, number>) {
    this.folder = folder;
    this.limit = bytes;
    this.held = held;
  }

  /** Takes over what the folder holds, and removes what an earlier process left half done. */
  static async open(options: FileStoreOptions): Promise<FileStore> {
    const { folder } = options;
    await mkdir(folder, { recursive: true });
    const names = await readdir(folder);
    await Promise.all(names.filter((name) => name.startsWith(ARRIVING)).map((name) => rm(join(folder, name))));
    const known = await Promise.all(
      names.filter(isSha256).map(async (name) => ({ name, ...(await timeAndSize(join(folder, name))) })),
    );
    known.sort((a, b) => a.used - b.used);
    const store = new FileStore(options, new Map(known.map(({ name, size }) => [name, size])));
    await store.makeRoom();
    return store;
  }

  /** Bytes that the files take. */
  get bytes(): number {
    return [...this.held.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Returns the bytes that the files could take together on this disk: what they take now, and what is free. */
  async room(): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder);
    return this.bytes + bavail * bsize;
  }

  has(sha256: string): boolean {
    return this.held.has(sha256);
  }

  /** @returns undefined for one that is not there; one that is damaged is removed */
  async read(sha256: string): Promise<Uint8Array | undefined> {
    const size = this.held.get(sha256);
    if (size === undefined) return undefined;
    // Used last. The time is for the next process: a folder that cannot be written loses the order, and nothing else.
    this.held.delete(sha256);
    this.held.set(sha256, size);
    const path = join(this.folder, sha256);
    try {
      const bytes = new Uint8Array(await readFile(path));
      if ((await sha256Hex(bytes)) === sha256) {
        const now = new Date();
        await utimes(path, now, now);
        return bytes;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await this.drop(sha256);
    return undefined;
  }

  /**
   * Takes a file in.
   * @throws WhylightError `invalid_request` for bytes that are not those of the name, `payload_too_large` for more than the
   * folder may hold, `overloaded` when many arrive already or the disk is full; nothing is left of it then, and a full disk
   * has the least recently used files removed
   */
  async write(sha256: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    if (!isSha256(sha256)) throw new WhylightError('invalid_request', 'A file is named by its SHA-256 in hex.');
    if (this.arriving >= MAX_ARRIVING) {
      throw new WhylightError('overloaded', 'Too many files are being uploaded: try again later.', { retry_after: 1 });
    }
    this.arriving += 1;
    const path = join(this.folder, `${ARRIVING}-${randomUUID()}`);
    try {
      const { size, found } = await this.receive(path, chunks);
      if (found !== sha256) {
        throw new WhylightError(
          'invalid_request',
          `The ${size} bytes are not those of ${sha256}: they were cut or changed.`,
        );
      }
      await rename(path, join(this.folder, sha256));
      this.held.delete(sha256);
      this.held.set(sha256, size);
      await this.makeRoom();
    } catch (cause) {
      if (!isFull(cause)) throw cause;
      await this.giveWay(path);
      throw diskFull(cause);
    } finally {
      this.arriving -= 1;
      // Gone already where it got its place.
      await rm(path, { force: true });
    }
  }

  private async receive(path: string, chunks: AsyncIterable<Uint8Array>): Promise<{ size: number; found: string }> {
    const hash = createHash('sha256');
    let size = 0;
    const file = await open(path, 'wx');
    try {
      for await (const chunk of chunks) {
        size += chunk.length;
        if (size > this.limit) {
          const message = `The file has more than the ${this.limit} bytes that may be kept here.`;
          throw new WhylightError('payload_too_large', message, { max_bytes: this.limit });
        }
        hash.update(chunk);
        await file.writeFile(chunk);
      }
    } finally {
      await file.close();
    }
    return { size, found: hash.digest('hex') };
  }

  /** Removes the least recently used until the rest has no more bytes than these. */
  private async makeRoom(limit: number = this.limit): Promise<void> {
    while (this.bytes > limit) await this.drop(this.held.keys().next().value as string);
  }

  /** Removes the least recently used of a full disk: the next try finds twice the room that the file at `path` found. */
  private async giveWay(path: string): Promise<void> {
    // A disk without room for a directory entry has no such file.
    const arrived = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    await this.makeRoom(Math.max(0, this.bytes - Math.max(1, arrived)));
  }

  private async drop(sha256: string): Promise<void> {
    this.held.delete(sha256);
    await rm(join(this.folder, sha256), { force: true });
  }
}

const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');

const diskFull = (cause: unknown): WhylightError =>
  new WhylightError(
    'overloaded',
    'The disk for uploaded models is full: lower --uploads-mib to what it has, or free some of it.',
    { retry_after: 60 },
    { cause },
  );

async function timeAndSize(path: string): Promise<{ used: number; size: number }> {
  const { mtimeMs, size } = await stat(path);
  return { used: mtimeMs, size };
}
