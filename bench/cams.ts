/**
 * Class activation maps of a model on images: `npm run bench:cams`; {@link HELP} lists the options. Sessions are made
 * before the clock starts.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIGURED, EMBEDDED_MODELS, ROOT } from '../src/cli/compose.ts';
import { openModel, PREPROCESSING_ARGS } from '../src/cli/model-file.ts';
import { composeExplainer } from '../src/composition/compose-explainer.ts';
import { WhylightError } from '../src/core/errors.ts';
import type { Explainer } from '../src/core/explainer/explainer.ts';
import { ISOLATE_LIMITS } from '../src/core/limits.ts';
import { isMeasured, measureRows, planMetrics } from '../src/core/metrics/measure.ts';
import type { Model } from '../src/core/model/model.ts';
import type { Inputs } from '../src/core/tensor/rows.ts';
import { openImage } from '../src/node/image-input.ts';
import { onnxruntimeNode } from '../src/node/onnxruntime-node.ts';
import { onnxruntimeWeb } from '../src/node/onnxruntime-web.ts';
import { flagsOf } from './support/flags.ts';

const HELP = `Class activation maps of a model on images, in the terms of TorchCAM's table.

usage: npm run bench:cams -- --model <path> [options] <image or folder> ...

  --model path       folder, .onnx file or embedded model (default: everyday)
  --methods a,b,c    ids; the CAM family when left out
  --engine node|web  onnxruntime-node (default), or onnxruntime-web as a Worker uses it; one thread
  --rounds n         predictions and explanations of each image, in turns (default: 7)
  --max-samples n    leave out methods that evaluate more rows (default: 100)
  --scale, --mean, --std, --color, --resize, --crop, --size, --layout
                     preprocessing, as whylight explain takes it
  --help             this text

Overhead: processor time of an explanation beyond that of a prediction, as a share of the latter: median over the images
of the medians of their rounds.
Average drop: mean share of the probability that is lost when the image is multiplied with its map. Increase: share of
the images whose probability grows.`;

const CAMS = [
  'cam',
  'grad_cam',
  'grad_cam_plus_plus',
  'smooth_grad_cam_plus_plus',
  'xgrad_cam',
  'layer_cam',
  'hires_cam',
  'eigen_cam',
  'eigen_grad_cam',
  'shapley_cam',
  'recipro_cam',
  'score_cam',
  'ss_cam',
  'is_cam',
  'ablation_cam',
];

const text = { type: 'string' } as const;
const { values: flags, positionals } = flagsOf(HELP, {
  model: { type: 'string', default: 'everyday' },
  methods: { type: 'string', default: CAMS.join(',') },
  engine: { type: 'string', default: 'node' },
  rounds: { type: 'string', default: '7' },
  'max-samples': { type: 'string', default: '100' },
  ...(Object.fromEntries(Object.keys(PREPROCESSING_ARGS).map((name) => [name, text])) as Record<
    keyof typeof PREPROCESSING_ARGS,
    typeof text
  >),
});

const IMAGE = /\.(png|jpe?g)$/i;

/** The images themselves, and those of folders. */
async function imageFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) found.push(path);
    else
      found.push(
        ...(await readdir(path))
          .filter((name) => IMAGE.test(name))
          .map((name) => join(path, name))
          .sort(),
      );
  }
  return found;
}

interface Measured {
  readonly overhead: number;
  readonly drop: number;
  readonly increase: number;
}

const METRICS = ['average_drop', 'increase_in_confidence'];

/** One image: the prediction, the explanation, then both metrics of its map. */
async function measure(explainer: Explainer, model: Model, method: string, inputs: Inputs): Promise<Measured> {
  const plan = explainer.plan(model, { method, inputs });
  const [predictions, explanations]: [number[], number[]] = [[], []];
  for (let round = -1; round < Number(flags.rounds); round++) {
    const predicted = await processorTime(() => explainer.predict(model, { inputs, top: 1 }));
    const explained = await processorTime(() => explainer.run(plan));
    if (round < 0) continue;
    predictions.push(predicted);
    explanations.push(explained);
  }
  const planned = planMetrics(
    plan,
    METRICS.map((metric) => ({ metric, params: { answer: 'probability' } })),
  );
  const { rows } = await explainer.run(plan);
  const [measured = []] = await measureRows(explainer, plan, rows, planned);
  const [drop, increase] = measured.map((one) => {
    if (!isMeasured(one)) throw one.error;
    return one.score;
  });
  return {
    overhead: median(explanations) / median(predictions) - 1,
    drop: drop ?? Number.NaN,
    increase: increase ?? Number.NaN,
  };
}

/** Milliseconds of the processor: other load on the machine does not count. */
async function processorTime(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Explainer over one thread: the web engine's gradients are compiled as in a Worker. */
const explainerOver = (engine: 'node' | 'web'): Explainer =>
  engine === 'web'
    ? composeExplainer(onnxruntimeWeb(), { plugins: CONFIGURED, checked: true }, { optimize: ISOLATE_LIMITS.optimize })
    : composeExplainer(onnxruntimeNode({ threads: 1 }), { plugins: CONFIGURED, checked: true });

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

async function main(): Promise<void> {
  const { engine, methods, 'max-samples': most, rounds: _, ...given } = flags;
  const files = await imageFiles(positionals);
  if ((engine !== 'node' && engine !== 'web') || files.length === 0) {
    console.error(HELP);
    process.exitCode = 2;
    return;
  }
  const explainer = explainerOver(engine);
  const { model } = await openModel(given, EMBEDDED_MODELS, ROOT);
  const images = await Promise.all(files.map(async (file) => (await openImage(await readFile(file), model)).inputs));
  console.log(`${model.name}, ${explainer.engine.name}, ${files.length} images\n`);
  console.log('| method | rows | overhead | average drop | increase |\n|---|---|---|---|---|');
  for (const method of methods.split(',')) {
    try {
      const { forwards, backwards } = explainer.plan(model, { method, inputs: images[0] as Inputs }).rowCost;
      if (forwards + backwards > Number(most)) {
        console.log(`| ${method} | ${forwards + backwards} | not measured | | |`);
        continue;
      }
      const all: Measured[] = [];
      for (const inputs of images) all.push(await measure(explainer, model, method, inputs));
      const [overhead, drop, increase] = [
        median(all.map((one) => one.overhead)),
        mean(all.map((one) => one.drop)),
        mean(all.map((one) => one.increase)),
      ];
      console.log(
        `| ${method} | ${forwards + backwards} | ${percent(overhead)} | ${percent(drop)} | ${percent(increase)} |`,
      );
    } catch (error) {
      if (!WhylightError.is(error)) throw error;
      console.log(`| ${method} | | ${error.code}: ${error.message} | | |`);
    }
  }
}

await main();
