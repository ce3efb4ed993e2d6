import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../../src/core/autodiff/compile.ts';
import { GraphBuilder, type Value } from '../../../../src/core/onnx/builder.ts';
import { constantValues } from '../../../../src/core/onnx/constant.ts';
import type { Constant, Graph } from '../../../../src/core/onnx/graph.ts';
import { read } from '../../../../src/core/onnx/read.ts';
import { tieRows } from '../../../../src/core/onnx/simplify/tie-rows.ts';
import { write } from '../../../../src/core/onnx/write.ts';
import { Random } from '../../../../src/core/tensor/random.ts';
import { sizeOf, tensor } from '../../../../src/core/tensor/tensor.ts';
import { open } from '../../../../src/testing/open.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-tie-rows-'));
afterAll(() => rmSync(folder, { recursive: true }));

const random = (seed: number, dims: readonly number[]) => new Random(seed, 0).normal(sizeOf(dims));
const CHANNELS = 32;

/** ReLU6 of a convolution by random weights of expected length 1. */
function layer(g: GraphBuilder, x: Value, dims: readonly number[], attributes = {}): Value {
  const scale = Math.sqrt(2 / sizeOf(dims.slice(1)));
  const weights = Array.from(random(dims.length + sizeOf(dims), dims), (w) => w * scale);
  const y = g.op('Conv', [x, g.constant('float32', dims, weights)], attributes);
  return g.op('Clip', [y, g.scalar(0), g.scalar(6)]);
}

/** Three scores of an image by depthwise and pointwise convolutions, a pooling and a matrix, as MobileNet has them. */
function mobileNet(): Graph {
  const g = GraphBuilder.empty();
  const pads = [1, 1, 1, 1];
  let y = layer(g, g.input('x', 'float32', ['N', 3, 32, 32]), [CHANNELS, 3, 3, 3], { pads, strides: [2, 2] });
  for (const strides of [
    [1, 1],
    [2, 2],
  ]) {
    y = layer(g, y, [CHANNELS, 1, 3, 3], { pads, strides, group: CHANNELS });
    y = layer(g, y, [CHANNELS, CHANNELS, 1, 1]);
  }
  const features = g.op('Flatten', [g.op('GlobalAveragePool', [y])]);
  const weights = g.constant('float32', [CHANNELS, 3], random(9, [CHANNELS, 3]));
  return g.build([g.named(g.op('MatMul', [features, weights]), 'scores')]);
}

const gradientFor = (targets: 'one' | 'several') =>
  compile(mobileNet(), { scores: 'scores', gradients: ['x'], optimize: 'speed', targets });

/** Reorderings between the layouts of tensors in the graph that onnxruntime makes of this one. */
async function countReorderings(graph: Graph, name: string): Promise<number> {
  const optimizedModelFilePath = join(folder, `${name}.onnx`);
  const options = { optimizedModelFilePath, logSeverityLevel: 4 } as const;
  await (await InferenceSession.create(write(graph).graph, options)).release();
  const { nodes } = read(readFileSync(optimizedModelFilePath));
  return nodes.filter(({ op }) => op.startsWith('Reorder')).length;
}

describe('tieRows', () => {
  it('keeps the gradient of a network in blocks of channels, on processors whose kernels have them', async () => {
    const [tied, untied] = [
      await countReorderings(gradientFor('one'), 'one'),
      await countReorderings(gradientFor('several'), 'several'),
    ];
    // One each for the input of the first layer of the backward pass, both sides of the zeros, and the results.
    expect(tied).toBeLessThanOrEqual(7);
    if (untied > 0) expect(untied).toBeGreaterThan(2 * tied);
  });

  it('leaves the values as they are, for any number of rows', async () => {
    const [one, several] = [await open(gradientFor('one')), await open(gradientFor('several'))];
    for (const rows of [1, 3]) {
      const feeds = {
        x: tensor('float32', [rows, 3, 32, 32], random(1, [rows, 3, 32, 32])),
        [COTANGENT]: tensor('float32', [rows, 3], random(2, [rows, 3])),
      };
      const [given, expected] = [(await one(feeds))[gradientName('x')], (await several(feeds))[gradientName('x')]];
      expect(given?.dims).toEqual([rows, 3, 32, 32]);
      for (const [i, value] of Array.from(expected?.data as Float32Array).entries())
        expect(Number(given?.data[i])).toBeCloseTo(value, 5);
    }
    await Promise.all([one.release(), several.release()]);
  });

  it('copies the rows where a shape keeps them, and leaves shapes that do not alone', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2, 3]);
    const wide = g.input('wide', 'float32', ['N', 6, 4]);
    const column = g.op('Reshape', [x, g.ints([-1, 6, 1])]);
    const spread = g.op('Expand', [column, g.op('Shape', [wide])]);
    const mixed = g.op('Reshape', [x, g.ints([-1, 3])]);
    const line = g.op('Conv', [x, g.constant('float32', [1, 2, 1], [1, 2])]);
    const graph = tieRows(g.build([spread, mixed, line]));
    const reshaping = graph.nodes.filter(({ op }) => op !== 'Conv');
    const shapes = reshaping.map(({ op, inputs }) => [
      op,
      ...constantValues(graph.constants.get(inputs[1] ?? '') as Constant),
    ]);
    expect(shapes.map((shape) => shape.map(String))).toEqual([
      ['Reshape', '0', '6', '1'],
      ['Expand', '1', '6', '4'],
      ['Reshape', '-1', '3'],
    ]);
  });

  it('leaves a graph alone in which no convolution has a constant kernel, which never runs in blocks', () => {
    const g = GraphBuilder.empty();
    const [x, kernel] = [g.input('x', 'float32', ['N', 2, 3, 3]), g.input('kernel', 'float32', [4, 2, 1, 1])];
    const graph = g.build([g.op('Reshape', [g.op('Conv', [x, kernel]), g.ints([-1, 36])])]);
    expect(tieRows(graph)).toBe(graph);
  });
});
