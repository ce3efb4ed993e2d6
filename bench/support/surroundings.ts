/** Processes around a measured Worker that run on other machines in production: origin, buckets and a noisy tenant. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PINNED_NODE } from '../../scripts/tools.mjs';
import type { Answers, NoiseArguments } from './noise-process.ts';
import { answers, freePort, HOST, type Processes } from './processes.ts';
import { bindTo, hasTwo, yieldTo } from './processor.ts';
import type { QuietArguments, Times } from './quiet-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Processor of all that is not the Worker. */
export const OTHER_PROCESSOR = 1;

/**
 * Starts an origin of one thread that stores uploaded models.
 * @param folder of the uploaded models
 * @returns its address
 */
export async function startOrigin(processes: Processes, folder: string, secret: string): Promise<string> {
  const port = await freePort();
  const options = ['--port', String(port), '--uploads', folder, '--threads', '1', '--runs', '2'];
  const child = processes.add(
    spawn(PINNED_NODE, [join(ROOT, 'src/cli/main.ts'), 'serve', ...options], {
      cwd: ROOT,
      stdio: 'ignore',
      env: { ...process.env, WHYLIGHT_ORIGIN_SECRET: secret },
    }),
  );
  await answers(`http://${HOST}:${port}/v2/health/live`, child);
  setApart(child);
  return `http://${HOST}:${port}`;
}

/** Starts a server of R2 buckets. @returns its address */
export async function startBuckets(processes: Processes): Promise<string> {
  const child = spawn(PINNED_NODE, [join(ROOT, 'bench/support/bucket-server.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.add(child);
  const [port] = await once(child.stdout, 'data');
  setApart(child);
  return `http://${HOST}:${String(port).trim()}`;
}

/** A noisy tenant in a process of its own. */
export interface NoisyTenant {
  start(): void;
  /** Ends when what was sent has been answered. @returns all answers so far */
  stop(): Promise<Answers>;
}

/** Starts the process of a noisy tenant, which sends nothing yet. */
export function startNoisyTenant(processes: Processes, options: NoiseArguments): NoisyTenant {
  const child = forkTenant(processes, 'noise-process.ts', options);
  setApart(child);
  return {
    start: () => child.send('start'),
    stop: () => told<Answers>(child, 'stop'),
  };
}

/** The measured tenant, in a process of its own. */
export interface QuietTenant {
  /** Sends requests for so many seconds. */
  measure(seconds: number): Promise<Times>;
}

/** Starts the process of the measured tenant, before all others on their processor. */
export function startQuietTenant(processes: Processes, options: QuietArguments): QuietTenant {
  const child = forkTenant(processes, 'quiet-process.ts', options);
  if (hasTwo()) bindTo(OTHER_PROCESSOR, child.pid as number);
  return { measure: (seconds) => told<Times>(child, seconds) };
}

function forkTenant(processes: Processes, script: string, options: object): ChildProcess {
  const execPath = join(ROOT, PINNED_NODE);
  return processes.add(fork(join(ROOT, 'bench/support', script), [JSON.stringify(options)], { execPath }));
}

/** Sends a message to a process, and waits for its answer. */
function told<T>(child: ChildProcess, message: string | number): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`The process of a tenant ended with ${code}.`));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer as T);
    });
    child.send(message);
  });
}

/** Lets a process use what the measured clients leave of their processor: they have a machine of their own in production. */
function setApart(child: ChildProcess): void {
  if (!hasTwo()) return;
  bindTo(OTHER_PROCESSOR, child.pid as number);
  yieldTo(child.pid as number);
}
