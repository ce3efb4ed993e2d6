import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FileStore } from '../../src/node/file-store.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'whylight-files-'));
  folders.push(made);
  return made;
}
const file = (seed: number, size = 100): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) % 251);
const nameOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** In pieces, as from a connection. */
async function* arriving(bytes: Uint8Array, piece = 30): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += piece) {
    await new Promise((later) => setImmediate(later));
    yield bytes.subarray(at, at + piece);
  }
}
const put = (store: FileStore, bytes: Uint8Array) => store.write(nameOf(bytes), arriving(bytes));

describe('FileStore', () => {
  it('returns stored files and lacks others', async () => {
    const at = folder();
    const store = await FileStore.open({ folder: at, bytes: 1000 });
    await put(store, file(1));
    expect(await store.read(nameOf(file(1)))).toEqual(file(1));
    expect(await store.read(nameOf(file(2)))).toBeUndefined();
    expect(readdirSync(at)).toEqual([nameOf(file(1))]);
  });

  it('stores nothing that is truncated, changed or misnamed', async () => {
    const at = folder();
    const store = await FileStore.open({ folder: at, bytes: 1000 });
    const name = nameOf(file(1));
    const changed = file(1);
    changed[50] = 255;
    for (const bytes of [file(1).subarray(0, 99), changed, new Uint8Array(0)]) {
      await expect(store.write(name, arriving(bytes))).rejects.toMatchObject({ code: 'invalid_request' });
    }
    for (const bad of ['../../outside', 'A'.repeat(64), '']) {
      await expect(store.write(bad, arriving(file(1)))).rejects.toMatchObject({ code: 'invalid_request' });
    }
    const broken = (async function* () {
      yield file(1).subarray(0, 60);
      throw new Error('the connection is lost');
    })();
    await expect(store.write(name, broken)).rejects.toThrow('the connection is lost');
    expect(readdirSync(at)).toEqual([]);
    expect([store.has(name), store.bytes]).toEqual([false, 0]);
  });

  it('stores the same file from concurrent uploads', async () => {
    const at = folder();
    const store = await FileStore.open({ folder: at, bytes: 1000 });
    await Promise.all(Array.from({ length: 6 }, () => put(store, file(3))));
    expect(readdirSync(at)).toEqual([nameOf(file(3))]);
    expect(store.bytes).toBe(100);
    expect(await store.read(nameOf(file(3)))).toEqual(file(3));
  });

  it('refuses uploads beyond the concurrent limit as overloaded', async () => {
    const store = await FileStore.open({ folder: folder(), bytes: 1000 });
    const all = await Promise.allSettled(Array.from({ length: 10 }, (_, seed) => put(store, file(seed))));
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toEqual([
      expect.objectContaining({ code: 'overloaded', details: { retry_after: 1 } }),
      expect.objectContaining({ code: 'overloaded' }),
    ]);
    // Their places are free again.
    await put(store, file(9));
  });

  it('evicts the least recently used files to stay within its size', async () => {
    const at = folder();
    const store = await FileStore.open({ folder: at, bytes: 250 });
    await put(store, file(1));
    await put(store, file(2));
    await store.read(nameOf(file(1)));
    await put(store, file(3));
    expect([1, 2, 3].map((seed) => store.has(nameOf(file(seed))))).toEqual([true, false, true]);
    expect(readdirSync(at).sort()).toEqual([nameOf(file(1)), nameOf(file(3))].sort());
    await expect(put(store, file(4, 251))).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(readdirSync(at)).toHaveLength(2);
  });

  it('continues with the files of an earlier process', async () => {
    const at = folder();
    const first = await FileStore.open({ folder: at, bytes: 1000 });
    for (const [i, seed] of [1, 2, 3].entries()) {
      await put(first, file(seed));
      utimesSync(join(at, nameOf(file(seed))), 1000 + i, 1000 + i);
    }
    await first.read(nameOf(file(1)));
    expect(statSync(join(at, nameOf(file(1)))).mtimeMs).toBeGreaterThan(1e12);
    writeFileSync(join(at, '.arriving-half'), 'half');
    writeFileSync(join(at, 'README'), 'of somebody else');
    const second = await FileStore.open({ folder: at, bytes: 250 });
    expect([1, 2, 3].map((seed) => second.has(nameOf(file(seed))))).toEqual([true, false, true]);
    expect(readdirSync(at)).not.toContain('.arriving-half');
    expect(readdirSync(at)).toContain('README');
  });

  it('does not return a file that was damaged on disk', async () => {
    const at = folder();
    const store = await FileStore.open({ folder: at, bytes: 1000 });
    const name = nameOf(file(1));
    await put(store, file(1));
    writeFileSync(join(at, name), file(1).subarray(0, 40));
    expect(await store.read(name)).toBeUndefined();
    expect([store.has(name), readdirSync(at)]).toEqual([false, []]);
    await put(store, file(1));
    expect(await store.read(name)).toEqual(file(1));
  });

  it('says that the disk is full, and when to try again', async () => {
    const at = folder();
    const store = await FileStore.open({ folder: at, bytes: 1000 });
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    async function* chunks() {
      yield file(1);
      throw full;
    }
    await expect(store.write(nameOf(file(1)), chunks())).rejects.toMatchObject({
      code: 'overloaded',
      details: { retry_after: 60 },
      cause: full,
    });
    expect(readdirSync(at)).toEqual([]);
  });

  it('evicts the least recently used files for the next try when the disk is full', async () => {
    const at = folder();
    const store = await FileStore.open({ folder: at, bytes: 1000 });
    for (const seed of [1, 2, 3]) await put(store, file(seed));
    async function* chunks() {
      yield file(4, 150);
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    }
    await expect(store.write(nameOf(file(4, 300)), chunks())).rejects.toMatchObject({ code: 'overloaded' });
    expect(readdirSync(at)).toEqual([nameOf(file(3))]);
    expect(store.bytes).toBe(100);
  });
});
