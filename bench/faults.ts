/**
 * Answers of the edge while its origin fails: `npm run bench:faults`; {@link HELP} lists the options.
 *
 * The real Worker in workerd, a real origin process behind a proxy that cuts and delays, and heavy requests and jobs while
 * that origin is killed, stalled and cut off. Every answer is compared with what the edge itself computes, before and in peace.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { numberFlagsOf } from './support/flags.ts';
import { limitIsolates } from './support/isolates.ts';
import { growth, lows, MemoryWatch, shown } from './support/memory-watch.ts';
import { answers, freePort, HOST, Processes, seconds } from './support/processes.ts';
import { makeProject } from './support/project.ts';
import { bundle, startWorker } from './support/worker.ts';
import { useOf } from './support/workerd-process.ts';

const HELP = `Heavy requests and jobs while the origin is killed, stalled and cut off.

usage: npm run bench:faults -- [options]

  --requests n   heavy requests (default: 2000)
  --minutes n    time for which requests are sent, in place of a number of them
  --jobs n       jobs (default: 500)
  --kills n      how often the origin is killed (default: 5)
  --masks n      masks of RISE in each (default: 60)
  --help         this text

Ends with 1 when an answer is wrong, late, or neither an answer nor a clear error, or when a job does not
end, or when the heap of the isolate, the memory of workerd or that of the origin grows.`;

const { requests, minutes, jobs, kills, masks } = numberFlagsOf(HELP, {
  requests: 2000,
  minutes: 0,
  jobs: 500,
  kills: 5,
  masks: 60,
});

const SECRET = 'a secret for this measurement alone';
const DEADLINE_MS = 30_000;
/** Beyond the deadline, for the batch that was running and the way back. */
const GRACE_MS = 5_000;
const SEEDS = 16;
const CLIENTS = 32;
const SUBMITTERS = 4;
/** Maximum number of tries of a request: an origin is down for seconds. */
const MAX_ATTEMPTS = 100;
const JOBS_LIMIT_MS = 20 * 60_000;
const TOLERANCE = 1e-4;
/** Problems that say clearly that no origin could do it, or not in time. */
const CLEAR = ['origin_unavailable', 'origin_timeout', 'origin_error', 'deadline_exceeded', 'overloaded'];

limitIsolates({ collectFully: true });
const work = mkdtempSync(join(tmpdir(), 'whylight-faults-'));
const project = await makeProject();
const processes = new Processes();
const links = new Set<Socket>();
let slow = false;
let breakerChanges = 0;

const originPort = await freePort();
const proxy = createServer((client) => {
  const server = connect(originPort, HOST);
  links.add(client);
  client.on('close', () => links.delete(client));
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
  server.on('close', () => client.destroy());
  client.on('close', () => server.destroy());
  client.pipe(server);
  server.on('data', async (chunk) => {
    if (slow) await sleep(300);
    if (!client.destroyed) client.write(chunk);
  });
});
proxy.listen(0, HOST);
await once(proxy, 'listening');
let origin = await startOrigin();
const { port: proxyPort } = proxy.address() as AddressInfo;
const variables = { ORIGINS: `http://${HOST}:${proxyPort}`, ORIGIN_SECRET: SECRET };
const running = await startWorker(await bundle(project.folder), {
  state: work,
  variables,
  inspected: true,
  said: (text) => {
    breakerChanges += text.split('the breaker of an origin changed').length - 1;
  },
});
const worker = running.address;
const tally = new Map<string, number>();
const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);
const wrong: string[] = [];

