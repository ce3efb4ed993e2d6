import { describe, expect, it } from 'vitest';
import { summarize } from '../../../src/core/explainer/summary.ts';
import type { Method } from '../../../src/core/method/contract.ts';
import { float32, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { imageTensor, tokens, vector } from '../../../src/testing/models.ts';
import { explainerOf, openImage, openTokens, openVector } from '../../support/classifiers.ts';
import { method } from '../../support/trial-method.ts';

const labels = ['cat', 'dog', 'bird', 'fish'];

/** A method that answers with these values, whatever it is asked. */
const planted = (values: Record<string, Tensor<'float32'>>, parts: Partial<Method> = {}): Method =>
  method({ cost: () => ({ forwards: 0, backwards: 0 }), explain: async () => ({ values }), ...parts });

/** 3x8x8 with evidence of 6 for in the bottom right, 2 for in the centre, and 2 against in the top left. */
function plantedPicture(): Tensor<'float32'> {
  const values = float32([1, 3, 8, 8]);
  values.data[7 * 8 + 7] = 2;
  values.data[64 + 7 * 8 + 7] = 4;
  values.data[4 * 8 + 4] = 2;
  values.data[0] = -2;
  return values;
}

describe('the summary in words', () => {
  it('of an image names the strongest regions, and measures the effect of hiding them', async () => {
    const model = await openImage({}, { labels });
    const image = imageTensor();
    const explainer = explainerOf([planted({ image: plantedPicture() })]);
    const request = { method: 'trial', inputs: { image }, target: 'dog', summary: true };
    const answer = await explainer.explain(model, request);
    const { summary, score } = answer.rows[0] ?? {};
    const { evidence, hidden } = summary?.facts ?? {};
    expect(evidence).toMatchObject({ kind: 'region', negativeShare: 0.2, halfIn: 1 / 64, strongest: 8 });
    expect(Object.fromEntries(evidence?.parts.map(({ name, positive }) => [name, positive]) ?? [])).toMatchObject({
      'bottom right': 0.75,
      centre: 0.25,
      'top left': 0,
    });
    expect(evidence?.parts[0]).toEqual({ name: 'top left', positive: 0, negative: 1 });

    // The bottom right of 8x8 pixels: rows and columns 5 to 7, by their centres.
    const less = float32([1, 3, 8, 8], image.data.slice());
    for (let c = 0; c < 3; c++) {
      const mean = image.data.subarray(64 * c, 64 * (c + 1)).reduce((a, b) => a + b, 0) / 64;
      for (let y = 5; y < 8; y++) less.data.fill(mean, 64 * c + 8 * y + 5, 64 * c + 8 * y + 8);
    }
    const [then] = await explainer.predict(model, { inputs: { image: less } });
    expect(hidden?.score).toBeCloseTo(then?.scores[1] as number, 5);
    expect(hidden?.change).toBeCloseTo((then?.scores[1] as number) - (score as number), 5);
    expect(hidden?.top?.after).toBe(then?.top[0]?.label);
    expect(summary?.text).toContain(
      '75 % of the positive attribution is in the bottom right region and 25 % in the centre region.',
    );
    expect(summary?.text).toContain(
      '20 % of the total attribution is negative, evidence against dog; 100 % of it is in the top left region.',
    );
    expect(summary?.text).toContain(`from ${score?.toFixed(3)} to ${hidden?.score.toFixed(3)}`);
  });

  it('says that a score which rises without the strongest part contradicts the map', async () => {
    const model = await openVector();
    const rises = new Set<boolean>();
    for (let i = 0; i < 5; i++) {
      const values = float32([1, 5]);
      values.data[i] = 1;
      const explainer = explainerOf([planted({ x: values })]);
      const { rows } = await explainer.explain(model, { method: 'trial', inputs: { x: vector() }, summary: true });
      const { summary, diagnostics } = rows[0] ?? {};
      const rose = (summary?.facts.hidden?.change ?? 0) > 0;
      rises.add(rose);
      expect(summary?.text.includes('This contradicts the map')).toBe(rose);
      expect(diagnostics?.warnings.some(({ code }) => code === 'contradicted')).toBe(rose);
    }
    expect(rises).toEqual(new Set([true, false]));
  });

  it('costs one forward row for each row, in the estimate and in the count', async () => {
    const model = await openVector();
    const explainer = explainerOf([planted({ x: float32([1, 5], [0, 3, 0, 1, 0]) })]);
    const request = { method: 'trial', inputs: { x: vector(1, 3) } };
    expect(explainer.plan(model, request).cost.forwards).toBe(0);
    expect(explainer.plan(model, { ...request, summary: true }).cost.forwards).toBe(3);
    expect((await explainer.explain(model, request)).rows[0]).not.toHaveProperty('summary');
    expect((await explainer.explain(model, { ...request, summary: true })).samples.forwards).toBe(3);
    await expect(explainer.explain(model, { ...request, summary: true }, { maxSamples: 2 })).rejects.toMatchObject({
      code: 'budget_exceeded',
    });
  });

  it('replaces a feature of a vector by the baseline of the request, or by 0', async () => {
    const model = await openVector();
    const explainer = explainerOf([planted({ x: float32([1, 5], [0, 3, 0, 1, 0]) })]);
    const x = vector();
    for (const [baseline, by] of [
      [undefined, 'zero'],
      [7, 'baseline'],
    ] as const) {
      const baselines = baseline === undefined ? undefined : { x: float32([1, 5], new Float32Array(5).fill(baseline)) };
      const answer = await explainer.explain(model, {
        method: 'trial',
        inputs: { x },
        target: 2,
        summary: true,
        ...(baselines && { baselines }),
      });
      const { hidden } = answer.rows[0]?.summary?.facts ?? {};
      const less = float32([1, 5], x.data.slice());
      less.data[1] = baseline ?? 0;
      const [then] = await explainer.predict(model, { inputs: { x: less } });
      expect(hidden).toMatchObject({ part: 'x[1]', by });
      expect(hidden?.score).toBeCloseTo(then?.scores[2] as number, 5);
    }
  });

  it('of tokens sums over their embeddings, and removes a token', async () => {
    const model = await openTokens();
    const embedding = model.info().sources[0]?.name as string;
    const embedded = float32([1, 6, 4]);
    embedded.data.fill(1, 4 * 4, 4 * 5);
    const explainer = explainerOf([planted({ [embedding]: embedded })]);
    const answer = await explainer.explain(model, {
      method: 'trial',
      inputs: { ids: tokens() },
      target: 0,
      summary: true,
    });
    const { evidence, hidden } = answer.rows[0]?.summary?.facts ?? {};
    expect(evidence).toMatchObject({ kind: 'token', strongest: 4, halfIn: 1 / 6 });
    const less = tensor('int64', [1, 6], [3, 7, 1, 11, 0, 0]);
    const [then] = await explainer.predict(model, { inputs: { ids: less } });
    expect(hidden).toMatchObject({ part: 'ids[4]', by: 'zero' });
    expect(hidden?.score).toBeCloseTo(then?.scores[0] as number, 5);
  });

  it('makes no claim that the values do not support', async () => {
    const model = await openVector();
    const ask = async (values: number[], signed = true) => {
      const { about } = method({});
      const subject = planted(
        { x: float32([1, 5], values) },
        { about: { ...about, properties: { ...about.properties, signed } } },
      );
      const { rows, samples } = await explainerOf([subject]).explain(model, {
        method: 'trial',
        inputs: { x: vector() },
        summary: true,
      });
      return { text: rows[0]?.summary?.text, samples };
    };
    const nothing = await ask([0, -1, 0, -3, 0]);
    expect(nothing.text).toMatch(/No value is positive: nothing is evidence for class \d/);
    expect(nothing.samples.forwards).toBe(0);
    expect((await ask([1, 1, 0, 0, 0])).text).toMatch(/No value is negative, so nothing is evidence against class/);
    const unsigned = await ask([1, -1, 0, 0, 0], false);
    expect(unsigned.text).toMatch(/have no sign/);
    expect(unsigned.text).not.toMatch(/evidence for|is negative/);
  });
});

describe('a summary of a map without values', () => {
  it.each([
    ['zero', 0, 'Every value is zero: the score is the same whatever was changed.'],
    ['the same', 2, 'Every value is the same: the map does not tell one part of the input from another.'],
  ])('says why it is %s, and names no parts', async (_, value, sentence) => {
    const values = float32([1, 3, 8, 8], new Float32Array(192).fill(value));
    const explainer = explainerOf([planted({ image: values })]);
    const request = { method: 'trial', inputs: { image: imageTensor() }, target: 'dog', summary: true };
    const { rows } = await explainer.explain(await openImage({}, { labels }), request);
    expect(rows[0]?.summary?.text).toContain(sentence);
    expect(rows[0]?.summary?.text).not.toMatch(/region|positive/);
  });

  it('names a saturated softmax', async () => {
    const explainer = explainerOf([planted({ image: plantedPicture() })]);
    const model = await openImage({ ending: 'Softmax' }, { labels });
    const image = float32(
      [1, 3, 8, 8],
      imageTensor().data.map((x) => x * 1e4),
    );
    const request = { method: 'trial', inputs: { image }, scores: 'output', summary: true };
    const { rows } = await explainer.explain(model, request);
    expect(rows[0]?.summary?.text).toMatch(/the softmax is saturated there, .* Explain the logits: scores=logits\.$/);
  });
});

it('a change smaller than the digits of the scores is given by itself', () => {
  const hidden = { part: 'centre', by: 'mean', score: 0.99999, change: -0.000004 } as const;
  const evidence = { kind: 'region', parts: [], negativeShare: 0, halfIn: 0.1, strongest: 0 } as const;
  const { text } = summarize({
    facts: { target: 'cat', score: 0.999994, signed: true, evidence, hidden },
    subject: 'class cat',
    quantity: 'score',
  });
  expect(text).toContain('the score falls by 4.00e-6.');
});
