import { describe, expect, it } from 'vitest';
import { explainedGraph, WRITTEN_METHODS } from '../../../src/cli/export/explained/graph.ts';
import { halfWeights } from '../../../src/cli/export/explained/half-weights.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { joinRows } from '../../../src/core/tensor/rows.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import hiresCam from '../../../src/plugins/activation/hires-cam.ts';
import layerCam from '../../../src/plugins/activation/layer-cam.ts';
import reciproCam from '../../../src/plugins/activation/recipro-cam.ts';
import inputXGradient from '../../../src/plugins/gradient/input-x-gradient.ts';
import integratedGradients from '../../../src/plugins/gradient/integrated-gradients.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import { openGraph, vectorGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const SIDE = 12;

/** 3x12x12 -> convolution of stride 2, ReLU -> mean -> 3 classes, softmax. */
function classifier() {
  const g = GraphBuilder.empty('net');
  const weights = (dims: number[], of: (i: number) => number) =>
    g.constant(
      'float32',
      dims,
      Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => of(i)),
    );
  const x = g.input('image', 'float32', ['N', 3, SIDE, SIDE]);
  const maps = g.op('Conv', [x, weights([4, 3, 3, 3], (i) => Math.sin(i * 1.3))], {
    pads: [1, 1, 1, 1],
    strides: [2, 2],
  });
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [g.op('Relu', [maps])])]);
  const logits = g.named(g.op('MatMul', [pooled, weights([4, 3], (i) => Math.cos(i * 2.1))]), 'logits');
  return g.build([g.named(g.op('Softmax', [logits]), 'probabilities')]);
}

const row = (phase: number) =>
  float32(
    [1, 3, SIDE, SIDE],
    Array.from({ length: 3 * SIDE * SIDE }, (_, i) => Math.sin(i * 0.37 + phase)),
  );
const images = joinRows([row(0), row(2)]);

function stretched(map: Float32Array): number[] {
  const [low, high] = [Math.min(...map), Math.max(...map)];
  return Array.from(map, (value) => (value - low) / (high - low));
}

const METHODS = [gradCam, hiresCam, layerCam, reciproCam, saliency, inputXGradient, integratedGradients];

describe('explainedGraph', () => {
  it.each(WRITTEN_METHODS)('adds the map of %s for each row, and keeps the outputs of the model', async (method) => {
    const model = await openGraph(classifier());
    const session = await onnxruntimeNode({ threads: 1 }).load(write(explainedGraph(model, { method })));
    const outputs = await session.run({ image: images });
    await session.release();
    const explainer = explainerOf(METHODS);
    const { rows } = await explainer.explain(model, { method, inputs: { image: images } });
    expect(Object.keys(outputs).sort()).toEqual(['attribution', 'logits', 'probabilities', 'saliency_map']);
    expect(outputs.saliency_map?.dims).toEqual([2, SIDE, SIDE]);
    for (const [i, { map }] of rows.entries()) {
      const expected = stretched(map?.data as Float32Array);
      const given = outputs.saliency_map?.data.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);
      for (const [at, value] of expected.entries()) expect(given?.[at]).toBeCloseTo(value, 4);
    }
  });

  it('explains the given target', async () => {
    const model = await openGraph(classifier());
    const session = await onnxruntimeNode({ threads: 1 }).load(
      write(explainedGraph(model, { method: 'saliency', target: 2 })),
    );
    const { attribution } = await session.run({ image: row(0) });
    await session.release();
    const explained = await explainerOf([saliency]).explain(model, {
      method: 'saliency',
      target: 2,
      inputs: { image: row(0) },
    });
    const values = explained.rows[0]?.values.image?.data as Float32Array;
    for (const [at, value] of values.entries()) expect(attribution?.data[at]).toBeCloseTo(value, 5);
  });

  it.each(['recipro_cam', 'integrated_gradients'] as const)('explains the given target by %s', async (method) => {
    const model = await openGraph(classifier());
    const session = await onnxruntimeNode({ threads: 1 }).load(
      write(explainedGraph(model, { method, target: 1, steps: 9 })),
    );
    const { saliency_map: drawn } = await session.run({ image: images });
    await session.release();
    const params = method === 'recipro_cam' ? {} : { n_steps: 9 };
    const { rows } = await explainerOf(METHODS).explain(model, {
      method,
      params,
      target: 1,
      inputs: { image: images },
    });
    for (const [i, { map }] of rows.entries()) {
      const given = drawn?.data.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);
      for (const [at, value] of stretched(map?.data as Float32Array).entries()) {
        expect(given?.[at]).toBeCloseTo(value, 4);
      }
    }
  });

  it('stores each weight once, and half as large as float16', async () => {
    const model = await openGraph(classifier());
    const sizes = (graph: Graph) => [...graph.constants].map(([, { bytes }]) => bytes.length);
    const single = explainedGraph(model, { method: 'recipro_cam' });
    expect(sizes(single).filter((size) => size === 4 * 3 * 9 * 4)).toHaveLength(1);
    const wide = {
      ...single,
      constants: new Map([['w', makeConstant('float32', [100], new Float32Array(100).fill(0.5))]]),
    };
    const half = halfWeights({ ...wide, nodes: [] });
    expect(half.constants.get('w/half')).toMatchObject({ dtype: 'float16', dims: [100] });
    expect(half.nodes).toMatchObject([{ op: 'Cast', outputs: ['w'] }]);
    const large = new Map([['w', makeConstant('float32', [100], new Float32Array(100).fill(1e5))]]);
    expect(() => halfWeights({ ...single, constants: large })).toThrow(/"w" hold 100000, and float16 ends at 65504/);
  });

  it('refuses an unknown target, and a class activation map of a model without an image', async () => {
    const model = await openGraph(classifier());
    expect(() => explainedGraph(model, { method: 'saliency', target: 3 })).toThrow(/no score 3/);
    for (const method of ['grad_cam', 'recipro_cam'] as const) {
      const table = await openGraph(vectorGraph());
      expect(() => explainedGraph(table, { method })).toThrow(/sees no image, which class activation maps need/);
    }
  });
});
