/**
 * Cost of the edge beside the engine: `npm run bench:edge`; {@link HELP} lists the options.
 *
 * The real Worker in workerd over loopback, bundled as for a deployment and with no proxy before it. What is compared is
 * asked in turns: the first answer of a fresh process with onnxruntime's own first run, hits of KV with a Worker that only
 * reads them, and all of it with a Worker of a thousand tenants and a hundred plugins more.
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { OFFLINE_WRANGLER, PINNED_NODE } from '../scripts/tools.mjs';
import { type Answered, post, serverTiming } from './support/ask.ts';
import { catJpeg } from './support/bench-image.ts';
import { type Asked, coldTimes, type EngineRun, engineAsked, engineRun, tensorAsked } from './support/cold-starts.ts';
import { flagsOf } from './support/flags.ts';
import { makeProject, type Project } from './support/project.ts';
import { type Bundle, bundle, type RunningWorker, startWorker } from './support/worker.ts';

const HELP = `What the edge costs beside the engine.

usage: npm run bench:edge -- [model.onnx ...] [options]

  model.onnx      models that take images, beside the embedded one
  --repeat n      answers of each kind (default: 30)
  --starts n      fresh processes (default: 5)
  --cold          the fresh processes alone
  --assets        fresh processes also without the bindings that Miniflare simulates beside the Worker
  --accept type   of the answers (default: application/octet-stream)
  --crowd         also a Worker with 1,000 tenants and 100 plugins more, in turns with the real one
  --help          this text`;

const { values, positionals } = flagsOf(HELP, {
  repeat: { type: 'string', default: '30' },
  starts: { type: 'string', default: '5' },
  accept: { type: 'string', default: 'application/octet-stream' },
  crowd: { type: 'boolean' },
  cold: { type: 'boolean' },
  assets: { type: 'boolean' },
});
const [repeat, starts] = [Number(values.repeat), Number(values.starts)];
const METHODS = ['saliency', 'grad_cam', 'occlusion'] as const;
const IMAGE_REQUEST = { 'Content-Type': 'image/jpeg', Accept: values.accept };
const ANEW = { ...IMAGE_REQUEST, 'Cache-Control': 'no-store' };
const image = await catJpeg(1000, 750);
console.log(`JPEG of 1000x750, ${(image.length / 1024).toFixed(0)} KiB; medians`);

await measure('embedded model', 'cifar10', 'models/cifar10/model.onnx');
for (const file of positionals) await measure(file, 'bench', file, file);

async function measure(title: string, name: string, file: string, model?: string): Promise<void> {
  console.log(`\n${title}`);
  const projects = [await makeProject(model === undefined ? {} : { model })];
  if (values.crowd) projects.push(await makeProject({ tenants: 1000, plugins: 100, ...(model && { model }) }));
  try {
    const bundles = await Promise.all(projects.map(({ folder }) => bundle(folder)));
    for (const [i, { gzipBytes }] of bundles.entries()) {
      console.log(
        `${crowded(i)}  bundle ${(gzipBytes / 1e6).toFixed(3)} MB gzip, start-up ${startUp(projects[i]?.folder as string)} of work`,
      );
    }
    const run = await engineRun(projects[0] as Project, file, name);
    await coldStarts(bundles, run, `/v2/models/${name}/explain?method=saliency`);
    if (values.cold) return;
    await warmAnswers(bundles, `/v2/models/${name}/explain`);
    await keptAnswers(projects[0] as Project, bundles, `/v2/models/${name}/explain?method=saliency`);
  } finally {
    for (const project of projects) await project.remove();
  }
}

function crowded(i: number): string {
  return i === 0 ? '' : '  crowd:';
}

/** Milliseconds of work, of three profiles the least: what else the machine does only ever adds to it. */
function startUp(folder: string): string {
  const active = Array.from({ length: 3 }, () => {
    const arguments_ = [
      'node_modules/wrangler/bin/wrangler.js',
      'check',
      'startup',
      '--outfile',
      join(folder, 'profile'),
    ];
    const said = execFileSync(join(process.cwd(), PINNED_NODE), arguments_, {
      cwd: folder,
      env: { ...process.env, ...OFFLINE_WRANGLER },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(/Active: ([\d.]+) ms/.exec(said)?.[1]);
  });
  return ms(Math.min(...active));
}

/** The first answers of fresh processes, of each kind in turns. */
async function coldStarts(bundles: readonly Bundle[], run: EngineRun, path: string): Promise<void> {
  const whole = bundles.flatMap((each): Asked[] => [
    tensorAsked(each, path, run),
    { title: 'JPEG', from: each, ask: (address) => post(`${address}${path}`, ANEW, image) },
  ]);
  const alone = values.assets ? whole.slice(0, 2).map(withAssetsAlone) : [];
  const kinds = [...whole, ...alone];
  const [engine, ...ours] = await coldTimes([engineAsked(run), ...kinds], starts);
  if (!engine) return;
  console.log(`  onnxruntime's boot, session and first run of the same graph: ${spread(engine.wall)}`);
  for (const [i, { title, wall, cpu, start }] of ours.entries()) {
    const bundled = i < whole.length ? Math.floor(i / 2) : 0;
    const times = (own: readonly number[], others: readonly number[]) =>
      own.map((value, k) => value / (others[k] as number));
    console.log(
      `${crowded(bundled)}  cold first answer, ${title}: ${spread(wall)}; ` +
        `${share(times(wall, engine.wall))} times the engine alone, ${share(times(cpu, engine.cpu))} in processor time ` +
        `(${ms(median(cpu))} of ${ms(median(engine.cpu))}; ${ms(median(start))} of ${ms(median(engine.start))} before the request)`,
    );
  }
}

/** The same of a Worker that has no more bindings than that of the engine. */
function withAssetsAlone({ title, ...asked }: Asked): Asked {
  return { ...asked, title: `${title}, assets the only binding`, options: { onlyAssets: true } };
}

/** Answers that are computed. */
async function warmAnswers(bundles: readonly Bundle[], path: string): Promise<void> {
  const workers = await Promise.all(bundles.map((each) => startWorker(each)));
  try {
    for (const method of METHODS) {
      const answers: Answered[][] = workers.map(() => []);
      for (let i = -2; i < repeat; i++) {
        for (const [k, { address }] of workers.entries()) {
          const answer = await ok(post(`${address}${path}?method=${method}`, ANEW, image));
          if (i >= 0) answers[k]?.push(answer);
        }
      }
      const walls = answers.map((each) => each.map(({ wall }) => wall));
      for (const [i, each] of answers.entries()) {
        const of = (name: string) => mean(each.map((answer) => serverTiming(answer)[name] ?? 0));
        const engine = of('engine');
        const beside = median(each.map((answer) => answer.wall - (serverTiming(answer).engine ?? 0)));
        console.log(
          `${crowded(i)}  ${method.padEnd(10)}p50 ${ms(median(walls[i] ?? []))}, p99 ${ms(percentile(walls[i] ?? [], 0.99))}; ` +
            `engine ${ms(engine)}, beside it ${ms(beside)} (10 % and 5 ms are ${ms(0.1 * engine + 5)}): ` +
            `decoding ${ms(of('decode'))}, the method ${ms(of('run') - engine)}${against(walls[i] ?? [], walls[0], i)}`,
        );
      }
    }
    await unchanged(workers, `${path}?method=grad_cam`);
  } finally {
    for (const worker of workers) await worker.stop();
  }
}

/** 304, and how many hits of the near cache there are in a second. */
async function unchanged(workers: readonly RunningWorker[], path: string): Promise<void> {
  const walls: number[][] = workers.map(() => []);
  const tags = await Promise.all(
    workers.map(async ({ address }) =>
      String((await ok(post(`${address}${path}`, IMAGE_REQUEST, image))).headers.etag),
    ),
  );
  for (let i = 0; i < 4 * repeat; i++) {
    for (const [k, { address }] of workers.entries()) {
      const headers = { ...IMAGE_REQUEST, 'If-None-Match': tags[k] as string };
      walls[k]?.push((await ok(post(`${address}${path}`, headers, image), 304)).wall);
    }
  }
  for (const [i, { address }] of workers.entries()) {
    const { requests } = await autocannon({
      url: `${address}${path}`,
      method: 'POST',
      headers: IMAGE_REQUEST,
      body: Buffer.from(image),
      connections: 10,
      duration: 5,
    });
    console.log(
      `${crowded(i)}  304 p50 ${ms(median(walls[i] ?? []))}; ${requests.average.toFixed(0)} hits a second at 10 connections` +
        against(walls[i] ?? [], walls[0], i),
    );
  }
}

/**
 * Answers that another location computed: they are in KV, and not in the near cache. Our own time is what remains when a
 * Worker that takes the same body, looks into the same two places and sends back what it found is taken away.
 */
async function keptAnswers(project: Project, bundles: readonly Bundle[], path: string): Promise<void> {
  const bare = await bundle(project.folder, 'bench/workers/bare.toml');
  const state = await mkdtemp(join(tmpdir(), 'whylight-edge-'));
  const workers: RunningWorker[] = [];
  try {
    const computing = await startWorker(bundles[0] as Bundle, { state: join(state, 'first') });
    const keys: string[] = [];
    for (let seed = 0; seed < 2 * repeat; seed++) {
      const headers = { ...IMAGE_REQUEST, Accept: 'application/json' };
      const { body } = await ok(post(`${computing.address}${path}&seed=${seed}`, headers, image));
      keys.push(JSON.parse(body.toString()).parameters.cache_key);
    }
    await sleep(1000); // what is written into KV begins when the answer has left
    await computing.stop();
    await rm(join(state, 'first', 'cache'), { recursive: true });
    const walls: number[][] = [];
    for (const [i, each] of [...bundles, bare].entries()) {
      await cp(join(state, 'first'), join(state, `${i}`), { recursive: true });
      workers.push(await startWorker(each, { state: join(state, `${i}`) }));
      walls.push([]);
    }
    for (let seed = 0; seed < keys.length; seed++) {
      for (const [i, { address }] of workers.entries()) {
        const ours = i < bundles.length;
        const url = ours ? `${address}${path}&seed=${seed}` : `${address}/kept?key=${keys[seed]}`;
        const answer = await ok(post(url, IMAGE_REQUEST, image));
        if (ours && answer.headers['x-whylight-cache'] !== 'hit') throw new Error('A kept answer was no hit.');
        if (seed > 1) walls[i]?.push(answer.wall);
      }
    }
    const read = walls.pop() ?? [];
    for (const [i, each] of walls.entries()) {
      const own = each.map((wall, k) => wall - (read[k] as number));
      console.log(
        `${crowded(i)}  KV hit p50 ${ms(median(each))}, of that our own ${ms(median(own))}${against(each, walls[0], i)}`,
      );
    }
  } finally {
    for (const worker of workers) await worker.stop();
    await rm(state, { recursive: true, force: true });
  }
}

async function ok(asked: Promise<Answered>, status = 200): Promise<Answered> {
  const answer = await asked;
  if (answer.status !== status)
    throw new Error(`Answered ${answer.status}, not ${status}: ${answer.body.subarray(0, 500)}`);
  return answer;
}

/** Extra cost of a crowd: the median of the ratios of what was asked in turns. */
function against(walls: readonly number[], alone: readonly number[] | undefined, i: number): string {
  if (i === 0 || !alone) return '';
  const more = median(walls.map((wall, k) => wall / (alone[k] as number))) - 1;
  return `; ${more < 0 ? '' : '+'}${(100 * more).toFixed(1)} %`;
}

function percentile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
}

function median(list: readonly number[]): number {
  return percentile(list, 0.5);
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

/** Median and 95th percentile of milliseconds. */
function spread(list: readonly number[]): string {
  return `${ms(median(list))} (p95 ${ms(percentile(list, 0.95))})`;
}

/** Median and 95th percentile of ratios. */
function share(list: readonly number[]): string {
  return `${median(list).toFixed(2)} (p95 ${percentile(list, 0.95).toFixed(2)})`;
}
