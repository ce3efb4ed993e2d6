import { describe, expect, it } from 'vitest';
import { explainedGraph } from '../../../src/cli/export/explained/graph.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Dim } from '../../../src/core/onnx/graph.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { joinRows } from '../../../src/core/tensor/rows.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import hiresCam from '../../../src/plugins/activation/hires-cam.ts';
import layerCam from '../../../src/plugins/activation/layer-cam.ts';
import reciproCam from '../../../src/plugins/activation/recipro-cam.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { transformer } from '../../support/transformer.ts';

const METHODS = [gradCam, hiresCam, layerCam, reciproCam];
type Id = 'grad_cam' | 'hires_cam' | 'layer_cam' | 'recipro_cam';
const IDS = METHODS.map(({ id }) => id as Id);

const row = (phase: number, [height, width]: readonly [number, number]) =>
  float32(
    [1, 3, height, width],
    Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i * 0.37 + phase)),
  );

/** Expects the map of an explained model to be that of the method, stretched to 0..1, for two rows. */
async function expectSameMap(model: Model, method: Id, size: readonly [number, number], digits: number): Promise<void> {
  const image = joinRows([row(0, size), row(2, size)]);
  const session = await onnxruntimeNode({ threads: 1 }).load(write(explainedGraph(model, { method })));
  const { saliency_map: given } = await session.run({ image });
  await session.release();
  expect(given?.dims).toEqual([2, ...size]);
  const { rows } = await explainerOf(METHODS).explain(model, { method, inputs: { image } });
  const expected = rows.flatMap(({ map }) => {
    const values = Array.from(map?.data ?? []);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return values.map((value) => (high > low ? (value - low) / (high - low) : 0));
  });
  expect(expected).toHaveLength(2 * size[0] * size[1]);
  for (const [at, value] of expected.entries()) expect(given?.data[at]).toBeCloseTo(value, digits);
}

/** Pixels -> 4 channels -> `between` -> mean over places -> 3 classes. */
function classifier(dims: readonly Dim[], between: (g: GraphBuilder, maps: Value) => Value): Promise<Model> {
  const g = GraphBuilder.empty('net');
  const weights = (shape: number[], phase: number) =>
    g.constant(
      'float32',
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.3 + phase)),
    );
  const x = g.input('image', 'float32', dims);
  const pixels = g.op('Relu', [g.op('Conv', [x, weights([4, 3, 3, 3], 0)], { pads: [1, 1, 1, 1], strides: [2, 2] })]);
  return openGraph(g.build([g.named(g.op('MatMul', [between(g, pixels), weights([4, 3], 2)]), 'logits')]));
}

describe('an explained model has the maps of class activation methods', () => {
  it.each(IDS)('%s over the tokens of a transformer', async (method) => {
    // The scores of single tokens differ in the fourth digit: stretched to 0..1, the last digit of float32 is the fourth.
    await expectSameMap(await transformer(), method, [8, 8], method === 'recipro_cam' ? 2 : 4);
  });

  it.each(IDS)('%s over an image of open size', async (method) => {
    const model = await classifier(['N', 3, 'H', 'W'], (g, maps) => g.reduce('ReduceMean', maps, [2, 3], false));
    await expectSameMap(model, method, [12, 8], 4);
  });

  it.each(IDS)('%s over tokens in windows', async (method) => {
    const model = await classifier(['N', 3, 8, 8], (g, maps) => {
      const parts = g.op('Reshape', [maps, g.ints([0, 4, 2, 2, 2, 2])]);
      const windows = g.op('Reshape', [g.op('Transpose', [parts], { perm: [0, 2, 4, 3, 5, 1] }), g.ints([0, 16, 4])]);
      const moved = g.op('Relu', [g.op('Add', [windows, g.constant('float32', [1, 1, 1], [-0.2])])]);
      return g.reduce('ReduceMean', moved, [1], false);
    });
    await expectSameMap(model, method, [8, 8], 4);
  });
});
