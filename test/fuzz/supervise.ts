/** Supervision of fuzz runs in a thread: a run that hangs or takes too much memory is a fault, and the next ones go on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Fault, type FuzzResult, inputOf } from './fuzz.ts';
import { loadTarget } from './targets/index.ts';

/** Milliseconds of processor time that one run may take by default. */
const MAX_RUN_MS = 10_000;
/** Maximum of the clock over the processor's time: other programs slow a run down, and one that waits uses no processor. */
const MAX_WAIT = 6;
/** Heap that a run may take, beside what the target holds. */
const MAX_HEAP_MIB = 1024;
const LOOK_MS = 250;
/** Maximum runs of one thread: what a thread counted is lost when it is ended. */
const SLICE = 5000;
const [RUN, STOP] = [0, 1];

export interface ThreadData {
  /** Address of the module of the target. */
  readonly module: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Two int32: the run in progress, and 1 when it is to be the last. */
  readonly current: SharedArrayBuffer;
}

export interface SuperviseOptions {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Time at which no further run begins, on the clock of `performance.now`. */
  readonly until: number;
  /** Milliseconds of processor time that one run may take, and a sixth of what it may take by the clock; 10 s when left out. */
  readonly maxRunMs?: number;
  /** Called between threads with the number of runs and of faults so far. */
  readonly progress?: (runs: number, faults: number) => void;
}

/**
 * Runs a target until its runs or the time are over.
 * @param module address of the module whose default export is the target
 */
export async function supervise(
  module: string,
  { seed, from, to, until, maxRunMs = MAX_RUN_MS, progress }: SuperviseOptions,
): Promise<FuzzResult> {
  const target = await loadTarget(module);
  const outcomes: Record<string, number> = {};
  const faults: Fault[] = [];
  let next = from;
  while (next < to && performance.now() < until) {
    if (next > from) progress?.(next - from, faults.length);
    const part = await runThread({ module, seed, from: next, to: Math.min(to, next + SLICE) }, until, maxRunMs);
    if (part.result) {
      for (const [name, count] of Object.entries(part.result.outcomes)) outcomes[name] = (outcomes[name] ?? 0) + count;
      faults.push(...part.result.faults);
      next += part.result.runs;
      continue;
    }
    faults.push({ run: part.at, input: inputOf(target, seed, part.at), reason: part.reason });
    outcomes.fault = (outcomes.fault ?? 0) + 1;
    next = part.at + 1;
  }
  return { runs: next - from, outcomes, faults };
}

type Part =
  | { readonly result: FuzzResult }
  | { readonly result?: undefined; readonly at: number; readonly reason: string };

async function runThread(data: Omit<ThreadData, 'current'>, until: number, maxRunMs: number): Promise<Part> {
  const current = new SharedArrayBuffer(8);
  const counter = new Int32Array(current);
  Atomics.store(counter, RUN, data.from - 1);
  const thread = new Worker(new URL('./fuzz-thread.ts', import.meta.url), {
    workerData: { ...data, current } satisfies ThreadData,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  });
  let ended: Part | undefined;
  const at = (): number => Math.max(data.from, Atomics.load(counter, RUN));
  thread.once('message', (result: FuzzResult) => {
    ended = { result };
  });
  thread.once('error', (error) => {
    ended ??= { at: at(), reason: `The thread ended: ${error}` };
  });
  let [seen, since, used] = [data.from - 1, performance.now(), process.cpuUsage()];
  while (!ended) {
    await sleep(LOOK_MS);
    const now = performance.now();
    if (now > until) Atomics.store(counter, STOP, 1);
    const run = Atomics.load(counter, RUN);
    // Loading the target is no run.
    if (run !== seen || run < data.from) [seen, since, used] = [run, now, process.cpuUsage()];
    else if (processorMs(used) > maxRunMs || now - since > MAX_WAIT * maxRunMs) {
      ended ??= { at: run, reason: `The run took more than ${maxRunMs} ms.` };
    }
  }
  await thread.terminate();
  return ended;
}

/** Milliseconds of processor time of this process since a reading. */
function processorMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
