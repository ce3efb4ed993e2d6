/** The number that is explained for a box, by methods that differentiate it. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { SessionCache } from '../../../src/core/engine/session-cache.ts';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import type { ReadRequest } from '../../../src/core/explainer/request.ts';
import { TaskRegistry } from '../../../src/core/task/registry.ts';
import { repeatRow } from '../../../src/core/tensor/rows.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { builtinTasks } from '../../../src/tasks/index.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { detectorImage, smallDetector } from '../../support/small-detector.ts';

const methods = plugins.map(({ method }) => method);
const tasks = new TaskRegistry(builtinTasks);
const explainer = explainerOf(methods, { tasks });
const model = await smallDetector();
const image = detectorImage();

interface Question {
  readonly target?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly read?: ReadRequest;
}

async function explain(method: string, { target = 'box:1', params = {}, read = {} }: Question = {}) {
  const { rows } = await explainer.explain(model, { method, params, target, inputs: { image }, read });
  return rows[0] as ExplainedRow;
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe('the score of a box', () => {
  it('is its objectness times the probability of its class', async () => {
    const row = await explain('saliency');
    const { position, score } = row.predictions?.[1] ?? {};
    const { out } = await explainer.infer(model, { inputs: { image }, names: ['out'] });
    const [objectness, cup, plate] = [4, 5, 6].map((i) => Number(out?.data[7 * Number(position) + i]));
    expect(score).toBeCloseTo((objectness as number) * Math.max(cup as number, plate as number), 6);
    expect(row.score).toBeCloseTo(score as number, 6);
  });

  it('is the probability of its class alone where the request says so', async () => {
    const row = await explain('saliency', { read: { boxScore: 'class' } });
    const { out } = await explainer.infer(model, { inputs: { image }, names: ['out'] });
    const { position, class: klass } = row.predictions?.[1] ?? {};
    expect(row.score).toBeCloseTo(Number(out?.data[7 * Number(position) + 5 + Number(klass)]), 6);
  });

  it.each(['confidence', 'class'] as const)('has the gradient of central differences (%s)', async (boxScore) => {
    const row = await explain('saliency', { params: { absolute: false }, read: { boxScore } });
    const gradient = row.values.image?.data ?? new Float32Array();
    const { position, class: klass } = row.predictions?.[1] ?? {};
    const at = [...gradient.keys()].sort((a, b) => Math.abs(gradient[b] ?? 0) - Math.abs(gradient[a] ?? 0)).slice(0, 8);
    const step = 1 / 64;
    const rows = repeatRow(image, 16);
    for (const [i, element] of at.entries()) {
      rows.data[2 * i * 3072 + element] = (image.data[element] as number) + step;
      rows.data[(2 * i + 1) * 3072 + element] = (image.data[element] as number) - step;
    }
    const { out } = await explainer.infer(model, { inputs: { image: rows }, names: ['out'] });
    const scoreOf = (line: number) => {
      const [objectness, probability] = [4, 5 + Number(klass)].map((i) =>
        Number(out?.data[line * 560 + 7 * Number(position) + i]),
      ) as [number, number];
      return boxScore === 'class' ? probability : objectness * probability;
    };
    for (const [i, element] of at.entries()) {
      const difference = (scoreOf(2 * i) - scoreOf(2 * i + 1)) / (2 * step);
      expect(gradient[element]).toBeCloseTo(difference, 4);
    }
  });

  /** Similarity of a candidate to itself in another run: overlap, cosine of the classes, objectness. */
  function similarity(now: readonly number[], before: readonly number[]): number {
    const corners = ([x = 0, y = 0, w = 0, h = 0]: readonly number[]) => [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
    const [a, b] = [corners(now), corners(before)] as [
      [number, number, number, number],
      [number, number, number, number],
    ];
    const shared = (Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * (Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
    const area = ([, , w = 0, h = 0]: readonly number[]) => w * h;
    const [p, q] = [now.slice(5), before.slice(5)];
    const dot = (u: readonly number[], v: readonly number[]) =>
      u.reduce((total, value, i) => total + value * (v[i] ?? 0), 0);
    const cosine = dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q));
    return (shared / (area(now) + area(before) - shared)) * cosine * (now[4] as number);
  }

  it('is the similarity to the box itself, whose overlap the path of integrated gradients goes through', async () => {
    const read = { boxScore: 'similarity' } as const;
    const row = await explain('integrated_gradients', { params: { n_steps: 256 }, read });
    const inputs = { image: repeatRow(image, 2) };
    inputs.image.data.fill(0, 3072);
    const { out } = await explainer.infer(model, { inputs, names: ['out'] });
    const candidate = (line: number) =>
      Array.from({ length: 7 }, (_, i) =>
        Number(out?.data[line * 560 + 7 * Number(row.predictions?.[1]?.position) + i]),
      );
    expect(row.score).toBeCloseTo(candidate(0)[4] as number, 4);
    expect(row.baselineScore).toBeCloseTo(similarity(candidate(1), candidate(0)), 3);
    expect(sum(row.values.image?.data ?? [])).toBeCloseTo(row.score - (row.baselineScore as number), 3);
  });

  it('has the gradient of the objectness at the box itself, where overlap and likeness are at their max', async () => {
    const params = { absolute: false };
    const similar = await explain('saliency', { params, read: { boxScore: 'similarity' } });
    const { position } = similar.predictions?.[1] ?? {};
    const target = JSON.stringify({ weights: [{ index: 7 * Number(position) + 4, weight: 1 }] });
    const objectness = await explain('saliency', { params, target });
    const [a, b] = [similar.values.image?.data ?? [], objectness.values.image?.data ?? []];
    expect(Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))))).toBeLessThan(1e-5);
  });

  it.each(['grad_cam', 'hires_cam'])('has a map at the places alone that have a part in it (%s)', async (method) => {
    const { values } = await explain(method, { params: { relu: false } });
    const [map] = Object.values(values);
    expect(Array.from(map?.data ?? []).filter((value) => value !== 0)).toHaveLength(1);
  });

  it.each([
    ['integrated_gradients', { n_steps: 128 }],
    ['integrated_gradients', { n_steps: 128, baseline: -0.5 }],
  ])('falls by the sum of the values between input and baseline (%s, %j)', async (method, params) => {
    const row = await explain(method, { params });
    expect(row.baselineScore).toBeDefined();
    const difference = row.score - (row.baselineScore as number);
    expect(Math.abs(difference)).toBeGreaterThan(0.01);
    expect(Math.abs(sum(row.values.image?.data ?? []) - difference)).toBeLessThan(1e-3);
  });

  it('is explained by one graph for every box', async () => {
    let loads = 0;
    const engine = onnxruntimeNode({ threads: 1 });
    const counting: typeof engine = {
      ...engine,
      load(...args) {
        loads += 1;
        return engine.load(...args);
      },
    };
    const own = explainerOf(methods, { tasks, engine: counting, sessions: new SessionCache(2 ** 26) });
    const ask = (target: string) => own.explain(model, { method: 'saliency', target, inputs: { image }, read: {} });
    const first = await ask('box:0');
    const after = loads;
    const second = await ask('box:1');
    expect(loads).toBe(after);
    expect(second.rows[0]?.values).not.toEqual(first.rows[0]?.values);
  });
});
