/** Faithfulness metrics of what tasks explain: boxes, regions, tokens, spans, likeness. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import type { ExplainRequest } from '../../../src/core/explainer/request.ts';
import { metrics } from '../../../src/core/metrics/index.ts';
import { isMeasured, measureRows, planMetrics } from '../../../src/core/metrics/measure.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { TaskRegistry } from '../../../src/core/task/registry.ts';
import { float32, tensor } from '../../../src/core/tensor/tensor.ts';
import { builtinTasks } from '../../../src/tasks/index.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { detectorImage, smallDetector } from '../../support/small-detector.ts';

const tasks = new TaskRegistry(builtinTasks);
const explainer = explainerOf(
  plugins.map(({ method }) => method),
  { tasks },
);

const waves = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(1.3 * i) / 2);

/** 3x8x8 images to maps of as many channels. */
function mapper(channels: number, name: string, end: (g: GraphBuilder, map: Value) => Value): Promise<Model> {
  const g = GraphBuilder.empty('mapper');
  const image = g.input('image', 'float32', ['N', 3, 8, 8]);
  const kernel = g.constant('float32', [channels, 3, 3, 3], waves(channels * 27));
  const map = g.op('Tanh', [g.op('Conv', [image, kernel], { pads: [1, 1, 1, 1] })]);
  return openGraph(g.build([g.named(end(g, map), name)]));
}

/** Six token ids to outputs of two or more channels at each token. */
function reader(channels: number, outputs: (g: GraphBuilder, tokens: Value) => Value[], labels?: string[]) {
  const g = GraphBuilder.empty('reader');
  const ids = g.input('input_ids', 'int64', ['N', 6]);
  const embedded = g.op('Gather', [g.constant('float32', [20, 4], waves(80)), ids]);
  const mixed = g.add(embedded, g.reduce('ReduceMean', embedded, [1]));
  const weights = g.constant('float32', [4, channels], waves(4 * channels));
  return openGraph(g.build(outputs(g, g.op('MatMul', [g.op('Tanh', [mixed]), weights]))), labels ? { labels } : {});
}

const channel = (g: GraphBuilder, x: Value, index: number, name: string): Value =>
  g.named(g.op('Gather', [x, g.constant('int64', [], [index])], { axis: 2 }), name);

const ofImage = { inputs: { image: float32([1, 3, 8, 8], waves(192)) } };
const ofTokens = { inputs: { input_ids: tensor('int64', [1, 6], BigInt64Array.of(3n, 8n, 1n, 15n, 7n, 2n)) } };

type Asked = Pick<ExplainRequest, 'inputs' | 'target' | 'read' | 'corrections'>;

const CASES: Readonly<Record<string, () => Promise<{ model: Model; request: Asked }>>> = {
  'a box': async () => ({
    model: await smallDetector(),
    request: { inputs: { image: detectorImage() }, target: 'box:1', read: {} },
  }),
  'a class in a region': async () => ({
    model: await mapper(3, 'classes', (g, map) => g.op('Softmax', [map], { axis: 1 })),
    request: { ...ofImage, target: 'point:2,5', read: {}, corrections: { task: 'segmentation' } },
  }),
  'a region of a depth map': async () => ({
    model: await mapper(1, 'predicted_depth', (g, map) => g.op('Squeeze', [map, g.ints([1])])),
    request: { ...ofImage, target: 'box:1,1,4,4', read: {}, corrections: { task: 'depth' } },
  }),
  'the class of a token': async () => ({
    model: await reader(3, (g, tokens) => [g.named(tokens, 'logits')], ['O', 'PER', 'LOC']),
    request: { ...ofTokens, target: 'PER', read: {}, corrections: { task: 'token_classification' } },
  }),
  'the next token': async () => ({
    model: await reader(40, (g, tokens) => [g.named(tokens, 'logits')]),
    request: { ...ofTokens, read: {}, corrections: { task: 'next_token' } },
  }),
  'an answer': async () => ({
    model: await reader(2, (g, tokens) => [channel(g, tokens, 0, 'start_logits'), channel(g, tokens, 1, 'end_logits')]),
    request: { ...ofTokens, read: {}, corrections: { task: 'question_answering' } },
  }),
  'the likeness of embeddings': async () => ({
    model: await reader(3, (g, tokens) => [g.named(g.reduce('ReduceMean', tokens, [1], false), 'embedding')]),
    request: { ...ofTokens, read: { similarTo: [1, -2, 0.5] } },
  }),
};

const METRICS = ['deletion', 'insertion', 'faithfulness_correlation', 'sensitivity_n'];

