/** Key points of a pose network, explained through its graph. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { TaskRegistry } from '../../../src/core/task/registry.ts';
import { repeatRow } from '../../../src/core/tensor/rows.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { builtinTasks } from '../../../src/tasks/index.ts';
import { builtinTasks as lazyTasks } from '../../../src/tasks/lazy.ts';
import { imageGraph, imageTensor, openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { onnxFile } from '../../support/onnx-file.ts';

const explainer = explainerOf(
  plugins.map(({ method }) => method),
  { tasks: new TaskRegistry(builtinTasks) },
);

const waves = (count: number, phase: number): number[] =>
  Array.from({ length: count }, (_, i) => 0.4 * Math.sin(1.7 * i + phase));

/** 3x32x32 images to 16 candidates of a box, a class, and two key points of x, y and score, channels first. */
function poseNet() {
  const g = GraphBuilder.empty('pose');
  const image = g.input('image', 'float32', ['N', 3, 32, 32]);
  const seen = g.op('Conv', [image, g.constant('float32', [6, 3, 8, 8], waves(1152, 0))], { strides: [8, 8] });
  const raw = g.op('Conv', [g.op('Tanh', [seen]), g.constant('float32', [11, 6, 1, 1], waves(66, 2))]);
  const flat = g.reshape(raw, ['N', 11, 16]);
  const part = (from: number, to: number) => g.op('Slice', [flat, g.ints([from]), g.ints([to]), g.ints([1])]);
  const cells = Array.from({ length: 16 }, (_, i) => [(i % 4) * 8 + 4, Math.floor(i / 4) * 8 + 4] as const);
  const at = (axis: 0 | 1) => cells.map((cell) => cell[axis]);
  const boxes = g.constant('float32', [1, 4, 16], [...at(0), ...at(1), ...new Array(32).fill(8)]);
  const points = g.constant('float32', [1, 2, 16], [...at(0), ...at(1)]);
  const probability = (index: number) => g.op('Sigmoid', [part(index, index + 1)]);
  const out = g.op(
    'Concat',
    [
      g.add(part(0, 4), boxes),
      probability(4),
      g.add(part(5, 7), points),
      probability(7),
      g.add(part(8, 10), points),
      probability(10),
    ],
    { axis: 1 },
  );
  const metadata = {
    task: 'pose',
    stride: '32',
    names: "{0: 'person'}",
    kpt_shape: '[2, 3]',
    kpt_names: "{0: ['nose', 'tail']}",
  };
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return Model.read({ bytes: onnxFile(g.build([g.named(out, 'out')]), { metadataProps }) });
}

const model = await poseNet();
const image = float32([1, 3, 32, 32], waves(3072, 0.5));

async function explain(method: string, target: string, params = {}) {
  const { rows } = await explainer.explain(model, { method, params, target, inputs: { image }, read: {} });
  return rows[0] as ExplainedRow;
}

describe('a key point of a pose network', () => {
  it.each([
    ['box:1/keypoint:0', 0],
    ['box:1/keypoint:tail', 1],
  ])('%s has the gradient of central differences', async (target, point) => {
    const row = await explain('saliency', target, { absolute: false });
    const { keypoints, position } = row.predictions?.[1] ?? {};
    expect(row.score).toBeCloseTo(keypoints?.[point]?.[2] as number, 6);
    const gradient = row.values.image?.data ?? new Float32Array();
    const strongest = [...gradient.keys()]
      .sort((a, b) => Math.abs(gradient[b] ?? 0) - Math.abs(gradient[a] ?? 0))
      .slice(0, 4);
    const rows = repeatRow(image, 8);
    const step = 1 / 64;
    for (const [i, element] of strongest.entries()) {
      rows.data[2 * i * 3072 + element] = (image.data[element] as number) + step;
      rows.data[(2 * i + 1) * 3072 + element] = (image.data[element] as number) - step;
    }
    const { out } = await explainer.infer(model, { inputs: { image: rows }, names: ['out'] });
    const scoreOf = (line: number) => Number(out?.data[line * 176 + (7 + 3 * point) * 16 + Number(position)]);
    for (const [i, element] of strongest.entries()) {
      expect(gradient[element]).toBeCloseTo((scoreOf(2 * i) - scoreOf(2 * i + 1)) / (2 * step), 4);
      expect(Math.abs(gradient[element] as number)).toBeGreaterThan(1e-3);
    }
  });

  it.each(['hires_cam', 'occlusion', 'd_rise'])('has a map by %s', async (method) => {
    const row = await explain(method, 'box:0/keypoint:nose', method === 'd_rise' ? { n_masks: 64 } : {});
    expect(row.score).toBeCloseTo(row.predictions?.[0]?.keypoints?.[0]?.[2] as number, 6);
    const values = Object.values(row.values).flatMap(({ data }) => Array.from(data));
    expect(values.every(Number.isFinite)).toBe(true);
    expect(Math.max(...values)).toBeGreaterThan(Math.min(...values));
  });

  it('is refused by tasks without key points', async () => {
    const classifier = await openGraph(imageGraph());
    const asked = { method: 'saliency', inputs: { image: imageTensor() }, read: {}, target: 'box:0/keypoint:0' };
    await expect(explainer.explain(classifier, asked)).rejects.toThrow(
      'Predictions of the task "classification" have no key points: choose one of them, such as box:0.',
    );
  });
});

describe('a detection by the tasks of a Worker', () => {
  it('is loaded by its first answer, and explained as on other servers', async () => {
    const methods = plugins.filter(({ method }) => method.id === 'saliency').map(({ method }) => method);
    const worker = explainerOf(methods, { tasks: new TaskRegistry(lazyTasks) });
    const request = { method: 'saliency', target: 'box:1/keypoint:tail', inputs: { image }, read: {} };
    expect((await worker.explain(model, request)).rows).toEqual((await explainer.explain(model, request)).rows);
  });
});
