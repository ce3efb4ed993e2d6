import { describe, expect, it } from 'vitest';
import { parameterSchemas } from '../../../src/core/method/schema.ts';
import { metrics } from '../../../src/core/metrics/index.ts';
import { measureRows, planMetrics } from '../../../src/core/metrics/measure.ts';
import { regionOfBoxes } from '../../../src/core/metrics/region.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import smoothGrad from '../../../src/plugins/gradient/smooth-grad.ts';
import { imageGraph, imageTensor, openGraph, subjects } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const all = [...metrics.keys()].map((metric) => ({ metric }));

describe('every metric', () => {
  it.each([...metrics.values()])('$id has a default and a description for each parameter', ({ id, params, about }) => {
    expect(id).toMatch(/^[a-z_]+$/);
    expect(about.paper?.url).toMatch(/^https:/);
    for (const [name, { default: usual, description }] of Object.entries(parameterSchemas(params))) {
      expect({ name, usual, description }).toEqual({
        name,
        usual: expect.anything(),
        description: expect.any(String),
      });
    }
  });

  it.each([gradCam, saliency])('runs as many rows as planned for $id', async (method) => {
    const model = await openGraph(imageGraph({ ending: 'Softmax' }));
    const explainer = explainerOf([method]);
    const request = { method: method.id, inputs: { image: imageTensor(1, 2) } };
    const planned = planMetrics(explainer.plan(model, request), all);
    const { rows } = await explainer.explain(model, request);
    let counted = 0;
    const { run, predict } = explainer;
    explainer.run = async (...args) => {
      const answer = await run.apply(explainer, args);
      counted += answer.samples.forwards + answer.samples.backwards;
      return answer;
    };
    explainer.predict = async (...args) => {
      const answer = await predict.apply(explainer, args);
      counted += answer.length;
      return answer;
    };
    const regions = [regionOfBoxes([[1, 1, 5, 5]], [8, 8]), regionOfBoxes([[1, 1, 5, 5]], [8, 8])];
    for (const [number, one] of planned.entries()) {
      counted = 0;
      const measured = await measureRows(explainer, explainer.plan(model, request), rows, [one], { regions });
      expect(measured.map((row) => row.map(({ metric }) => metric))).toEqual([[one.metric.id], [one.metric.id]]);
      for (const row of measured) expect(row[0]).toMatchObject({ score: expect.any(Number) });
      const expected = 2 * (one.cost.forwards + one.cost.backwards);
      // An image may have fewer superpixels than are asked for.
      const evaluated = one.metric.id === 'irof' ? Math.max(counted, expected) : counted;
      expect({ metric: all[number]?.metric, evaluated }).toEqual({ metric: one.metric.id, evaluated: expected });
    }
  });

  it('is deterministic for a seed', async () => {
    const model = await openGraph(imageGraph());
    const explainer = explainerOf([saliency, smoothGrad]);
    const request = { method: 'smooth_grad', inputs: { image: imageTensor() }, seed: 3 };
    const { rows } = await explainer.explain(model, request);
    const planned = planMetrics(explainer.plan(model, request), all);
    const measure = () => measureRows(explainer, explainer.plan(model, request), rows, planned);
    expect(JSON.stringify(await measure())).toBe(JSON.stringify(await measure()));
  });

  it('reports where it does not apply, and lets the others run', async () => {
    const [, , tokens] = await subjects();
    if (!tokens) throw new Error('no tokens');
    const explainer = explainerOf([saliency]);
    const request = { method: 'saliency', inputs: tokens.inputs };
    const { rows } = await explainer.explain(tokens.model, request);
    const planned = planMetrics(explainer.plan(tokens.model, request), [{ metric: 'road' }, { metric: 'complexity' }]);
    const [measured] = await measureRows(explainer, explainer.plan(tokens.model, request), rows, planned);
    expect(measured?.[0]).toMatchObject({ metric: 'road', error: { code: 'unprocessable_method' } });
    expect(measured?.[1]).toMatchObject({ metric: 'complexity', score: expect.any(Number) });
  });
});

describe('planMetrics', () => {
  it('refuses unknown metrics and parameters with the nearest name', async () => {
    const model = await openGraph(imageGraph());
    const explainer = explainerOf([saliency]);
    const request = { method: 'saliency', inputs: { image: imageTensor() } };
    const plan = (metric: string, params = {}) => planMetrics(explainer.plan(model, request), [{ metric, params }]);
    expect(() => plan('deletions')).toThrow(/Did you mean deletion/);
    expect(() => plan('deletion', { step: 3 })).toThrow(/Did you mean steps/);
    expect(plan('deletion', { steps: '20' })[0]?.cost).toEqual({ forwards: 21, backwards: 0 });
    expect(plan('max_sensitivity')[0]?.cost).toEqual({ forwards: 0, backwards: 10 });
  });
});
