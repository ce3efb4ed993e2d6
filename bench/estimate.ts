/**
 * Estimated time of a row beside the measured processor time, for models without a profile: forwards, with the gradient
 * of the last feature map, and with that of the input.
 * @example npm run bench:estimate -- model.onnx
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { ISOLATE_LIMITS, PROCESS_LIMITS } from '../src/core/limits.ts';
import type { Needs } from '../src/core/method/contract.ts';
import { Model } from '../src/core/model/model.ts';
import { compileVariant, describeVariant, graphCompiler, graphFile } from '../src/core/plan/compile-variant.ts';
import { rowSize } from '../src/core/plan/cost.ts';
import { Profiles } from '../src/core/plan/profile.ts';
import { resolveNeeds } from '../src/core/plan/variant.ts';
import { Random } from '../src/core/tensor/random.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../src/node/onnxruntime-node.ts';
import { onnxruntimeWeb } from '../src/node/onnxruntime-web.ts';

const ROUNDS = 7;
/** Processor time of a round: short runs are repeated. */
const ROUND_MS = 20;
/** Processor time before the first round, in which the machine compiles WebAssembly for speed. */
const WARM_UP_MS = 1500;

const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { engine: { type: 'string' } } });
const engine = values.engine === 'node' ? onnxruntimeNode({ threads: 1 }) : onnxruntimeWeb();
/** As an origin and an isolate compile. */
const { optimize } = values.engine === 'node' ? PROCESS_LIMITS : ISOLATE_LIMITS;

/** Least processor time of one row in several rounds, in one thread. */
async function measured(model: Model, needs: Needs): Promise<{ readonly time: number; readonly estimate: number }> {
  const resolved = resolveNeeds(needs, model.info());
  const graph = compileVariant(model, resolved, optimize);
  const session = await engine.load(graphFile(graph));
  const rows = model.fixedBatch ?? 1;
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, dtype, dims = [] }): [string, Tensor] => {
      const feed = tensor(dtype, [rows, ...(resolved.inputDims[name] ?? dims.slice(1).map(Number))]);
      if (dtype === 'float32' && resolved.inputDims[name])
        (feed.data as Float32Array).set(new Random(0).normal(sizeOf(feed.dims)));
      return [name, feed];
    }),
  );
  for (const started = processorTime(); processorTime() - started < WARM_UP_MS; ) await session.run(feeds);
  let time = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = processorTime();
    let runs = 0;
    do {
      await session.run(feeds);
      runs++;
    } while (processorTime() - started < ROUND_MS);
    time = Math.min(time, (processorTime() - started) / runs / rows);
  }
  await session.release();
  const variant = describeVariant('', resolved, graph, optimize, model.fixedBatch);
  const cost = resolved.gradients.length > 0 ? { forwards: 0, backwards: 1 } : { forwards: 1, backwards: 0 };
  return {
    time,
    estimate: new Profiles(engine.name, graphCompiler).milliseconds(model, cost, rowSize([resolved], [variant])),
  };
}

console.log(`model\trow of\tmeasured, ms\testimated, ms\tratio (${engine.name})`);
for (const path of positionals) {
  const model = await Model.read({ bytes: await readFile(path) });
  const { camLayer } = model.info();
  const kinds: Record<string, Needs> = {
    forward: {},
    ...(camLayer && { 'CAM layer': { gradients: [camLayer.name], activations: [camLayer.name] } }),
    gradient: { gradients: 'sources' },
  };
  for (const [kind, needs] of Object.entries(kinds)) {
    const { time, estimate } = await measured(model, needs);
    console.log([basename(path), kind, time.toFixed(3), estimate.toFixed(3), (estimate / time).toFixed(2)].join('\t'));
  }
}
