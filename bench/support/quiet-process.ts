/**
 * The measured tenant as a process: told for how many seconds, it sends requests of each kind in turn and answers with
 * {@link Times}. Its heap is small, so that its own garbage collection is no part of what it measures.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Arguments of the process, as JSON. */
export interface QuietArguments {
  readonly address: string;
  readonly key: string;
  /** Milliseconds between two requests. */
  readonly pause: number;
}

const KINDS = ['cache hit', '/v2/models'] as const;

/** Milliseconds of each request, by kind. */
export type Times = Record<(typeof KINDS)[number], number[]>;

const { address, key, pause } = JSON.parse(process.argv[2] as string) as QuietArguments;
const image = readFileSync(join(fileURLToPath(new URL('../..', import.meta.url)), 'examples/photos/cat.jpg'));
const asks: Readonly<Record<keyof Times, () => Promise<Response>>> = {
  'cache hit': () =>
    fetch(`${address}/v2/models/cifar10/explain?method=grad_cam`, {
      method: 'POST',
      headers: { 'X-Api-Key': key, 'Content-Type': 'image/jpeg' },
      body: image,
    }),
  '/v2/models': () => fetch(`${address}/v2/models`, { headers: { 'X-Api-Key': key } }),
};

process.on('message', async (seconds: number) => {
  const times: Times = { 'cache hit': [], '/v2/models': [] };
  for (const until = performance.now() + 1000 * seconds; performance.now() < until; ) {
    for (const name of KINDS) {
      const started = performance.now();
      const response = await asks[name]();
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`The quiet tenant got ${response.status}.`);
      times[name].push(performance.now() - started);
      await sleep(pause);
    }
  }
  process.send?.(times);
});
