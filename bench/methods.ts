/**
 * Cost of each method: `npm run bench:methods`; {@link HELP} lists the options.
 *
 * Sessions are made before the clock starts. Time outside the engine is the method's own: making rows, folding answers.
 */
import { parseArgs } from 'node:util';
import { CONFIGURED, EMBEDDED_MODELS, loadEngine, ROOT } from '../src/cli/compose.ts';
import { openModel } from '../src/cli/model-file.ts';
import { createContainer } from '../src/composition/container.ts';
import { coreModule, engineModule } from '../src/composition/core.ts';
import { CORE } from '../src/composition/tokens.ts';
import type { Engine } from '../src/core/engine/engine.ts';
import { WhylightError } from '../src/core/errors.ts';
import type { Explainer } from '../src/core/explainer/explainer.ts';
import type { Explanation } from '../src/core/explainer/explanation.ts';
import type { Model } from '../src/core/model/model.ts';
import { Random } from '../src/core/tensor/random.ts';
import type { Inputs } from '../src/core/tensor/rows.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor/tensor.ts';
import { collectLessOften } from '../src/node/garbage.ts';

const HELP = `What each saliency method costs.

usage: npm run bench:methods [-- options]

  --model path       folder, .onnx file or embedded model (default: cifar10)
  --methods a,b,c    ids; all that apply when left out
  --engine node|web  onnxruntime-node (default) or onnxruntime-web
  --runs n           counted runs of each method, once it is warm (default: 3)
  --max-samples n    leave out methods that evaluate more rows (default: 2000)
  --json             all figures as JSON
  --help             this text

A method is warm after one run and half a second: a server's code is compiled, and one that answers in 50 ms has not
been by the second time. One random row. Rows, median milliseconds, milliseconds for each row, and the share of the time outside the engine.`;

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'cifar10' },
    methods: { type: 'string' },
    engine: { type: 'string', default: 'node' },
    runs: { type: 'string', default: '3' },
    'max-samples': { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** See {@link HELP}. */
const WARM_MS = 500;

interface Row {
  readonly method: string;
  readonly samples?: Explanation['samples'];
  /** Median milliseconds. */
  readonly ms?: number;
  /** Share of that time, 0 to 1. */
  readonly outside?: number;
  readonly skipped?: string;
}

/** The engine, and the milliseconds that its sessions have run. */
function timed(engine: Engine): { engine: Engine; spent: () => number } {
  let spent = 0;
  return {
    spent: () => spent,
    engine: {
      ...engine,
      async load(bytes) {
        const session = await engine.load(bytes);
        return {
          release: () => session.release(),
          async run(feeds, fetches) {
            const started = performance.now();
            try {
              return await session.run(feeds, fetches);
            } finally {
              spent += performance.now() - started;
            }
          },
        };
      },
    },
  };
}

/** One row of noise; integers, such as token ids, are small. Extents that the model leaves open are 16. */
function noise(model: Model): Inputs {
  return Object.fromEntries(
    model.info().inputs.map(({ name, dtype, dims }, i): [string, Tensor] => {
      const shape = [1, ...dims.map((extent) => (typeof extent === 'number' ? extent : 16))];
      const random = new Random(1, i);
      if (dtype.startsWith('float')) return [name, tensor('float32', shape, random.normal(sizeOf(shape)))];
      return [
        name,
        tensor(
          dtype,
          shape,
          Array.from(random.uniform(sizeOf(shape)), (u) => Math.floor(u * 100)),
        ),
      ];
    }),
  );
}

async function measure(
  explainer: Explainer,
  spent: () => number,
  model: Model,
  inputs: Inputs,
  method: string,
  runs: number,
): Promise<Row> {
  const hooks = { maxSamples: Number(flags['max-samples']) };
  try {
    const begun = performance.now();
    let { samples } = await explainer.explain(model, { method, inputs }, hooks);
    while (performance.now() - begun < WARM_MS)
      ({ samples } = await explainer.explain(model, { method, inputs }, hooks));
    const times: { total: number; outside: number }[] = [];
    for (let i = 0; i < runs; i++) {
      const [before, started] = [spent(), performance.now()];
      await explainer.explain(model, { method, inputs }, hooks);
      const total = performance.now() - started;
      times.push({ total, outside: (total - (spent() - before)) / total });
    }
    return { method, samples, ms: median(times.map((t) => t.total)), outside: median(times.map((t) => t.outside)) };
  } catch (error) {
    if (!WhylightError.is(error)) throw error;
    return { method, skipped: `${error.code}: ${error.message}` };
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

const HEADER = cells('method', 'forwards', 'gradients', 'ms', 'ms/row', 'outside');

function line({ method, samples, ms = 0, outside = 0, skipped }: Row): string {
  if (!samples) return `${method.padEnd(28)} not measured: ${skipped}`;
  const { forwards, backwards } = samples;
  const each = ms / Math.max(1, forwards + backwards);
  return cells(
    method,
    String(forwards),
    String(backwards),
    ms.toFixed(1),
    each.toFixed(2),
    `${Math.round(100 * outside)} %`,
  );
}

function cells(first: string, ...rest: readonly string[]): string {
  return [first.padEnd(28), ...rest.map((text) => text.padStart(10))].join('');
}

async function main(): Promise<void> {
  collectLessOften();
  const runs = Number(flags.runs);
  const { engine: name } = flags;
  if ((name !== 'node' && name !== 'web') || !Number.isInteger(runs) || runs < 1) {
    console.error(HELP);
    process.exitCode = 2;
    return;
  }
  const { engine, spent } = timed(await loadEngine(name));
  const explainer = createContainer(coreModule({ plugins: CONFIGURED }), engineModule(engine)).get(CORE.explainer);
  const { model } = await openModel({ model: flags.model }, EMBEDDED_MODELS, ROOT);
  const inputs = noise(model);
  const methods = flags.methods?.split(',') ?? explainer.methods.ids;
  const rows: Row[] = [];
  if (!flags.json) console.log(`${model.name}, ${engine.name}, median of ${runs} runs\n${HEADER}`);
  for (const method of methods) {
    const row = await measure(explainer, spent, model, inputs, method, runs);
    rows.push(row);
    if (!flags.json) console.log(line(row));
  }
  if (flags.json) console.log(JSON.stringify(rows, null, 2));
}

if (flags.help) console.log(HELP);
else await main();
