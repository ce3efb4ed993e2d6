/** Likeness of embeddings over HTTP. */
import { describe, expect, it } from 'vitest';
import { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import { appWith, outputsOf, services } from '../../support/app.ts';
import { otherModels } from '../../support/other-models.ts';

const readers = { forms: services.explainer.tasks.forms, modalities: services.modalities };
const ask = appWith({ models: new ModelCatalogue(otherModels, { readers }) });

const pathOf = (method: string) => `/v2/models/vectors/explain?method=${method}`;
const PATH = pathOf('integrated_gradients');
const withText = (text: string, similarTo: string, method = 'integrated_gradients'): Promise<Response> =>
  ask(`${pathOf(method)}&similar_to=${encodeURIComponent(similarTo)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain' },
    body: text,
  });

async function cosine(response: Response): Promise<number> {
  expect(response.status).toBe(200);
  const { scores, predictions } = await outputsOf(response);
  const score = Number(scores?.data[0]);
  expect(JSON.parse(String(predictions?.data[0]))).toEqual([{ label: 'cosine', score: expect.closeTo(score, 5) }]);
  return score;
}

/** The embedding at length 1: its cosines with the axes. */
async function embedding(text: string): Promise<number[]> {
  const axes = ['[1, 0, 0]', '[0, 1, 0]', '[0, 0, 1]'];
  return Promise.all(axes.map(async (axis) => cosine(await withText(text, axis))));
}

describe('similar_to', () => {
  it('explains the cosine of the embeddings of two texts', async () => {
    const [film, good] = [await embedding('film'), await embedding('good')];
    const expected = film.reduce((sum, value, i) => sum + value * (good[i] as number), 0);
    expect(await cosine(await withText('film', 'good'))).toBeCloseTo(expected, 5);
    expect(await cosine(await withText('good', 'good'))).toBeCloseTo(1, 5);
  });

  it('takes the other input as a file of a form', async () => {
    const form = new FormData();
    form.set('text', new File(['film'], 'a.txt', { type: 'text/plain' }));
    form.set('similar_to', new File(['good'], 'b.txt', { type: 'text/plain' }));
    const fromForm = await cosine(await ask(PATH, { method: 'POST', body: form }));
    expect(fromForm).toBeCloseTo(await cosine(await withText('film', 'good')), 6);
  });

  it('has values that add up to the difference from the baseline', async () => {
    const { attribution, scores, baseline_score } = await outputsOf(await withText('good bad film', '[1, 2, 3]'));
    const sum = (attribution?.data ?? []).reduce<number>((total, value) => total + Number(value), 0);
    const difference = Number(scores?.data[0]) - Number(baseline_score?.data[0]);
    expect(Math.abs(difference)).toBeGreaterThan(0.01);
    expect(sum).toBeCloseTo(difference, 3);
  });

  it.each(['occlusion', 'feature_ablation', 'rise', 'lime', 'kernel_shap', 'shapley_sampling', 'partition_shap'])(
    'is explained by %s, which hides words',
    async (method) => {
      const response = await withText('good bad film', '[1, 2, 3]', method);
      const { features, scores, baseline_score } = await outputsOf(response);
      const values = (JSON.parse(String(features?.data[0])) as { value: number }[]).map(({ value }) => value);
      expect(values).toHaveLength(3);
      expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.01);
      if (!/shap/.test(method)) return;
      const sum = values.reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(Number(scores?.data[0]) - Number(baseline_score?.data[0]), 4);
    },
  );

  it.each([
    ['vectors', '[1, 2]', 'The embedding to compare with has 2 numbers, that of the model 3.'],
    ['vectors', '[1, "a"]', 'give a JSON list of numbers'],
    ['columns', 'a text', 'takes no texts'],
  ])('is refused by %s for %s', async (model, similarTo, message) => {
    const [type, body] = model === 'columns' ? ['text/csv', 'width,length\n1,2\n'] : ['text/plain', 'good'];
    const path = `/v2/models/${model}/explain?method=saliency&similar_to=${encodeURIComponent(similarTo)}`;
    const response = await ask(path, {
      method: 'POST',
      headers: { 'Content-Type': type as string },
      body: body as string,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining(message) });
  });
});
