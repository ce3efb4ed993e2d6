/**
 * Throughput of an origin: `npm run bench:origin -- [model.onnx]`; {@link HELP} lists the options.
 *
 * The same rows of a model: one by one and in the origin's own batches on the bare engine, at the edge, and as
 * explanations at a real origin process over loopback. And what the way through the edge adds to that to the origin.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Session } from '../src/core/engine/engine.ts';
import type { Explanation } from '../src/core/explainer/explanation.ts';
import type { ExplainRequest } from '../src/core/explainer/request.ts';
import { PROCESS_LIMITS } from '../src/core/limits.ts';
import { Model } from '../src/core/model/model.ts';
import { compileVariant, graphFile } from '../src/core/plan/compile-variant.ts';
import { batchSize } from '../src/core/plan/machine-memory.ts';
import { peakRowBytes } from '../src/core/plan/memory.ts';
import { resolveNeeds } from '../src/core/plan/variant.ts';
import { Random } from '../src/core/tensor/random.ts';
import { float32, sizeOf, type Tensor } from '../src/core/tensor/tensor.ts';
import { OriginClient } from '../src/edge/origin/origin-client.ts';
import { OriginRunner } from '../src/edge/origin/origin-runner.ts';
import { folderModels } from '../src/node/model-folders.ts';
import { onnxruntimeNode } from '../src/node/onnxruntime-node.ts';
import { HEADER_LENGTH } from '../src/protocol/open-inference.ts';
import { encodeRequest } from '../src/protocol/open-inference-client.ts';
import { post } from './support/ask.ts';
import { flagsOf } from './support/flags.ts';
import { makeProject } from './support/project.ts';
import { bundle, startWorker } from './support/worker.ts';

const HELP = `What an origin is worth, next to the bare engine.

usage: npm run bench:origin -- [model.onnx] [options]

  --masks n    masks of RISE (default: 4000)
  --steps n    steps of integrated gradients (default: 256)
  --turns n    how often bare engine and origin take turns (default: 3)
  --json       all figures as JSON
  --help       this text

All engines but the edge's use every core. "of batches": rows a second of the whole explanation over those of the bare
engine, median of the turns. "in the engine": the share of the explanation's time that the origin's own engine ran.`;

const { values, positionals } = flagsOf(HELP, {
  masks: { type: 'string', default: '4000' },
  steps: { type: 'string', default: '256' },
  turns: { type: 'string', default: '3' },
  json: { type: 'boolean' },
});

const SECRET = 'a secret for this measurement alone';
/** Milliseconds of the bare engine in each turn; a single run may take longer. */
const BARE_MS = 3_000;
const [masks, steps, turns] = [Number(values.masks), Number(values.steps), Number(values.turns)];
const [file] = positionals;
const project = await makeProject(file === undefined ? {} : { model: file });
const name = file === undefined ? 'cifar10' : 'bench';
const folder = join(project.folder, 'models', name);
const model = Object.assign(await Model.read(await folderModels({ [name]: folder }).open(name)), { name });
const [input] = model.info().inputs;
if (!input) throw new Error('The model has no input.');
const dims = input.dims.map(Number);
const image = float32([1, ...dims], new Random(1).normal(sizeOf(dims)));

