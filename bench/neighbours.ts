/**
 * Two tenants of one Worker: `npm run bench:neighbours`; {@link HELP} lists the options.
 *
 * One tenant asks for cached answers and the list of models, first alone, then while the other uploads hostile models and
 * asks heavy questions, which an origin computes. Its p99 must stay within twice its quiet value.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PINNED_NODE } from '../scripts/tools.mjs';
import { Draw } from '../test/fuzz/draw.ts';
import { mutateBytes } from '../test/fuzz/mutate-bytes.ts';
import { numberFlagsOf } from './support/flags.ts';
import { makeOperatedProject, OPERATOR_KEY } from './support/operated-project.ts';
import { answers, freePort, HOST, Processes } from './support/processes.ts';
import { bundle, startWorker } from './support/worker.ts';

const HELP = `p99 of one tenant while another one misbehaves.

usage: npm run bench:neighbours -- [options]

  --seconds n   time with the noisy tenant (default: 300)
  --quiet n     time without it, before (default: 60)
  --pause n     milliseconds between two requests of the quiet tenant (default: 100)
  --heavy n     heavy questions at the same time (default: 2)
  --seed n      of the hostile models (default: 1)
  --help        this text

Ends with 1 when a p99 exceeds twice its quiet value, or when the quiet tenant gets no answer.`;

const flags = numberFlagsOf(HELP, { seconds: 300, quiet: 60, pause: 100, heavy: 2, seed: 1 });
const SECRET = 'a secret for this measurement alone';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_RATIO = 2;
const work = mkdtempSync(join(tmpdir(), 'whylight-neighbours-'));
const project = await makeOperatedProject();
const processes = new Processes();
const origin = await startOrigin();
const worker = await startWorker(await bundle(project.folder), {
  variables: { ORIGINS: origin, ORIGIN_SECRET: SECRET },
});
const photo = readFileSync(join(ROOT, 'examples/photos/cat.jpg'));
const model = readFileSync(join(ROOT, 'models/cifar10/model.onnx'));

try {
  const [quiet, noisy] = [await newTenant('quiet'), await newTenant('noisy')];
  await hit(quiet);
  const before = await measure(quiet, flags.quiet);
  const noise = { over: false, uploads: 0, questions: 0, statuses: new Map<number, number>() };
  const heavy = Array.from({ length: flags.heavy }, (_, i) => askHeavy(noisy, noise, i));
  const uploading = uploadHostile(noisy, noise);
  const during = await measure(quiet, flags.seconds);
  noise.over = true;
  await Promise.allSettled([...heavy, uploading]);
  const statuses = [...noise.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} x ${status}`);
  console.log(`noise: ${noise.uploads} hostile uploads, ${noise.questions} heavy questions (${statuses.join(', ')})`);
  for (const name of ['cache hit', '/v2/models'] as const) {
    const [alone, beside] = [before[name], during[name]];
    const ratio = percentile(beside, 0.99) / percentile(alone, 0.99);
    console.log(`${name}: ${row(alone)} alone, ${row(beside)} beside the noise; p99 ratio ${ratio.toFixed(2)}`);
    if (!(ratio <= MAX_RATIO)) process.exitCode = 1;
  }
} finally {
  await worker.stop();
  await processes.stop();
  await project.remove();
  rmSync(work, { recursive: true, force: true });
}

async function startOrigin(): Promise<string> {
  const port = await freePort();
  const flags = ['--port', String(port), '--uploads', join(work, 'uploads'), '--threads', '1', '--runs', '2'];
  const options = { cwd: ROOT, stdio: 'ignore', env: { ...process.env, WHYLIGHT_ORIGIN_SECRET: SECRET } } as const;
  const child = processes.add(spawn(PINNED_NODE, [join(ROOT, 'src/cli/main.ts'), 'serve', ...flags], options));
  await answers(`http://${HOST}:${port}/v2/health/live`, child);
  return `http://${HOST}:${port}`;
}

async function newTenant(id: string): Promise<string> {
  const headers = { 'X-Api-Key': OPERATOR_KEY, 'Content-Type': 'application/json' };
  await fetch(`${worker.address}/admin/tenants/${id}`, { method: 'PUT', headers, body: '{}' });
  const body = JSON.stringify({ scopes: ['predict', 'explain', 'admin'] });
  const made = await fetch(`${worker.address}/admin/tenants/${id}/keys`, { method: 'POST', headers, body });
  return ((await made.json()) as { key: string }).key;
}

async function explain(key: string, query: string): Promise<Response> {
  const response = await fetch(`${worker.address}/v2/models/cifar10/explain?${query}`, {
    method: 'POST',
    headers: { 'X-Api-Key': key, 'Content-Type': 'image/jpeg' },
    body: photo,
  });
  await response.arrayBuffer();
  return response;
}

/** @throws Error for anything but an answer */
async function hit(key: string): Promise<void> {
  const { status } = await explain(key, 'method=grad_cam');
  if (status !== 200) throw new Error(`The quiet tenant got ${status}.`);
}

/** Milliseconds of each request, by kind. */
async function measure(key: string, seconds: number) {
  const times = { 'cache hit': [] as number[], '/v2/models': [] as number[] };
  const timed = async (name: keyof typeof times, ask: () => Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await ask();
    times[name].push(performance.now() - started);
    await sleep(flags.pause);
  };
  for (const until = performance.now() + 1000 * seconds; performance.now() < until; ) {
    await timed('cache hit', () => hit(key));
    await timed('/v2/models', async () =>
      (await fetch(`${worker.address}/v2/models`, { headers: { 'X-Api-Key': key } })).arrayBuffer(),
    );
  }
  return times;
}

interface Noise {
  over: boolean;
  uploads: number;
  questions: number;
  readonly statuses: Map<number, number>;
}

function count({ statuses }: Noise, status: number): void {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
}

/** Uploads one mutated model after the other. */
async function uploadHostile(key: string, noise: Noise): Promise<void> {
  for (let run = 0; !noise.over; run++) {
    const body = mutateBytes(new Uint8Array(model), new Draw(flags.seed, run), [new Uint8Array(model)]);
    const response = await fetch(`${worker.address}/v2/models/hostile-${run}/versions/1`, {
      method: 'PUT',
      headers: { 'X-Api-Key': key, 'Content-Type': 'application/octet-stream' },
      body: body as Uint8Array<ArrayBuffer>,
    });
    await response.arrayBuffer();
    noise.uploads += 1;
    count(noise, response.status);
  }
}

/** Asks one heavy question after the other, which the origin computes. */
async function askHeavy(key: string, noise: Noise, client: number): Promise<void> {
  for (let run = 0; !noise.over; run++) {
    const { status } = await explain(key, `method=rise&n_masks=4000&seed=${1000 * client + run}&route=origin`);
    noise.questions += 1;
    count(noise, status);
  }
}

function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

function row(times: readonly number[]): string {
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)].map((ms) => ms.toFixed(1));
  return `${times.length} requests, p50 ${p50} ms, p99 ${p99} ms`;
}
