/**
 * Explanations of one row for several targets: `npm run bench:targets -- <files>`; {@link HELP} lists the options. Runs of
 * all numbers of targets take turns in one process, so that other load on the machine meets them alike.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { explainerOf } from '../src/composition/explainer.ts';
import { SessionCache } from '../src/core/engine/session-cache.ts';
import { ISOLATE_LIMITS, PROCESS_LIMITS } from '../src/core/limits.ts';
import { MethodRegistry } from '../src/core/method/registry.ts';
import { Model } from '../src/core/model/model.ts';
import { graphCompiler } from '../src/core/plan/compile-variant.ts';
import { TaskRegistry } from '../src/core/task/registry.ts';
import { Random } from '../src/core/tensor/random.ts';
import { sizeOf, tensor } from '../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../src/node/onnxruntime-node.ts';
import { onnxruntimeWeb } from '../src/node/onnxruntime-web.ts';
import gradCam from '../src/plugins/activation/grad-cam.ts';
import saliency from '../src/plugins/gradient/saliency.ts';
import { flagsOf } from './support/flags.ts';

const HELP = `Explanations of one row for several targets, together and one by one.

usage: npm run bench:targets -- <.onnx files> [options]

  --engine web|node  onnxruntime-web (default) or onnxruntime-node, one thread
  --rounds n         runs of each kind (default: 9)
  --isolate          the memory of an isolate in place of a process
  --help             this text

Least processor time in milliseconds; ratios are to a prediction of the same row.`;

const COUNTS = [1, 2, 5, 10];

const { values: flags, positionals } = flagsOf(HELP, {
  engine: { type: 'string', default: 'web' },
  rounds: { type: 'string', default: '9' },
  isolate: { type: 'boolean', default: false },
});

const methods = [saliency, gradCam];
const engine = flags.engine === 'node' ? onnxruntimeNode({ threads: 1 }) : onnxruntimeWeb();
const limits = flags.isolate ? ISOLATE_LIMITS : { ...PROCESS_LIMITS, optimize: ISOLATE_LIMITS.optimize };

const explainer = explainerOf({
  engine,
  sessions: new SessionCache(PROCESS_LIMITS.sessionBytes),
  methods: new MethodRegistry(methods.map((method) => ({ method }))),
  tasks: new TaskRegistry([]),
  compiler: graphCompiler,
  clock: () => performance.now(),
  limits,
});

/** Least processor time of each kind of work, in turns after two rounds of warming up. */
async function leastTimes<Kind extends string>(kinds: Readonly<Record<Kind, () => Promise<unknown>>>) {
  const least = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, Number.POSITIVE_INFINITY]));
  for (let round = -2; round < Number(flags.rounds); round++) {
    for (const [kind, work] of Object.entries<() => Promise<unknown>>(kinds)) {
      const before = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) least[kind] = Math.min(least[kind] as number, (user + system) / 1000);
    }
  }
  return least as Readonly<Record<Kind, number>>;
}

/** Inputs of one row of random numbers. */
const inputsOf = (model: Model) =>
  Object.fromEntries(
    model.info().inputs.map(({ name, dims }) => {
      const shape = [1, ...dims.map(Number)];
      return [name, tensor('float32', shape, new Random(1).normal(sizeOf(shape)))];
    }),
  );

async function measure(file: string): Promise<void> {
  const model = await Model.read({ bytes: await readFile(file) });
  const inputs = inputsOf(model);
  const classes = model.info().scoreSize;
  for (const { id } of methods) {
    const plan = explainer.plan(model, { method: id, inputs });
    const explained = (count: number) => Array.from({ length: count }, (_, i) => (i * 7 + 3) % classes);
    const kinds = Object.fromEntries(
      COUNTS.flatMap((count) => [
        [`${count} together`, () => explainer.explainTargets(plan, explained(count))],
        [
          `${count} one by one`,
          async () => {
            for (const target of explained(count)) await explainer.explain(model, { method: id, inputs, target });
          },
        ],
      ]),
    );
    const times = await leastTimes({ forward: () => explainer.predict(model, { inputs }), ...kinds });
    const { forward = Number.NaN } = times;
    for (const [kind, time] of Object.entries(times))
      console.log([basename(file), id, kind, time.toFixed(1), (time / forward).toFixed(2)].join('\t'));
  }
}

console.log(`model\tmethod\ttargets\tms\tratio to forward (${engine.name}${flags.isolate ? ', isolate' : ''})`);
for (const file of positionals) await measure(file);