const origin = spawn(
  process.execPath,
  ['src/cli/whylight.mjs', 'serve', '--port', '0', '--model', folder, '--provider', 'cpu'],
  {
    env: { ...process.env, WHYLIGHT_ORIGIN_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
try {
  const url = await addressOf();
  const worker = await startWorker(await bundle(project.folder), {
    variables: { ORIGINS: url, ORIGIN_SECRET: SECRET },
  });
  try {
    const figures = await throughput(
      new OriginRunner(new OriginClient({ urls: [url], secret: SECRET })),
      worker.address,
    );
    const ways = await overhead(url, worker.address);
    if (values.json) console.log(JSON.stringify({ model: name, figures, ways }));
    else print(figures, ways);
  } finally {
    await worker.stop();
  }
} finally {
  origin.kill('SIGTERM');
  await project.remove();
}

interface Figures {
  readonly title: string;
  /** Rows a second. */
  readonly naive: number;
  readonly edge: number;
  readonly bare: number;
  readonly origin: number;
  readonly batch: number;
  /** Medians of the turns. */
  readonly ofBare: number;
  readonly inEngine: number;
}

async function throughput(runner: OriginRunner, edge: string): Promise<Figures[]> {
  const ask = async (request: Omit<ExplainRequest, 'inputs'>): Promise<{ ms: number; explanation: Explanation }> => {
    const started = performance.now();
    const explanation = await runner.explain(
      model,
      { ...request, inputs: { [(input as { name: string }).name]: image } },
      { rights: { methods: '*', parameters: {} } },
    );
    return { ms: performance.now() - started, explanation };
  };
  const workloads = [
    { method: 'rise', params: { n_masks: masks }, small: { n_masks: 50 }, gradient: false },
    { method: 'integrated_gradients', params: { n_steps: steps }, small: { n_steps: 16 }, gradient: true },
    {
      method: 'occlusion',
      params: { sliding_window_shape: [15], strides: [8] },
      small: { sliding_window_shape: [15], strides: [15] },
      gradient: false,
    },
  ];
  const figures: Figures[] = [];
  for (const { method, params, small, gradient } of workloads) {
    const bareEngine = await openBare(gradient);
    const naive = await bareEngine.rate(1);
    // Prepared once, as it would be; that costs as much with few rows.
    await ask({ method, params: small });
    const seen: { bare: number; there: number; ofBare: number; inEngine: number }[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const before = await bareEngine.rate(bareEngine.batch);
      const { ms, explanation } = await ask({ method, params });
      const after = await bareEngine.rate(bareEngine.batch);
      const { forwards, backwards } = explanation.samples;
      const [bare, there] = [(before + after) / 2, (1000 * (forwards + backwards)) / ms];
      seen.push({ bare, there, ofBare: there / bare, inEngine: explanation.timings.engine / ms });
    }
    await bareEngine.session.release();
    figures.push({
      title: `${method} ${Object.values(params).flat().join(' ')}`,
      naive,
      edge: await edgeRate(edge, method, small),
      bare: median(seen.map((one) => one.bare)),
      origin: median(seen.map((one) => one.there)),
      batch: bareEngine.batch,
      ofBare: median(seen.map((one) => one.ofBare)),
      inEngine: median(seen.map((one) => one.inEngine)),
    });
  }
  return figures;
}

/** Rows a second at the edge, of an explanation that is small enough for it. */
async function edgeRate(edge: string, method: string, params: Readonly<Record<string, unknown>>): Promise<number> {
  const rate = async (): Promise<number> => {
    const { ms, samples } = await explainAt(edge, { method, ...flat(params), route: 'edge' });
    return (1000 * samples) / ms;
  };
  await rate();
  return median([await rate(), await rate(), await rate()]);
}

/** Lists as the protocol takes them. */
function flat(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [key, Array.isArray(value) ? value.join() : value]),
  );
}

/** A saliency map asked for at the origin, and at the edge that asks the origin, in turns: median milliseconds. */
async function overhead(
  originUrl: string,
  edge: string,
): Promise<{ direct: number; throughEdge: number; adds: number }> {
  const direct: number[] = [];
  const throughEdge: number[] = [];
  for (let seed = 0; seed < 45; seed++) {
    const a = await explainAt(originUrl, { method: 'saliency', seed });
    const b = await explainAt(edge, { method: 'saliency', seed, route: 'origin' });
    if (seed < 5) continue;
    direct.push(a.ms);
    throughEdge.push(b.ms);
  }
  const adds = median(throughEdge.map((ms, i) => ms - (direct[i] as number)));
  return { direct: median(direct), throughEdge: median(throughEdge), adds };
}

/** One explanation over HTTP, as any client asks for it; kept by no cache. */
async function explainAt(
  server: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<{ ms: number; samples: number }> {
  const { body, headerLength } = encodeRequest({
    parameters: parameters as NonNullable<Parameters<typeof encodeRequest>[0]['parameters']>,
    inputs: { [(input as { name: string }).name]: image },
  });
  const headers = {
    'Content-Type': 'application/octet-stream',
    Accept: 'application/octet-stream',
    'Cache-Control': 'no-store',
    [HEADER_LENGTH]: String(headerLength),
  };
  const answer = await post(`${server}/v2/models/${name}/explain`, headers, body);
  if (answer.status !== 200) throw new Error(`${server} answered ${answer.status}: ${answer.body}`);
  const { parameters: said } = JSON.parse(
    answer.body.subarray(0, Number(answer.headers[HEADER_LENGTH.toLowerCase()])).toString(),
  );
  return { ms: answer.wall, samples: said.forwards + said.backwards };
}

/** The bare engine with the graph of a workload, and the batches that the origin makes of it. */
async function openBare(
  gradient: boolean,
): Promise<{ session: Session; batch: number; rate(batch: number): Promise<number> }> {
  const needs = resolveNeeds(gradient ? { gradients: 'sources' } : {}, model.info());
  const graph = compileVariant(model, needs, PROCESS_LIMITS.optimize);
  const engine = onnxruntimeNode();
  const session = await engine.load(graphFile(graph));
  const { memoryBudget, maxBatch } = PROCESS_LIMITS;
  const batch = model.fixedBatch ?? batchSize(peakRowBytes(graph), memoryBudget, maxBatch, engine.workingSet);
  return {
    session,
    batch,
    async rate(size) {
      const rows = model.fixedBatch ?? size;
      const feeds: Record<string, Tensor> = Object.fromEntries(
        graph.inputs.map(({ name: fed, dims: all = [] }) => {
          const shape = [rows, ...(fed === input?.name ? dims : all.slice(1).map(Number))];
          return [fed, float32(shape, new Random(2).normal(sizeOf(shape)))];
        }),
      );
      await session.run(feeds);
      const started = performance.now();
      let runs = 0;
      for (; runs < 3 || performance.now() - started < BARE_MS; runs++) await session.run(feeds);
      return (1000 * runs * rows) / (performance.now() - started);
    },
  };
}

function print(figures: readonly Figures[], { direct, throughEdge, adds }: Awaited<ReturnType<typeof overhead>>): void {
  const cells = (title: string, ...rest: readonly string[]): string =>
    [title.padEnd(28), ...rest.map((text) => text.padStart(14))].join('');
  const columns = ['one by one', 'edge', 'in batches', 'origin', 'of batches', 'in the engine'];
  console.log(cells(`${name}, rows a second`, ...columns));
  for (const { title, batch, ofBare, inEngine, ...rates } of figures) {
    const numbers = [rates.naive, rates.edge, rates.bare, rates.origin].map((rate) => rate.toFixed(rate < 100 ? 1 : 0));
    const [, , inBatches] = numbers;
    numbers[2] = `${inBatches} (${batch})`;
    console.log(cells(title, ...numbers, `${(100 * ofBare).toFixed(0)} %`, `${(100 * inEngine).toFixed(0)} %`));
  }
  console.log(
    `a saliency map: ${direct.toFixed(1)} ms at the origin, ${throughEdge.toFixed(1)} ms through the edge, which adds ${adds.toFixed(1)} ms (medians, in turns)`,
  );
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
}

function addressOf(): Promise<string> {
  return new Promise((found, failed) => {
    let text = '';
    origin.stdout.on('data', (chunk) => {
      text += chunk;
      const address = /serves at (http:\S+?),/.exec(text)?.[1];
      if (address) found(address);
    });
    origin.on('exit', (code) => failed(new Error(`the origin ended with ${code}: ${text}`)));
  });
}
