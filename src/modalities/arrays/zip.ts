/**
 * Reader of ZIP archives in memory: entries that are stored or deflated.
 * @see PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", sections 4.3 and 4.4
 */
import { WhylightError } from '../../core/errors.ts';
import { crc32 } from '../../core/image/png-checksums.ts';
import { invalidArray } from './npy-header.ts';

export interface ZipEntry {
  readonly name: string;
  /** Bytes once inflated, as the directory says. */
  readonly size: number;
  readonly method: number;
  readonly encrypted: boolean;
  /** Checksum of the contents, as the directory says. */
  readonly checksum: number;
  /** Bytes as they are in the archive. */
  readonly compressed: Uint8Array;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const MAX_ENTRIES = 4096;
/** Deflate makes nothing smaller than this many times. */
const MAX_RATIO = 1032;

/**
 * Entries by the directory at the end of the archive.
 * @throws WhylightError `invalid_tensor` when the bytes are no archive, are cut off, or need ZIP64.
 */
export function readZipDirectory(bytes: Uint8Array, name: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === undefined) {
    const begins = bytes.length >= 4 && view.getUint32(0, true) === LOCAL;
    throw invalidArray(`${name} is ${begins ? 'cut off: the directory at its end is missing' : 'not a ZIP archive'}.`, {
      name,
    });
  }
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count > MAX_ENTRIES || at === 0xffffffff) {
    throw invalidArray(`${name} has ${count} entries or is above 4 GB: at most ${MAX_ENTRIES} entries are read.`, {
      name,
    });
  }
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== ENTRY) throw broken(name);
    const length = view.getUint16(at + 28, true);
    entries.push(readEntry(bytes, view, at, new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length)), name));
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

function readEntry(bytes: Uint8Array, view: DataView, at: number, entry: string, name: string): ZipEntry {
  const [packed, size, local] = [20, 24, 42].map((field) => view.getUint32(at + field, true)) as [
    number,
    number,
    number,
  ];
  if ([packed, size, local].includes(0xffffffff)) {
    throw invalidArray(`The entry "${entry}" of ${name} is above 4 GB, which is not read.`, { name, entry });
  }
  if (local + 30 > bytes.length || view.getUint32(local, true) !== LOCAL) throw broken(name);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packed > bytes.length) throw broken(name);
  return {
    name: entry,
    size,
    method: view.getUint16(at + 10, true),
    checksum: view.getUint32(at + 16, true),
    encrypted: (view.getUint16(at + 8, true) & 1) === 1,
    compressed: bytes.subarray(start, start + packed),
  };
}

/** Position of the end record, which a comment of up to 65,535 bytes may follow. */
function findEnd(view: DataView): number | undefined {
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  return undefined;
}

/**
 * Contents of an entry. Inflating stops as soon as there is more than the directory says.
 * @throws WhylightError `invalid_tensor` for encrypted entries, other methods and damaged contents.
 */
export async function readZipEntry(entry: ZipEntry): Promise<Uint8Array> {
  const { name, size, method, encrypted, compressed, checksum } = entry;
  if (encrypted) throw invalidArray(`The entry "${name}" is encrypted, which is not read.`, { entry: name });
  if (method !== 0 && method !== 8) {
    throw invalidArray(`The entry "${name}" is packed by method ${method}: stored and deflated ones are read.`, {
      entry: name,
      method,
    });
  }
  const content = method === 0 ? compressed : await inflate(entry);
  if (content.length !== size || crc32(content) !== checksum) throw broken(`the entry "${name}"`);
  return content;
}

async function inflate({ name, size, compressed }: ZipEntry): Promise<Uint8Array> {
  if (size > compressed.length * MAX_RATIO) throw broken(`the entry "${name}"`);
  const stream = new Blob([compressed as Uint8Array<ArrayBuffer>]).stream();
  const reader = stream.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const out = new Uint8Array(size);
  let filled = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (filled + part.value.length > size) throw broken(`the entry "${name}"`);
      out.set(part.value, filled);
      filled += part.value.length;
    }
  } catch (cause) {
    await reader.cancel().catch(() => undefined);
    if (WhylightError.is(cause)) throw cause;
    throw invalidArray(`The entry "${name}" is damaged: it cannot be inflated.`, { entry: name });
  }
  return out.subarray(0, filled);
}

const broken = (name: string): WhylightError =>
  invalidArray(`${name} is damaged: what its directory says is not what is there.`, { name });
