/** Cost of an isolate: the same method inside the server and in a thread of its own, in turns. */
import { performance } from 'node:perf_hooks';
import { Model } from '../../src/core/model/model.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { isolate } from '../../src/node/isolation/load-isolated.ts';
import { openFolder } from '../../src/node/model-folders.ts';
import { createExplainer } from '../../src/package/node.ts';

const FILES = ['gradient/saliency', 'activation/grad-cam', 'gradient/integrated-gradients', 'perturbation/occlusion'];
const ROUNDS = 25;

/** Milliseconds of the processor that all threads of the process have used. */
const processor = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

interface Run {
  readonly wall: number;
  readonly cpu: number;
}

async function timed(work: () => Promise<unknown>): Promise<Run> {
  const [wall, cpu] = [performance.now(), processor()];
  await work();
  return { wall: performance.now() - wall, cpu: processor() - cpu };
}

/** Prints a line for each method: median milliseconds inside and isolated, and of the first explanation. */
export async function printIsolationCost(): Promise<void> {
  const source = await openFolder('models/cifar10', 'cifar10');
  const data = Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.013));
  const inputs = { input: float32([1, 3, 32, 32], data) };
  for (const file of FILES) {
    const use = `./src/plugins/${file}.ts`;
    const { default: method } = await import(`../../src/plugins/${file}.ts`);
    const model = await Model.read(source);
    const before = process.memoryUsage().rss;
    let isolated = method;
    const start = await timed(async () => {
      isolated = await isolate(use);
    });
    const [inside, apart] = [createExplainer({ methods: [method] }), createExplainer({ methods: [isolated] })];
    const { id } = isolated;
    const explain = (explainer: typeof inside) => timed(() => explainer.explain(model, { method: id, inputs }));
    const first = { inside: await explain(inside), apart: await explain(apart) };
    const memory = (process.memoryUsage().rss - before) / 2 ** 20;
    const runs: { inside: Run[]; apart: Run[] } = { inside: [], apart: [] };
    for (let i = 0; i < ROUNDS; i++) {
      runs.inside.push(await explain(inside));
      runs.apart.push(await explain(apart));
    }
    const of = (kind: 'inside' | 'apart', key: keyof Run): string =>
      middle(runs[kind].map((run) => run[key])).toFixed(1);
    console.log(
      `${id.padEnd(22)} wall ${of('inside', 'wall')} and ${of('apart', 'wall')} ms, processor ${of('inside', 'cpu')} and ${of('apart', 'cpu')} ms; ` +
        `start of the thread ${start.wall.toFixed(0)} ms, first ${first.inside.wall.toFixed(0)} and ${first.apart.wall.toFixed(0)} ms, memory ${memory.toFixed(0)} MiB with the model`,
    );
  }
}
