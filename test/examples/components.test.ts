/** The example packages with a metric, a task and a modality hold their contracts; `npm run e2e` runs their own tests. */
import { describe, expect, it } from 'vitest';
import metric from '../../examples/metric-largest-drop/src/index.ts';
import modality from '../../examples/modality-dna-strand/src/index.ts';
import task from '../../examples/task-yes-no/src/index.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { createEdge } from '../../src/package/edge-node.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import { modalityContext, openGraph, testMetric, testModality, testTask } from '../../src/testing/node.ts';

const runner = { describe, it };

/** The sum of an input over its first axis. */
async function sumOf(dims: readonly number[]) {
  const g = GraphBuilder.empty('sum');
  const sum = g.reduce('ReduceSum', g.input('x', 'float32', ['N', ...dims]), [1], dims.length === 1);
  return openGraph(g.build([g.named(sum, 'y')]));
}

const { description } = await sumOf([4]);
const strands = modalityContext(await sumOf([6, 4]));

testMetric(metric as never, {}, runner);
testTask(task, [{ name: 'yes', outputs: { y: float32([1, 1], [2]) }, context: { description } }], runner);
testModality(
  modality as never,
  [{ name: 'a strand', mediaType: 'text/plain', bytes: new TextEncoder().encode('ACGTAC'), context: () => strands }],
  runner,
);

describe('the suite of metrics', () => {
  it.each([
    ['evaluates', { cost: () => ({ forwards: 0, backwards: 0 }) }],
    ['gives a finite', { measure: async () => ({ score: Number.NaN }) }],
    ['gives the same', { measure: async () => ({ score: Math.random() }) }],
    ['leaves', { measure: async ({ row }: { row: { values: object } }) => ({ score: spoil(row.values) }) }],
  ])('finds a metric that breaks the promise "%s ..."', async (promise, parts) => {
    const tests: [string, () => Promise<void>][] = [];
    const collect = {
      describe: (_: string, body: () => void) => body(),
      it: (title: string, test: never) => void tests.push([title, test]),
    };
    testMetric({ ...metric, ...parts } as never, {}, collect);
    const broken: string[] = [];
    for (const [title, test] of tests) await test().catch(() => broken.push(title));
    expect(
      broken.some((title) => title.startsWith(promise)),
      broken.join('; '),
    ).toBe(true);
  });
});

/** Changes the values of an explanation. @returns a score */
function spoil(values: object): number {
  for (const { data } of Object.values(values) as { data: Float32Array }[]) data.fill(7);
  return 1;
}

describe('a metric of createEdge', () => {
  it('is measured like those that come with whylight', async () => {
    const edge = createEdge({
      methods: [saliency],
      metrics: [metric as never],
      models: { cifar10: 'models/cifar10' },
      log: () => {},
    });
    const data = Array.from({ length: 3072 }, (_, i) => Math.sin(i));
    const inputs = [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data }];
    const parameters = { method: 'saliency', metrics: 'largest_drop,sparseness', 'largest_drop.value': 0.5 };
    const body = JSON.stringify({ parameters, inputs });
    const url = 'http://app.test/v2/models/cifar10/explain';
    const response = await edge.fetch(new Request(url, { method: 'POST', body }));
    const { outputs } = (await response.json()) as { outputs: { name: string; data: number[] }[] };
    const names = outputs.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['metric.largest_drop', 'metric.sparseness']));
  });

  it('must have an id of its own', () => {
    const taken = { ...metric, id: 'deletion' };
    const settings = { methods: [saliency], models: {}, metrics: [taken as never] };
    expect(() => createEdge(settings)).toThrow('There is a metric "deletion" already');
  });
});
