/** Attention methods on heads that are merged into the batch, against the formulas in float64. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import rollout from '../../../src/plugins/activation/attention-rollout.ts';
import transformerAttribution from '../../../src/plugins/activation/transformer-attribution.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { FORMS, HEADS, mathematics, mergedAttention, TOKENS, WIDTH } from '../../support/merged-attention.ts';

const SIZE = TOKENS * WIDTH;
const x = float32([2, TOKENS, WIDTH], new Random(11).normal(2 * SIZE));
const explainer = explainerOf([rollout, transformerAttribution]);
const mean = (heads: readonly (readonly number[])[], column: number): number =>
  heads.reduce((sum, head) => sum + (head[column] as number), 0) / HEADS;

describe.each(FORMS)('heads merged into the batch, %s', (form) => {
  const firstRows = async (method: string) => {
    const model = await openGraph(mergedAttention(form));
    const { rows } = await explainer.explain(model, { method, target: 1, params: { query: 'first' }, inputs: { x } });
    return rows.map(({ values }) => Object.entries(values)[0]);
  };

  it.each([0, 1])('attention_rollout uses row %i of the mean head', async (row) => {
    const found = (await firstRows('attention_rollout'))[row];
    const { attention } = mathematics(x.data.slice(row * SIZE, (row + 1) * SIZE), 1);
    expect(found?.[0]).toBe('tokens');
    expect(found?.[1].dims).toEqual([1, TOKENS, 1]);
    for (let j = 0; j < TOKENS; j++)
      expect(found?.[1].data[j]).toBeCloseTo((mean(attention, j) + (j === 0 ? 1 : 0)) / 2, 5);
  });

  it.each([0, 1])('transformer_attribution weights row %i of each head by its gradients', async (row) => {
    const found = (await firstRows('transformer_attribution'))[row];
    const { attention, slopes } = mathematics(x.data.slice(row * SIZE, (row + 1) * SIZE), 1);
    const helpful = attention.map((head, h) => head.map((value, i) => Math.max(0, value * (slopes[h]?.[i] as number))));
    for (let j = 0; j < TOKENS; j++) expect(found?.[1].data[j]).toBeCloseTo((j === 0 ? 1 : 0) + mean(helpful, j), 5);
  });
});
