/** Lock of a file of results: two batches that write the same file would explain inputs twice. */
import { open, readFile, rm } from 'node:fs/promises';
import { WhylightError } from '../../core/errors.ts';

/**
 * Takes the lock. One that a dead process has left is taken over.
 * @returns a function that gives it back
 * @throws WhylightError `conflict` while another process holds it
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const lock = `${path}.lock`;
  for (let attempt = 0; attempt < 2; attempt++) {
    const file = await open(lock, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw error;
    });
    if (file) {
      await file.write(String(process.pid));
      await file.close();
      return () => rm(lock, { force: true });
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (isAlive(holder)) throw held(path, holder);
    await rm(lock, { force: true });
  }
  throw held(path, 0);
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const held = (path: string, pid: number): WhylightError =>
  new WhylightError('conflict', `The process ${pid} writes ${path} already: wait for it, or give another --out.`, {
    path,
  });
