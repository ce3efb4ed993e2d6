/**
 * What the edge costs beside the engine: `npm run bench:edge`; {@link HELP} lists the options.
 *
 * The real Worker in workerd over loopback: the first answer of a cold process, answers that are computed, hits of the cache,
 * and 304; and what a thousand tenants and a hundred plugins more change of that.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import encodeJpeg, { init as initJpeg } from '@jsquash/jpeg/encode.js';
import autocannon from 'autocannon';
import { OFFLINE_WRANGLER, PINNED_NODE } from '../scripts/tools.mjs';
import { resize } from '../src/core/image/resize.ts';
import { nodeCodecs } from '../src/node/codecs.ts';
import { Processes } from './support/processes.ts';
import { makeProject, type ProjectOptions } from './support/project.ts';

const HELP = `What the edge costs beside the engine.

usage: npm run bench:edge -- [model.onnx ...] [options]

  model.onnx      models that take pictures, beside the embedded one
  --repeat n      answers of each kind (default: 30)
  --accept type   of the answers (default: application/octet-stream)
  --crowd         also with 1,000 tenants and 100 plugins more
  --help          this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeat: { type: 'string', default: '30' },
    accept: { type: 'string', default: 'application/octet-stream' },
    crowd: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const repeat = Number(values.repeat);
const METHODS = ['saliency', 'grad_cam', 'occlusion'] as const;
const photo = await jpeg(1000, 750);
const processes = new Processes();

try {
  await measure('embedded model', 'cifar10', {});
  for (const model of positionals) await measure(model, 'bench', { model });
  if (values.crowd)
    await measure('embedded model, 1,000 tenants and 100 plugins more', 'cifar10', { tenants: 1000, plugins: 100 });
} finally {
  await processes.stop();
}

async function measure(title: string, model: string, options: ProjectOptions): Promise<void> {
  const project = await makeProject(options);
  const state = mkdtempSync(join(tmpdir(), 'whylight-edge-'));
  try {
    console.log(`\n${title}\n  bundle: ${bundle(project.folder)}`);
    const worker = await processes.worker(project.folder, state);
    const path = `${worker.address}/v2/models/${model}/explain`;
    const first = await one(`${path}?method=saliency`);
    const floor = first.engine;
    console.log(
      `  cold first answer (saliency): ${ms(first.wall)}, of that compiling, loading and running ${ms(floor)}: ${(first.wall / floor).toFixed(2)} times`,
    );
    for (const method of METHODS) {
      await one(`${path}?method=${method}`);
      const answers: Awaited<ReturnType<typeof one>>[] = [];
      for (let i = 0; i < repeat; i++) answers.push(await one(`${path}?method=${method}`));
      const over = percentile(
        answers.map(({ wall, run }) => wall - run),
        0.5,
      );
      const run = percentile(
        answers.map(({ run }) => run),
        0.5,
      );
      const parts = Object.entries(answers[0]?.timing ?? {}).map(([name]) => {
        return `${name} ${ms(
          percentile(
            answers.map(({ timing }) => timing[name] ?? 0),
            0.5,
          ),
        )}`;
      });
      console.log(
        `  ${method.padEnd(10)} p50 ${ms(
          percentile(
            answers.map(({ wall }) => wall),
            0.5,
          ),
        )}, p99 ${ms(
          percentile(
            answers.map(({ wall }) => wall),
            0.99,
          ),
        )}; ` +
          `engine ${ms(run)}, beside it ${ms(over)} (10 % and 5 ms are ${ms(0.1 * run + 5)}); ${parts.join(', ')}`,
      );
    }
    await repeated(`${path}?method=grad_cam`);
  } finally {
    await processes.stop();
    await project.remove();
    rmSync(state, { recursive: true, force: true });
  }
}

/** Hits of the cache, 304, and how many of the first there are in a second. */
async function repeated(url: string): Promise<void> {
  const headers = { 'Content-Type': 'image/jpeg', Accept: values.accept };
  const ask = (more: Record<string, string> = {}) => timed(url, { ...headers, ...more });
  const { response } = await ask();
  const etag = response.headers.get('ETag') ?? '';
  const [hits, unchanged] = [[], []] as [number[], number[]];
  for (let i = 0; i < 2 * repeat; i++) {
    const hit = await ask();
    if (hit.response.headers.get('X-Whylight-Cache') !== 'hit') throw new Error('A repeated question was no hit.');
    hits.push(hit.wall);
  }
  // fetch() would add Cache-Control: no-cache to a request with If-None-Match.
  const conditional = await load(url, { ...headers, 'If-None-Match': etag }, 1, 3);
  if (conditional.non2xx === 0) throw new Error('No answer was 304.');
  unchanged.push(conditional.latency.p50);
  const full = await load(url, headers, 10, 5);
  console.log(
    `  cache hit p50 ${ms(percentile(hits, 0.5))}; 304 p50 ${ms(unchanged[0] as number)}; ${full.requests.average.toFixed(0)} hits a second at 10 connections`,
  );
}

function load(url: string, headers: Record<string, string>, connections: number, duration: number) {
  return autocannon({ url, method: 'POST', headers, body: Buffer.from(photo), connections, duration });
}

async function timed(url: string, headers: Record<string, string>) {
  const started = performance.now();
  const response = await fetch(url, { method: 'POST', headers, body: photo });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return { response, wall: performance.now() - started };
}

/** One answer that is computed. */
async function one(url: string) {
  const { response, wall } = await timed(url, {
    'Content-Type': 'image/jpeg',
    Accept: values.accept,
    'Cache-Control': 'no-store',
  });
  const timing: Record<string, number> = {};
  for (const part of (response.headers.get('Server-Timing') ?? '').split(',')) {
    const [, name = '', duration] = /^\s*([\w-]+).*?dur=([\d.]+)/.exec(part) ?? [];
    if (name) timing[name] = Number(duration);
  }
  const { compile = 0, session = 0, run = 0 } = timing;
  return { wall, run, timing, engine: compile + session + run };
}

/** As a deployment would upload it. */
function bundle(folder: string): string {
  const said = execFileSync(
    join(process.cwd(), PINNED_NODE),
    ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--dry-run', '--outdir', join(folder, 'dry')],
    {
      cwd: folder,
      env: { ...process.env, ...OFFLINE_WRANGLER },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return /Total Upload: (.*)/.exec(said)?.[1] ?? 'unknown';
}

/** The cat, made larger. */
async function jpeg(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const { resolve } = createRequire(import.meta.url);
  const wasm = await WebAssembly.compile(readFileSync(resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm')));
  await (initJpeg as (module: WebAssembly.Module) => Promise<void>)(wasm);
  const cat = await nodeCodecs().decode(readFileSync('examples/photos/cat.jpg'));
  const large = resize({ ...cat, channels: 4 }, width, height, 'bilinear');
  return new Uint8Array(await encodeJpeg(large as never, { quality: 85 }));
}

function percentile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
