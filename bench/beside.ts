/**
 * Processor time of warm answers beside the engine, by stage: `npm run bench:beside`; {@link HELP} lists the options.
 *
 * The real Worker in workerd, bundled as for a deployment. V8's profiler says which share each source file has, and the
 * processor time of the process what the shares are of.
 */
import { readFileSync } from 'node:fs';
import type { SourceMap } from 'node:module';
import { post } from './support/ask.ts';
import { catJpeg } from './support/bench-image.ts';
import { flagsOf } from './support/flags.ts';
import type { Inspector } from './support/inspector.ts';
import { samplesByFile } from './support/profile.ts';
import { makeProject } from './support/project.ts';
import { bundle, type RunningWorker, startWorker } from './support/worker.ts';

const HELP = `Processor time of warm answers beside the engine, by stage.

usage: npm run bench:beside -- [model.onnx ...] [options]

  model.onnx      models that take images, beside the embedded one
  --methods list  separated by commas; infer is the prediction alone (default: infer,saliency,grad_cam,occlusion)
  --accept type   of the answers (default: application/octet-stream)
  --image file    JPEG to ask about (default: the cat at 1000x750)
  --repeat n      answers of each round (default: 30); the best of four rounds counts
  --files         also the time of each source file
  --help          this text`;

const { values, positionals } = flagsOf(HELP, {
  methods: { type: 'string', default: 'infer,saliency,grad_cam,occlusion' },
  accept: { type: 'string', default: 'application/octet-stream' },
  image: { type: 'string' },
  repeat: { type: 'string', default: '30' },
  files: { type: 'boolean' },
});
const repeat = Number(values.repeat);
const ROUNDS = 4;
const image = values.image === undefined ? await catJpeg(1000, 750) : new Uint8Array(readFileSync(values.image));
const headers = { 'Content-Type': 'image/jpeg', Accept: values.accept, 'Cache-Control': 'no-store' };

/** Stages by the files that do their work; the first that fits counts. */
const STAGES: readonly (readonly [stage: string, files: RegExp])[] = [
  ['engine', /onnxruntime/],
  ['decode', /^src\/core\/image\/(?:codecs\/(?:jpeg|webp|codec|c-module)|exif|sniff|image|reduce)\b/],
  ['preprocess', /^src\/core\/(?:image\/(?:resize|preprocess|pixel|opencv)|model\/image-tensor)/],
  ['draw', /^src\/core\/image\/(?!codecs)/],
  ['encode PNG', /^src\/core\/image\/codecs/],
  ['method', /^src\/(?:plugins|core\/(?:strategy|method|autodiff|tensor))\//],
  ['run and read', /^src\/(?:core|tasks|modalities|composition)\//],
  ['answer', /^src\/protocol\//],
  ['HTTP', /^src\/edge|^node_modules\/hono/],
  ['collecting garbage', /^\(garbage collector\)$/],
];

const stageOf = (file: string): string => STAGES.find(([, files]) => files.test(file))?.[0] ?? 'other';

await measure('embedded model', 'cifar10');
for (const file of positionals) await measure(file, 'bench', file);

async function measure(title: string, name: string, model?: string): Promise<void> {
  console.log(`\n${title}; milliseconds of processor time an answer`);
  const project = await makeProject(model === undefined ? {} : { model });
  try {
    const bundled = await bundle(project.folder);
    const worker = await startWorker(bundled, { inspected: true });
    try {
      const path = `${worker.address}/v2/models/${name}/`;
      for (const method of values.methods.split(',')) {
        const what = method === 'infer' ? 'infer' : `explain?method=${method}`;
        await report(method, worker, bundled.maps, path + what);
      }
    } finally {
      await worker.stop();
    }
  } finally {
    await project.remove();
  }
}

interface Round {
  /** Milliseconds of the process for one answer. */
  readonly total: number;
  /** Samples of the profile by source file. */
  readonly files: ReadonlyMap<string, number>;
}

async function report(
  method: string,
  worker: RunningWorker,
  maps: ReadonlyMap<string, SourceMap>,
  url: string,
): Promise<void> {
  const ask = async (): Promise<void> => {
    for (let i = 0; i < repeat; i++) {
      const { status, body } = await post(url, headers, image);
      if (status !== 200) throw new Error(`Answered ${status}, not 200: ${body.subarray(0, 500)}`);
    }
  };
  // The first makes V8 compile what runs often.
  const rounds: Round[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const before = await worker.processorTime();
    await ask();
    const total = ((await worker.processorTime()) - before) / 1e6 / repeat;
    if (round >= 0) rounds.push({ total, files: await samplesByFile(worker.inspector as Inspector, maps, ask) });
  }
  // Whatever else runs on the same core only ever adds to it.
  const least = rounds.reduce((best, round) => (round.total < best.total ? round : best));
  print(method, least);
}

function print(method: string, { total, files }: Round): void {
  const sum = [...files.values()].reduce((a, b) => a + b, 0);
  const stages = new Map<string, number>([...STAGES.map(([stage]) => [stage, 0] as const), ['other', 0]]);
  for (const [file, samples] of files) {
    stages.set(stageOf(file), (stages.get(stageOf(file)) ?? 0) + (samples / sum) * total);
  }
  const engine = stages.get('engine') ?? 0;
  console.log(`${method}: ${ms(total)} in all, ${ms(total - engine)} beside the engine`);
  for (const [stage, time] of stages) console.log(`  ${stage.padEnd(20)}${ms(time)}`);
  if (!values.files) return;
  for (const [file, samples] of [...files].sort((a, b) => b[1] - a[1])) {
    const own = (samples / sum) * total;
    if (own >= 0.02) console.log(`    ${ms(own)}  ${file}`);
  }
}

function ms(value: number): string {
  return value.toFixed(2).padStart(8);
}
