import { describe, expect, it } from 'vitest';
import { type ExplainedOptions, explainedGraph, foreignOperators } from '../../../src/cli/export/explained/graph.ts';
import { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Dim, Graph } from '../../../src/core/onnx/graph.ts';
import { fileTypes } from '../../../src/core/onnx/read/file-types.ts';
import { readHeader } from '../../../src/core/onnx/read/header.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { joinRows } from '../../../src/core/tensor/rows.ts';
import { type DataType, float32, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const SIDE = 8;

interface Shape {
  readonly dtype: DataType;
  readonly dims: readonly Dim[];
  /** From the input to [N, 3, SIDE, SIDE]. */
  readonly toPlanes?: (g: GraphBuilder, x: Value) => Value;
  /** Dims of the output, [N, 3] when left out. */
  readonly out?: readonly number[];
}

/** Convolution, ReLU, mean, three classes; computed in float16 where the input is float16, else in float32. */
function classifier({ dtype, dims, toPlanes, out }: Shape): Graph {
  const g = GraphBuilder.empty('net');
  const inner = dtype === 'float16' ? dtype : 'float32';
  const weights = (shape: number[], phase: number) =>
    g.constant(
      inner,
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.3 + phase)),
    );
  const x = g.input('image', dtype, dims);
  const planes = toPlanes ? toPlanes(g, x) : x;
  const maps = g.op('Relu', [g.op('Conv', [planes, weights([4, 3, 3, 3], 0)], { pads: [1, 1, 1, 1] })]);
  const logits = g.op('MatMul', [g.op('Flatten', [g.op('GlobalAveragePool', [maps])]), weights([4, 3], 4)]);
  return g.build([g.named(out ? g.op('Reshape', [logits, g.ints(out)]) : logits, 'logits')]);
}

const bytes = (phase: number): Uint8Array =>
  Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => 127 + 120 * Math.sin(i * 0.37 + phase));

/** Outputs of an explained model, run by onnxruntime. */
async function run(graph: Graph, inputs: Record<string, Tensor>): Promise<Readonly<Record<string, Tensor>>> {
  const session = await onnxruntimeNode({ threads: 1 }).load(write(graph));
  try {
    return await session.run(inputs);
  } finally {
    await session.release();
  }
}

/** Elements of an output. */
function floats(outputs: Readonly<Record<string, Tensor>>, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new Error(`There is no output "${name}" of float32.`);
}

/** The attribution of `saliency` by an explainer. */
async function attribution(model: Model, image: Tensor, target?: number): Promise<ArrayLike<number>> {
  const { rows } = await explainerOf([saliency]).explain(model, {
    method: 'saliency',
    inputs: { image },
    ...(target !== undefined && { target }),
  });
  return rows[0]?.values.image?.data as Float32Array;
}

function expectClose(given: ArrayLike<number> | undefined, expected: ArrayLike<number>): void {
  expect(given).toHaveLength(expected.length);
  for (const [at, value] of Array.from(expected).entries()) expect(given?.[at]).toBeCloseTo(value, 5);
}

const OPTIONS: ExplainedOptions = { method: 'saliency' };
const open = (shape: Shape): Promise<Model> => openGraph(classifier(shape));
const plain = (dtype: DataType): Shape => ({ dtype, dims: [1, 3, SIDE, SIDE] });

