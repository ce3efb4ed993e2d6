/** Growth of the memory of a process under load, against a Worker that only answers "alive". */
import { bundle, startWorker } from './worker.ts';

const SAMPLE_MS = 250;
const KIB = 2 ** 10;

/** Memory of a process, sampled while requests are answered. */
export class ProcessGrowth {
  /** Bytes of each sample. */
  readonly bytes: number[] = [];
  private readonly requests: number[] = [];
  private readonly timer: NodeJS.Timeout;

  /** @param done number of requests so far */
  constructor(memory: () => Promise<number>, done: () => number) {
    this.timer = setInterval(async () => {
      const requests = done();
      this.bytes.push(await memory());
      this.requests.push(requests);
    }, SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** KiB a request, from the second tenth, when caches are filled, to the last: the least of each tenth counts. */
  get perRequest(): number {
    const tenth = Math.ceil(this.bytes.length / 10);
    const low = (from: number) => {
      const bytes = Math.min(...this.bytes.slice(from, from + tenth));
      return { bytes, requests: this.requests[this.bytes.indexOf(bytes, from)] as number };
    };
    const [first, last] = [low(tenth), low(this.bytes.length - tenth)];
    return (last.bytes - first.bytes) / KIB / (last.requests - first.requests);
  }
}

/**
 * Sends the same requests to a Worker that answers "alive" to each, by as many clients.
 * @param requestOf path and request of a number
 */
export async function growthOfBare(
  project: string,
  { count, clients }: { readonly count: number; readonly clients: number },
  requestOf: (index: number) => { readonly path: string; readonly init: RequestInit },
): Promise<ProcessGrowth> {
  const worker = await startWorker(await bundle(project, 'bench/workers/bare.toml'), { inspected: true });
  let [next, done] = [0, 0];
  const growth = new ProcessGrowth(worker.memory, () => done);
  const client = async (): Promise<void> => {
    while (next < count) {
      const { path, init } = requestOf(next++);
      await (await fetch(`${worker.address}${path}`, init)).arrayBuffer();
      done += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    growth.stop();
    await worker.stop();
  }
  return growth;
}
