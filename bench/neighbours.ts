/**
 * Two tenants of one Worker: `npm run bench:neighbours`; {@link HELP} lists the options.
 *
 * One tenant asks for cached answers and the list of models, in turn alone and while the other uploads hostile models and
 * asks heavy questions, which an origin computes. Its p99 must stay within twice its quiet value. The Worker has a process
 * to itself: origin, R2 buckets and both tenants have their own. Where there are two processors, it has one of them to
 * itself, as it has machines of its own in production; the others share the second, the measured clients first.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberFlagsOf } from './support/flags.ts';
import type { Answers } from './support/noise-process.ts';
import { makeOperatedProject, OPERATOR_KEY } from './support/operated-project.ts';
import { Processes } from './support/processes.ts';
import { bindTo, hasTwo } from './support/processor.ts';
import type { Times } from './support/quiet-process.ts';
import {
  OTHER_PROCESSOR,
  startBuckets,
  startNoisyTenant,
  startOrigin,
  startQuietTenant,
} from './support/surroundings.ts';
import { bundle, startWorker } from './support/worker.ts';

const HELP = `p99 of one tenant while another one misbehaves.

usage: npm run bench:neighbours -- [options]

  --seconds n   time with the noisy tenant, and as long without it (default: 300)
  --rounds n    parts in which both times alternate (default: 5)
  --pause n     milliseconds between two requests of the quiet tenant (default: 100)
  --heavy n     heavy questions at the same time (default: 2)
  --origin n    1 with an origin, 0 without: heavy questions are refused then (default: 1)
  --apart n     1 with R2 buckets in a process of their own, 0 with Miniflare's, which run in the process of the Worker
                (default: 1)
  --seed n      of the hostile models (default: 1)
  --help        this text

Ends with 1 when a p99 exceeds twice its quiet value, or when the quiet tenant gets no answer.`;

const flags = numberFlagsOf(HELP, { seconds: 300, rounds: 5, pause: 100, heavy: 2, origin: 1, apart: 1, seed: 1 });
const SECRET = 'a secret for this measurement alone';
const MAX_RATIO = 2;
const KINDS = ['cache hit', '/v2/models'] as const satisfies readonly (keyof Times)[];

const work = mkdtempSync(join(tmpdir(), 'whylight-neighbours-'));
const project = await makeOperatedProject();
const processes = new Processes();
const variables: Record<string, string> = flags.origin
  ? { ORIGINS: await startOrigin(processes, join(work, 'uploads'), SECRET), ORIGIN_SECRET: SECRET }
  : {};
const buckets = flags.apart ? await startBuckets(processes) : undefined;
const worker = await startWorker(await bundle(project.folder), { variables, ...(buckets && { buckets }) });

try {
  if (hasTwo()) {
    bindTo(0, worker.pid);
    bindTo(OTHER_PROCESSOR, process.pid);
  }
  const [quiet, noisy] = [await newTenant('quiet'), await newTenant('noisy')];
  const { address } = worker;
  const noise = startNoisyTenant(processes, { address, key: noisy, seed: flags.seed, heavy: flags.heavy });
  let answers: Answers = [];
  const measured = startQuietTenant(processes, { address, key: quiet, pause: flags.pause });
  const measure = async (seconds: number, times: Times): Promise<void> => {
    const found = await measured.measure(seconds);
    for (const name of KINDS) times[name].push(...found[name]);
  };
  await measure(1, noTimes());
  const [alone, beside] = [noTimes(), noTimes()];
  const taken = { alone: 0, beside: 0 };
  for (let round = 0; round < flags.rounds; round++) {
    const started = await worker.processorTime();
    await measure(flags.seconds / flags.rounds, alone);
    const between = await worker.processorTime();
    noise.start();
    await measure(flags.seconds / flags.rounds, beside);
    answers = await noise.stop();
    taken.alone += between - started;
    taken.beside += (await worker.processorTime()) - between;
  }
  const sent = answers.toSorted().map(([name, count]) => `${count} x ${name}`);
  console.log(`noise: ${sent.join(', ')}`);
  console.log(`processor time of workerd: ${ms(taken.alone)} ms alone, ${ms(taken.beside)} ms beside the noise`);
  for (const name of KINDS) {
    const ratio = percentile(beside[name], 0.99) / percentile(alone[name], 0.99);
    console.log(`${name}: ${row(alone[name])} alone, ${row(beside[name])} beside; p99 ratio ${ratio.toFixed(2)}`);
    if (!(ratio <= MAX_RATIO)) process.exitCode = 1;
  }
} finally {
  await worker.stop();
  await processes.stop();
  await project.remove();
  rmSync(work, { recursive: true, force: true });
}

async function newTenant(id: string): Promise<string> {
  const headers = { 'X-Api-Key': OPERATOR_KEY, 'Content-Type': 'application/json' };
  await fetch(`${worker.address}/admin/tenants/${id}`, { method: 'PUT', headers, body: '{}' });
  const body = JSON.stringify({ scopes: ['predict', 'explain', 'admin'] });
  const made = await fetch(`${worker.address}/admin/tenants/${id}/keys`, { method: 'POST', headers, body });
  return ((await made.json()) as { key: string }).key;
}

/** Nanoseconds as milliseconds. */
function ms(nanoseconds: number): string {
  return (nanoseconds / 1e6).toFixed(0);
}

function noTimes(): Times {
  return { 'cache hit': [], '/v2/models': [] };
}

function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

function row(times: readonly number[]): string {
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)].map((ms) => ms.toFixed(1));
  return `${times.length} requests, p50 ${p50} ms, p99 ${p99} ms`;
}