try {
  console.log(`the Worker answers at ${worker}; computing what is right ...`);
  const expected: number[][] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const response = await ask(seed, { route: 'edge' });
    if (!response.ok) throw new Error(`The edge answered ${response.status}: ${await response.text()}`);
    expected.push(attributionOf((await response.json()) as Answer));
  }

  const begun = performance.now();
  const state = { asked: 0, submitted: 0, done: false };
  const limitMs = 60_000 * minutes;
  const progress = () => (limitMs > 0 ? (performance.now() - begun) / limitMs : state.asked / requests);
  const memory = new MemoryWatch({
    heap: () => running.heap?.used() ?? Promise.resolve(Number.NaN),
    workerd: running.memory,
    // It is killed again and again.
    origin: () =>
      useOf(origin.pid as number)
        .memory()
        .catch(() => Number.NaN),
  });
  const breaking = breakThings(progress, state);
  const accepted: { id: string; seed: number }[] = [];
  const asking = Array.from({ length: CLIENTS }, async () => {
    while (progress() < 1) await request(state.asked++ % SEEDS);
  });
  const submitting = Array.from({ length: SUBMITTERS }, async () => {
    while (state.submitted < jobs && progress() < 1) {
      const number = state.submitted++;
      accepted.push({ id: await submit(number), seed: number % SEEDS });
      await sleep(Math.max(50, (SUBMITTERS * limitMs) / jobs));
    }
  });
  await Promise.all([...asking, ...submitting]);
  console.log(`\n${state.asked} requests in ${seconds(performance.now() - begun)}, ${accepted.length} jobs accepted`);
  const asked = performance.now();
  await Promise.all(chunks(accepted, 8).map((some) => waitFor(some)));
  state.done = true;
  await breaking;
  memory.stop();
  console.log(`all jobs have ended ${seconds(performance.now() - asked)} later`);
  console.log(`the breaker changed ${breakerChanges} times`);
  for (const [what, times] of [...tally].sort()) console.log(`${String(times).padStart(7)}  ${what}`);
  const { heap, workerd, origin: resident } = memory.series;
  console.log(`heap of the isolate, least of each tenth, MiB: ${shown(lows(heap))}`);
  console.log(`workerd with what stands in for the platform:  ${shown(lows(workerd))}`);
  console.log(`resident memory of the origin:                 ${shown(lows(resident))}`);
  for (const line of [growth('the heap', heap), growth('workerd', workerd), growth('the origin', resident)])
    if (line) note(line);
  for (const line of wrong.slice(0, 20)) console.log(`WRONG  ${line}`);

  /** Asks as a client should: again once `Retry-After` has passed, or at once where there is none. */
  async function request(seed: number): Promise<void> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const seconds = await tryOnce(seed, attempt);
      if (seconds === undefined) return;
      await sleep(1000 * seconds);
    }
    note(`a request got no answer in ${MAX_ATTEMPTS} tries`);
  }

  /** @returns seconds until the next try; undefined when it is over */
  async function tryOnce(seed: number, attempt: number): Promise<number | undefined> {
    const from = performance.now();
    const response = await ask(seed, { route: 'origin', deadline_ms: DEADLINE_MS }).catch((error) => error as Error);
    if (response instanceof Error) return void note(`a request had no answer: ${response.message}`);
    const body = (await response.json()) as Answer & { code?: string };
    const took = performance.now() - from;
    if (took > DEADLINE_MS + GRACE_MS) note(`an answer took ${seconds(took)}`);
    if (response.ok) return void judge(attempt === 1 ? 'request' : 'request asked again', seed, body);
    if (!CLEAR.includes(body.code ?? '')) {
      return void note(`a request got ${response.status} ${JSON.stringify(body).slice(0, 200)}`);
    }
    count(`try: ${body.code}`);
    return Number(response.headers.get('Retry-After') ?? 0);
  }

  function judge(what: string, seed: number, answer: Answer): void {
    const got = attributionOf(answer);
    const right = expected[seed] as number[];
    const largest = Math.max(...right.map(Math.abs));
    const error = Math.max(...got.map((value, i) => Math.abs(value - (right[i] as number)))) / largest;
    if (got.length === right.length && error <= TOLERANCE) count(`${what}: right`);
    else note(`${what} of seed ${seed} is ${error} off`);
  }

  async function submit(number: number): Promise<string> {
    // As a client would: the same key until it is accepted.
    for (let attempt = 1; ; attempt++) {
      const headers = { 'Idempotency-Key': `job-${number}` };
      const response = await ask(number % SEEDS, { route: 'job' }, headers).catch((error) => error as Error);
      if (!(response instanceof Error) && response.status === 202) {
        return ((await response.json()) as { id: string }).id;
      }
      count('job: handed in once more');
      if (attempt === 20)
        throw new Error(
          `Job ${number} is not accepted: ${response instanceof Error ? response : await response.text()}`,
        );
      await sleep(500);
    }
  }

  async function waitFor(some: readonly { id: string; seed: number }[]): Promise<void> {
    const until = performance.now() + JOBS_LIMIT_MS;
    for (const { id, seed } of some) {
      let view = { status: 'queued' } as { status: string; attempts?: number; error?: { code: string } };
      while (view.status === 'queued' || view.status === 'running') {
        if (performance.now() > until) break;
        await sleep(500);
        const response = await fetch(`${worker}/v2/jobs/${id}`);
        if (response.ok) view = (await response.json()) as typeof view;
      }
      if ((view.attempts ?? 0) > 1) count('job: needed more than one attempt');
      if (view.status === 'succeeded') {
        judge('job', seed, (await (await fetch(`${worker}/v2/jobs/${id}/result`)).json()) as Answer);
      } else if (view.status === 'failed' && view.error) count(`job: failed with ${view.error.code}`);
      else note(`job ${id} is ${view.status}`);
    }
  }
} finally {
  proxy.close();
  for (const link of links) link.destroy();
  await running.stop();
  await processes.stop();
  await project.remove();
  rmSync(work, { recursive: true, force: true });
}
console.log(wrong.length === 0 ? 'nothing wrong' : `${wrong.length} things wrong`);
process.exit(wrong.length === 0 ? 0 : 1);