describe('an explained model', () => {
  it('takes whole numbers without a batch axis where its file does', async () => {
    const model = await open({
      dtype: 'uint8',
      dims: [SIDE, SIDE, 3],
      toPlanes: (g, x) =>
        g.op('Transpose', [g.op('Unsqueeze', [g.op('Cast', [x], { to: 1 }), g.ints([0])])], { perm: [0, 3, 1, 2] }),
      out: [3],
    });
    const graph = explainedGraph(model, OPTIONS);
    expect(graph.inputs).toMatchObject([{ name: 'image', dtype: 'uint8', dims: [SIDE, SIDE, 3] }]);
    const image = tensor('uint8', [SIDE, SIDE, 3], bytes(0));
    const outputs = await run(graph, { image });
    expect(outputs.logits?.dims).toEqual([3]);
    expect(outputs.saliency_map?.dims).toEqual([1, SIDE, SIDE]);
    expectClose(floats(outputs, 'attribution'), await attribution(model, image));
  });

  it('keeps half precision at its ends', async () => {
    const file = write(classifier(plain('float16'))).graph;
    const model = await Model.read({ bytes: file });
    const graph = explainedGraph(model, { ...OPTIONS, types: fileTypes(file) });
    expect(graph.inputs.map(({ dtype }) => dtype)).toEqual(['float16']);
    expect(graph.outputs.map(({ name, dtype }) => [name, dtype])).toEqual([
      ['logits', 'float16'],
      ['attribution', 'float32'],
      ['saliency_map', 'float32'],
    ]);
    const session = await onnxruntimeNode({ threads: 1 }).load(write(graph));
    await session.release();
  });

  it('gives a float32 map where the image is double precision', async () => {
    const toPlanes = (g: GraphBuilder, x: Value): Value => g.op('Cast', [x], { to: 1 });
    const model = await open({ ...plain('float64'), toPlanes });
    const graph = explainedGraph(model, OPTIONS);
    const image = tensor(
      'float64',
      [1, 3, SIDE, SIDE],
      Float64Array.from(bytes(0), (value) => value / 255),
    );
    const outputs = await run(graph, { image });
    expect(outputs.saliency_map?.dtype).toBe('float32');
    expect(Math.max(...floats(outputs, 'saliency_map'))).toBe(1);
  });

  it('explains the top class of scores that have further axes of one element', async () => {
    const model = await open({ ...plain('float32'), out: [1, 1, 3] });
    const image = float32(
      [1, 3, SIDE, SIDE],
      Array.from(bytes(1), (value) => value / 255),
    );
    const outputs = await run(explainedGraph(model, OPTIONS), { image });
    const logits = Array.from(floats(outputs, 'logits'));
    expect(logits.indexOf(Math.max(...logits))).toBeGreaterThan(0);
    expectClose(floats(outputs, 'attribution'), await attribution(model, image));
  });

  it('explains the element that its input `target` names for each row, and the top class below 0', async () => {
    const model = await open({ dtype: 'float32', dims: ['N', 3, SIDE, SIDE] });
    const graph = explainedGraph(model, { ...OPTIONS, target: 'input' });
    expect(graph.inputs.map(({ name, dtype, dims }) => ({ name, dtype, dims }))).toContainEqual({
      name: 'target',
      dtype: 'int64',
      dims: ['N'],
    });
    const row = (phase: number) =>
      float32(
        [1, 3, SIDE, SIDE],
        Array.from(bytes(phase), (value) => value / 255),
      );
    const [first, second] = [row(0), row(2)];
    const target = tensor('int64', [2], BigInt64Array.from([2n, -1n]));
    const given = floats(await run(graph, { image: joinRows([first, second]), target }), 'attribution');
    const size = 3 * SIDE * SIDE;
    expectClose(given.subarray(0, size), await attribution(model, first, 2));
    expectClose(given.subarray(size), await attribution(model, second));
  });

  it('keeps the metadata of its file', async () => {
    const model = await open(plain('float32'));
    const { graph } = write(explainedGraph(model, OPTIONS), { metadata: { names: "{0: 'cat'}", stride: '32' } });
    expect(readHeader(graph).metadata).toEqual({ names: "{0: 'cat'}", stride: '32' });
  });

  it('is refused where a name that is added is taken', async () => {
    const once = explainedGraph(await open(plain('float32')), OPTIONS);
    const again = await openGraph(once, { output: 'logits' });
    expect(() => explainedGraph(again, OPTIONS)).toThrow(
      expect.objectContaining({
        code: 'unprocessable_method',
        message: expect.stringContaining('a tensor named "saliency_map" already'),
      }),
    );
  });

  it('imports the operator sets of its nodes alone, and lists operators of other domains', async () => {
    const model = await openGraph({ ...classifier(plain('float32')), opsets: { '': 21, 'ai.onnx.ml': 3 } });
    const graph = explainedGraph(model, OPTIONS);
    expect(graph.opsets).toEqual({ '': 21 });
    expect(foreignOperators(graph)).toEqual([]);
    const [first, ...others] = graph.nodes;
    const foreign = { ...graph, nodes: [{ ...(first as (typeof graph.nodes)[0]), domain: 'my.domain' }, ...others] };
    expect(foreignOperators(foreign)).toEqual([`my.domain.${first?.op}`]);
  });
});