describe.each(Object.entries(CASES))('metrics of %s', (_, makeCase) => {
  it('measure the explained number from the undisturbed input on', async () => {
    const { model, request } = await makeCase();
    const plan = explainer.plan(model, { ...request, method: 'occlusion' });
    const { rows } = await explainer.run(plan);
    const [row] = rows as [ExplainedRow];
    expect(row.nothing).toBeUndefined();
    const planned = planMetrics(
      plan,
      METRICS.map((metric) => ({
        metric,
        params: metric === 'deletion' || metric === 'insertion' ? { answer: 'score', steps: 4 } : {},
      })),
    );
    const [measured = []] = await measureRows(explainer, plan, rows, planned);
    const byName = Object.fromEntries(measured.map((one) => [one.metric, one]));
    for (const one of measured) {
      const score = isMeasured(one) ? one.score : one.error.message;
      expect([one.metric, score]).toEqual([one.metric, expect.any(Number)]);
      expect(Number.isFinite(score)).toBe(true);
    }
    const [deletion, insertion] = [byName.deletion, byName.insertion];
    const ends = (one: typeof deletion) => (one && isMeasured(one) ? [one.curve?.y[0], one.curve?.y.at(-1)] : []);
    expect(ends(deletion)[0]).toBeCloseTo(row.score, 5);
    expect(ends(insertion)[1]).toBeCloseTo(row.score, 5);
    expect(ends(deletion)[1]).toBeCloseTo(ends(insertion)[0] as number, 5);
    expect(Math.abs((ends(deletion)[0] as number) - (ends(deletion)[1] as number))).toBeGreaterThan(1e-5);
  });
});

describe('metrics of location', () => {
  it('take the box of the explained prediction for the object where no other is known', async () => {
    const { model, request } = await (CASES['a box'] as () => ReturnType<(typeof CASES)[string]>)();
    const plan = explainer.plan(model, { ...request, method: 'saliency' });
    const { rows } = await explainer.run(plan);
    const planned = planMetrics(plan, [{ metric: 'pointing_game' }, { metric: 'energy_in_box' }]);
    const [measured = []] = await measureRows(explainer, plan, rows, planned);
    // The candidate sees 4x4 or 8x8 pixels around its centre, and its box holds them all.
    expect(measured.map((one) => isMeasured(one) && one.score)).toEqual([1, expect.closeTo(1, 6)]);
  });
});

describe.each(['saliency', 'hires_cam', 'd_rise'])('every metric of a box by %s', (method) => {
  it('has a finite value', async () => {
    const { model, request } = await (CASES['a box'] as () => ReturnType<(typeof CASES)[string]>)();
    const params = method === 'd_rise' ? { n_masks: 64 } : {};
    const plan = explainer.plan(model, { ...request, method, params });
    const { rows } = await explainer.run(plan);
    const planned = planMetrics(
      plan,
      [...metrics.keys()].map((metric) => ({ metric })),
    );
    const [measured = []] = await measureRows(explainer, plan, rows, planned);
    expect(measured).toHaveLength(metrics.size);
    for (const one of measured) {
      const score = isMeasured(one) ? one.score : one.error.message;
      expect([one.metric, score]).toEqual([one.metric, expect.any(Number)]);
      expect(Number.isFinite(score)).toBe(true);
    }
  });
});

describe('road', () => {
  const road = async (request: Asked, model: Model) => {
    const plan = explainer.plan(model, { ...request, method: 'saliency' });
    const { rows } = await explainer.run(plan);
    const [[measured] = []] = await measureRows(explainer, plan, rows, planMetrics(plan, [{ metric: 'road' }]));
    return { measured, plan, row: rows[0] as ExplainedRow };
  };

  it('counts how often the explained box itself is found, not which box is the best', async () => {
    const model = await smallDetector();
    const image = detectorImage();
    const { measured, row } = await road({ inputs: { image }, target: 'box:1', read: {} }, model);
    if (!measured || !isMeasured(measured)) throw new Error(`${measured?.error.message}`);
    expect(row.score).toBeGreaterThan(0.25);
    // Its confidence never falls by half, while at 90 % another candidate than before is the best of all.
    expect(measured.curve?.y).toEqual(new Array(9).fill(1));
  });

  it.each([
    ['a class in a region', true],
    ['a region of a depth map', false],
  ])('asks for the class at the place of %s (%s)', async (name, hasClasses) => {
    const { model, request } = await (CASES[name] as () => ReturnType<(typeof CASES)[string]>)();
    const { measured } = await road(request, model);
    if (!measured) throw new Error('Nothing was measured.');
    if (hasClasses) expect(isMeasured(measured)).toBe(true);
    else expect(isMeasured(measured) ? '' : measured.error.message).toContain('a value without classes');
  });
});