function note(what: string): void {
  wrong.push(what);
  count('WRONG');
}

interface Answer {
  readonly outputs: readonly { readonly name: string; readonly data: readonly number[] }[];
}

function attributionOf(answer: Answer): number[] {
  return [...(answer.outputs.find(({ name }) => name === 'attribution')?.data ?? [])];
}

function ask(seed: number, parameters: object, headers: Record<string, string> = {}): Promise<Response> {
  const data = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.013 * (seed + 1)));
  return fetch(`${worker}/v2/models/cifar10/explain`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
    body: JSON.stringify({
      parameters: { method: 'rise', n_masks: masks, seed, target: 3, ...parameters },
      inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data }],
    }),
  });
}

/** Kills spread over the requests; between them a stall, connections that are cut, and a slow line. */
async function breakThings(progress: () => number, state: { readonly done: boolean }): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    while (progress() < (kill + 0.5) / kills && !state.done) await sleep(100);
    const faults = [stall, cut, delay] as const;
    await (faults[kill % faults.length] as () => Promise<void>)();
    process.stdout.write('killed ');
    origin.kill('SIGKILL');
    await sleep(4_000);
    origin = await startOrigin();
  }
}

async function stall(): Promise<void> {
  process.stdout.write('stalled ');
  origin.kill('SIGSTOP');
  await sleep(12_000);
  origin.kill('SIGCONT');
}

async function cut(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    process.stdout.write('cut ');
    for (const link of links) link.destroy();
    await sleep(300);
  }
}

async function delay(): Promise<void> {
  process.stdout.write('slow ');
  slow = true;
  await sleep(5_000);
  slow = false;
}

async function startOrigin(): Promise<ChildProcess> {
  const options = ['--port', `${originPort}`, '--model', 'models/cifar10', '--provider', 'cpu', '--waiting', '64'];
  const child = spawn(process.execPath, ['src/cli/whylight.mjs', 'serve', ...options], {
    env: { ...process.env, WHYLIGHT_ORIGIN_SECRET: SECRET },
    stdio: 'ignore',
  });
  processes.add(child);
  await answers(`http://${HOST}:${originPort}/v2/health/live`, child);
  return child;
}

function chunks<T>(items: readonly T[], into: number): T[][] {
  return Array.from({ length: into }, (_, k) => items.filter((_, i) => i % into === k));
}
