/**
 * What an origin is worth: `npm run bench:origin -- [model.onnx]`; {@link HELP} lists the options.
 *
 * The same rows of a model: one by one, in batches on the bare engine, and as explanations at a real origin process over
 * loopback. And what it costs to reach the origin through an edge rather than directly.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Session } from '../src/core/engine/engine.ts';
import type { ExplainRequest } from '../src/core/explainer.ts';
import { PROCESS_LIMITS } from '../src/core/limits.ts';
import { Model } from '../src/core/model/model.ts';
import { graphFile } from '../src/core/plan/loader.ts';
import { compileVariant, resolveNeeds } from '../src/core/plan/variant.ts';
import { Random } from '../src/core/tensor/random.ts';
import { float32, sizeOf, type Tensor } from '../src/core/tensor/tensor.ts';
import { OriginRunner } from '../src/edge/remote/origin-runner.ts';
import { Origins } from '../src/edge/remote/origins.ts';
import { folderModels } from '../src/node/model-folders.ts';
import { onnxruntimeNode } from '../src/node/onnxruntime-node.ts';

const HELP = `What an origin is worth, next to the bare engine.

usage: npm run bench:origin -- [model.onnx] [options]

  --masks n    masks of RISE (default: 4000)
  --steps n    steps of integrated gradients (default: 256)
  --json       all figures as JSON
  --help       this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    masks: { type: 'string', default: '4000' },
    steps: { type: 'string', default: '256' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const SECRET = 'a secret for this measurement alone';
const [masks, steps] = [Number(values.masks), Number(values.steps)];
const work = mkdtempSync(join(tmpdir(), 'whylight-origin-'));
const folder = positionals[0] ? asFolder(positionals[0]) : 'models/cifar10';
const model = await Model.read(await folderModels({ model: folder }).open('model'));
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
  const runner = new OriginRunner(new Origins({ urls: [url], secret: SECRET }));
  const ask = async (request: Omit<ExplainRequest, 'inputs'>): Promise<number> => {
    const started = performance.now();
    await runner.explain(
      named(),
      { ...request, inputs: { [input.name]: image } },
      { rights: { methods: '*', parameters: {} } },
    );
    return performance.now() - started;
  };
  await ask({ method: 'saliency' });
  const workloads = [
    {
      title: `rise, ${masks} masks`,
      request: { method: 'rise', params: { n_masks: masks } },
      rows: masks,
      gradient: false,
    },
    {
      title: `integrated_gradients, ${steps} steps`,
      request: { method: 'integrated_gradients', params: { n_steps: steps } },
      rows: steps,
      gradient: true,
    },
    { title: 'occlusion', request: { method: 'occlusion' }, rows: 49, gradient: false },
  ];
  const figures = [];
  for (const { title, request, rows, gradient } of workloads) {
    // Prepared once, as it would be.
    await ask(request);
    const [one, many] = [await rate(1, rows, gradient), await rate(PROCESS_LIMITS.maxBatch, rows, gradient)];
    const ms = Math.min(await ask(request), await ask(request));
    figures.push({ title, rows, naive: one, bare: many, origin: (1000 * rows) / ms });
  }
  const light = await overhead();
  if (values.json) console.log(JSON.stringify({ model: model.name, figures, reachedThroughEdge: light }));
  else {
    console.log(
      `${model.name}, rows a second`.padEnd(40),
      'one by one',
      '  in batches',
      '      origin',
      '   of batches',
    );
    for (const { title, naive, bare, origin: there } of figures) {
      const cells = [naive, bare, there].map((value) => value.toFixed(0).padStart(12));
      console.log(title.padEnd(38), ...cells, `${((100 * there) / bare).toFixed(0)} %`.padStart(12));
    }
    console.log(`a saliency map at the origin: ${light.toFixed(1)} ms by the signed way of the edge (median)`);
  }

  async function overhead(): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < 25; i++) times.push(await ask({ method: 'saliency', seed: i }));
    return times.sort((a, b) => a - b)[12] as number;
  }
} finally {
  origin.kill('SIGTERM');
  rmSync(work, { recursive: true, force: true });
}

/** The model under the name that its folder has at the origin. */
function named(): Model {
  const name = folder.replace(/\/+$/, '').split('/').at(-1) as string;
  return Object.assign(Object.create(Object.getPrototypeOf(model)), model, { name });
}

/** Rows a second of the bare engine. */
async function rate(batch: number, rows: number, gradient: boolean): Promise<number> {
  const needs = resolveNeeds(gradient ? { gradients: 'sources' } : {}, model.info());
  const graph = compileVariant(model, needs, PROCESS_LIMITS.optimize);
  const session: Session = await onnxruntimeNode().load(graphFile(graph));
  const size = model.fixedBatch ?? Math.min(batch, rows);
  const feeds: Record<string, Tensor> = Object.fromEntries(
    graph.inputs.map(({ name, dims: all = [] }) => {
      const row = name === input?.name ? dims : all.slice(1).map(Number);
      return [name, float32([size, ...row])];
    }),
  );
  const runs = Math.max(2, Math.min(Math.ceil(rows / size), 40));
  await session.run(feeds);
  const started = performance.now();
  for (let i = 0; i < runs; i++) await session.run(feeds);
  const seconds = (performance.now() - started) / 1000;
  await session.release();
  return (runs * size) / seconds;
}

function asFolder(file: string): string {
  const at = join(work, 'model');
  mkdirSync(at);
  copyFileSync(file, join(at, 'model.onnx'));
  writeFileSync(join(at, 'manifest.json'), JSON.stringify({ name: 'model' }));
  return at;
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
