/** Classes that finer_cam compares a target with, where every pixel or token has scores of its own. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { TaskRegistry } from '../../../src/core/task/registry.ts';
import finerCam from '../../../src/plugins/activation/finer-cam.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import { builtinTasks } from '../../../src/tasks/index.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { fractionRow, weights } from '../../support/convention-nets.ts';
import { taskSubjects } from '../../support/task-subjects.ts';

const explainer = explainerOf([finerCam, gradCam]);
const PIXELS = 16;

/** Scores of three classes at each of 4 x 4 pixels, along the second axis or the last. */
function segmentation(last: boolean) {
  const g = GraphBuilder.empty();
  const x = g.input('image', 'float32', ['N', 2, 4, 4]);
  const conv = g.op('Conv', [x, weights(g, 1, [5, 2, 3, 3])], { pads: [1, 1, 1, 1] });
  const scores = g.op('Conv', [g.op('Relu', [conv]), weights(g, 2, [3, 5, 1, 1])]);
  const rows = last ? g.op('Reshape', [g.transpose(scores, [0, 2, 3, 1]), g.ints([0, PIXELS, 3])]) : scores;
  return openGraph(g.build([g.named(rows, 'scores')]));
}

it.each([
  ['the second axis', false],
  ['the last axis', true],
])('finer_cam compares with the nearest class of the same pixel along %s', async (_, last) => {
  const model = await segmentation(last);
  const indexOf = (pixel: number, of: number): number => (last ? 3 * pixel + of : PIXELS * of + pixel);
  const inputs = { image: fractionRow(30, [2, 4, 4], 2) };
  const [row] = await explainer.predict(model, { inputs });
  const pixel = 9;
  const away = (other: number): number =>
    Math.abs((row?.scores[indexOf(pixel, other)] as number) - (row?.scores[indexOf(pixel, 0)] as number));
  const nearest = away(1) < away(2) ? 1 : 2;
  const values = async (method: string, target: object | number, params = {}) => {
    const { rows } = await explainer.explain(model, { method, target, inputs, params: { relu: false, ...params } });
    return Array.from(Object.values(rows[0]?.values ?? {})[0]?.data ?? []);
  };
  const place = { position: last ? pixel : [2, 1], class_axis: last ? 1 : 0 };
  const expected = await values('grad_cam', { ...place, weights: { 0: 1, [nearest]: -1 } });
  const found = await values('finer_cam', { ...place, class: 0 }, { comparisons: [1] });
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(1e-3);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
});

describe('finer_cam on the candidates of a detector', () => {
  const tasks = new TaskRegistry(builtinTasks);
  const detectors = explainerOf([finerCam, gradCam], { tasks });
  const open = async (wanted = 'oriented_detection') => {
    const { model, inputs } = await (taskSubjects.find(({ task }) => task === wanted) ?? fail()).open();
    return { model, inputs, read: { threshold: 0 } };
  };
  const valuesOf = async (request: object, task?: string): Promise<number[]> => {
    const { model, inputs } = await open(task);
    const { rows } = await detectors.explain(model, { method: 'finer_cam', inputs, ...request });
    return Array.from(Object.values(rows[0]?.values ?? {})[0]?.data ?? []);
  };
  const COLUMNS = 7;

  it('compares with the other classes of the box and with no edge or angle of it', async () => {
    const { model, inputs, read } = await open();
    const { rows } = await detectors.explain(model, { method: 'grad_cam', inputs, read, target: 'box:0' });
    const { class: chosen = 0, position = 0 } = rows[0]?.predictions?.[0] ?? {};
    const element = (of: number) => ({ index: COLUMNS * Number(position) + 4 + of, weight: of === chosen ? 1 : -1 });
    const params = { relu: false };
    const expected = await valuesOf({ method: 'grad_cam', params, target: { weights: [element(0), element(1)] } });
    const found = await valuesOf({ read, params: { ...params, comparisons: [1, 2, 3] }, target: 'box:0' });
    // The map of a box is 0 where nothing reaches the box.
    const there = [...found.entries()].filter(([, value]) => value !== 0);
    expect(there.length).toBeGreaterThan(0);
    for (const [i, value] of there) expect(value).toBeCloseTo(expected[i] as number, 6);
  });

  it.each([
    ['the similarity of a box', 'object_detection', { boxScore: 'similarity' }, 'box:0'],
    ['a key point of a box', 'pose', {}, 'box:0/keypoint:0'],
  ])('refuses %s, which is no class', async (_, task, read, target) => {
    const request = { read: { threshold: 0, ...read }, target };
    await expect(valuesOf(request, task)).rejects.toMatchObject({
      code: 'unprocessable_method',
      message: expect.stringContaining('beside the explained number there are none'),
    });
  });

  it('takes the classes that have names where an element is chosen by its place', async () => {
    const place = { class_axis: 1, position: 5 };
    const params = { relu: false };
    const expected = await valuesOf({
      method: 'grad_cam',
      params,
      target: { ...place, weights: { 0: 1, 1: -1 } },
    });
    const found = await valuesOf({ params, target: { ...place, class: 0 } });
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
  });
});

function fail(): never {
  throw new Error('The trial models have no detector of this kind.');
}
