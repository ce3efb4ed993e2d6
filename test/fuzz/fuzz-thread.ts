/** Thread of a fuzz run: the supervisor sees in shared memory which run it is at, and may end it. */
import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './fuzz.ts';
import type { ThreadData } from './supervise.ts';
import { loadTarget } from './targets/index.ts';

const { module, current, seed, from, to } = workerData as ThreadData;
if (!parentPort) throw new Error('This file is a thread; call supervise().');
const counter = new Int32Array(current);
const [RUN, STOP] = [0, 1];
const result = await fuzz(await loadTarget(module), {
  seed,
  from,
  to,
  begin: (run) => Atomics.store(counter, RUN, run),
  over: () => Atomics.load(counter, STOP) === 1,
});
parentPort.postMessage(result);
