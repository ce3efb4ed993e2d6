/** ZIP archives of stored files, for tests of what reads them. */
import { crc32 } from '../../src/core/image/png-checksums.ts';

/** Makes an archive without compression. @param files contents by path */
export function storedZip(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [path, bytes] of Object.entries(files)) {
    const name = Buffer.from(path);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(bytes.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(name.length, 22);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(at, 10);
    local.push(Buffer.from('PK\u0003\u0004', 'latin1'), facts, name, Buffer.from(bytes));
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), facts, entry, name);
    at += 30 + name.length + bytes.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(directory.length / 4, 8);
  end.writeUInt16LE(directory.length / 4, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...local, index, end]);
}
