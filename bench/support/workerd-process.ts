/** Memory and processor time of a workerd process, as Linux counts them. */
import { readdir, readFile, writeFile } from 'node:fs/promises';

/** The Worker, and all the isolates that stand in for the platform. */
export interface ProcessUse {
  /** Bytes that the process holds. */
  memory(): Promise<number>;
  /** Bytes that it grew by at its peak while `work` ran. */
  peak(work: () => Promise<unknown>): Promise<number>;
  /** Linear memory of all WebAssembly, in bytes; it never shrinks. */
  wasmMemory(): Promise<number>;
  /** Processor time so far, in nanoseconds, all threads. */
  processorTime(): Promise<number>;
}

export const useOf = (pid: number): ProcessUse => ({
  memory: () => statusOf(pid, 'VmRSS'),
  async peak(work) {
    const before = await statusOf(pid, 'VmRSS');
    await writeFile(`/proc/${pid}/clear_refs`, '5'); // the peak so far
    await work();
    return (await statusOf(pid, 'VmHWM')) - before;
  },
  wasmMemory: () => wasmMemory(pid),
  processorTime: () => processorTime(pid),
});

/** Ids of the workerd processes that this process has started. */
export async function ownWorkerds(): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const ours = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // it may end while it is looked at
      const [, name, parent] = /\((.*)\) \S (\d+)/.exec(stat) ?? [];
      return name === 'workerd' && Number(parent) === process.pid;
    }),
  );
  return pids.filter((_, i) => ours[i]);
}

/** Nanoseconds that the threads of a process have run; of those that have ended, none. */
async function processorTime(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const times = await Promise.all(
    threads.map(async (thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')),
  );
  return times.reduce((sum, text) => sum + Number(text.split(' ', 1)[0]), 0);
}

/** Bytes that the kernel counts of a process. */
async function statusOf(pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
}

/** Address space that V8 keeps for one memory of WebAssembly, in bytes. */
const RESERVED = 2 ** 32;

/** Bytes of the mappings that can be written and fill, with the reserved ones behind them, the space of one memory. */
async function wasmMemory(pid: number): Promise<number> {
  const mappings = [...(await readFile(`/proc/${pid}/maps`, 'utf8')).matchAll(/^(\w+)-(\w+) (\S+)/gm)].map(
    ([, start = '', end = '', rights = '']) => ({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      rights,
    }),
  );
  return mappings.reduce((sum, { start, end, rights }, i) => {
    const behind = mappings[i + 1];
    const isMemory =
      rights.startsWith('rw') &&
      behind?.rights.startsWith('---') &&
      behind.start === end &&
      behind.end - start === RESERVED;
    return isMemory ? sum + end - start : sum;
  }, 0);
}
