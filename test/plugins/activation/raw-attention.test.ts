/** Maps of single attention heads of a small vision transformer. */
import { expect, it } from 'vitest';
import { attentionMaps } from '../../../src/core/model/attention.ts';
import rawAttention from '../../../src/plugins/activation/raw-attention.ts';
import { imageTensor } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { transformer } from '../../support/transformer.ts';

const explainer = explainerOf([rawAttention]);
const inputs = { image: imageTensor() };

/** Attention probabilities of a block as the model computes them: [heads, tokens, tokens]. */
async function probabilities(block: number) {
  const model = await transformer();
  const { name } = attentionMaps(model.graph)[block] as { name: string };
  const found = await explainer.predict(model, { inputs, scores: name });
  return found[0]?.scores as Float32Array;
}

it.each([0, 1])("gives the class token's attention to each patch for each head of block %i", async (block) => {
  const { rows } = await explainer.explain(await transformer(), { method: 'raw_attention', params: { block }, inputs });
  const all = await probabilities(block);
  const [row] = rows;
  expect(row?.maps?.map(({ name }) => name)).toEqual(['head 0', 'head 1']);
  for (const [head, { values, map }] of (row?.maps ?? []).entries()) {
    // Graphs with other outputs round differently.
    const patches = [...all.subarray(head * 25 + 1, head * 25 + 5)].map((value) => expect.closeTo(value, 6));
    expect([...(Object.values(values)[0]?.data ?? [])]).toEqual([0, ...patches]);
    expect(map?.dims).toEqual([2, 2]);
    expect([...(map?.data ?? [])]).toEqual(patches);
  }
  const [fused] = Object.values(row?.values ?? {});
  expect(fused?.data[1]).toBeCloseTo(((all[1] as number) + (all[26] as number)) / 2, 6);
});

it('counts negative blocks from the last, and refuses a block beyond the last', async () => {
  const run = async (block: number) =>
    (await explainer.explain(await transformer(), { method: 'raw_attention', params: { block }, inputs })).rows[0]
      ?.values;
  expect(await run(-1)).toEqual(await run(1));
  await expect(run(2)).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('0 to 1') });
});
