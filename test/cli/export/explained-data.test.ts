import { describe, expect, it } from 'vitest';
import { explainedGraph } from '../../../src/cli/export/explained/graph.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { write } from '../../../src/core/onnx/write.ts';
import type { Inputs } from '../../../src/core/tensor/rows.ts';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import inputXGradient from '../../../src/plugins/gradient/input-x-gradient.ts';
import integratedGradients from '../../../src/plugins/gradient/integrated-gradients.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import { openGraph, tokenGraph, tokens, vectorGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const METHODS = [saliency, inputXGradient, integratedGradients];
type Id = 'saliency' | 'input_x_gradient' | 'integrated_gradients';

const wave = (dims: readonly number[]): Tensor<'float32'> =>
  float32(
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 0.9 + 1)),
  );

async function run(graph: Graph, inputs: Inputs): Promise<Readonly<Record<string, Tensor>>> {
  const session = await onnxruntimeNode({ threads: 1 }).load(write(graph));
  try {
    return await session.run(inputs);
  } finally {
    await session.release();
  }
}

/** Sums an attribution over its second or third axis, and stretches it to 0..1. */
function mapOf({ data, dims: [, a = 1, b = 1] }: Tensor<'float32'>, axis: 1 | 2 | undefined): number[] {
  const size = axis === 1 ? b : a * (axis === undefined ? b : 1);
  const sums = new Array<number>(size).fill(0);
  for (const [i, value] of data.entries()) {
    const at = axis === undefined ? i : axis === 1 ? i % b : Math.floor(i / b);
    sums[at] = (sums[at] as number) + value;
  }
  const [low, high] = [Math.min(...sums), Math.max(...sums)];
  return sums.map((value) => (value - low) / Math.max(high - low, 1e-12));
}

/** Expects the attribution of the method, and the map of it, summed over an axis. */
async function expectSame(model: Model, method: Id, inputs: Inputs, axis?: 1 | 2): Promise<void> {
  const outputs = await run(explainedGraph(model, { method }), inputs);
  const { rows } = await explainerOf(METHODS).explain(model, { method, inputs });
  const [expected] = Object.values(rows[0]?.values ?? {});
  expect(outputs.attribution?.dims).toEqual(expected?.dims);
  for (const [at, value] of (expected?.data ?? []).entries()) {
    expect(outputs.attribution?.data[at]).toBeCloseTo(value, 4);
  }
  const map = mapOf(expected as Tensor<'float32'>, axis);
  expect(outputs.saliency_map?.dims).toEqual([1, map.length]);
  for (const [at, value] of map.entries()) expect(outputs.saliency_map?.data[at]).toBeCloseTo(value, 3);
}

/** A series of two channels -> convolution over time -> mean -> 3 classes. */
function seriesGraph(): Graph {
  const g = GraphBuilder.empty('series');
  const weights = (dims: number[]) => g.constant('float32', dims, wave(dims).data);
  const x = g.input('signal', 'float32', ['N', 2, 12]);
  const maps = g.op('Relu', [g.op('Conv', [x, weights([4, 2, 3])])]);
  return g.build([g.named(g.op('MatMul', [g.reduce('ReduceMean', maps, [2], false), weights([4, 3])]), 'logits')]);
}

describe('an explained model of other data than images', () => {
  it.each(['saliency', 'input_x_gradient', 'integrated_gradients'] as const)('gives %s of columns', async (method) => {
    const model = await openGraph(vectorGraph());
    const [input] = model.graph.inputs;
    const width = Number(input?.dims?.[1]);
    await expectSame(model, method, { [input?.name ?? '']: wave([1, width]) });
  });

  it.each(['saliency', 'input_x_gradient', 'integrated_gradients'] as const)(
    'gives %s of a series, its channels added up in the map',
    async (method) => {
      await expectSame(await openGraph(seriesGraph()), method, { signal: wave([1, 2, 12]) }, 1);
    },
  );

  it.each(['saliency', 'input_x_gradient'] as const)('gives %s of the tokens of a text', async (method) => {
    const model = await openGraph(tokenGraph());
    await expectSame(model, method, { ids: tokens() }, 2);
  });

  it('refuses the path of a text, and a map of several inputs', async () => {
    const text = await openGraph(tokenGraph());
    expect(() => explainedGraph(text, { method: 'integrated_gradients' })).toThrow(/is an embedding, and the path/);
    const g = GraphBuilder.empty();
    const sum = g.op('Add', [g.input('a', 'float32', ['N', 4]), g.input('b', 'float32', ['N', 4])]);
    const two = await openGraph(g.build([g.named(g.op('Softmax', [sum]), 'p')]));
    expect(() => explainedGraph(two, { method: 'saliency' })).toThrow(/several tensors together \("a", "b"\)/);
  });
});
