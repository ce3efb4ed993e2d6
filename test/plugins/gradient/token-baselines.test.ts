import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { tensor } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { sumOfTokens, TOKEN_VALUES } from '../../support/text-folder.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));
const IDS = [2, 8, 11, 3];
const PADDED = [2, 0, 0, 3];
const POSITIVE = 1;

const idsOf = (ids: readonly number[]) => tensor('int64', [1, ids.length], ids);

async function explain(method: string, params: Readonly<Record<string, unknown>> = {}) {
  const model = await openGraph(sumOfTokens());
  const layer = model.info().sources[0]?.name;
  const { rows, samples } = await explainer.explain(model, {
    method,
    params: method.startsWith('layer_') ? { ...params, target_layer: layer } : params,
    target: POSITIVE,
    inputs: { input_ids: idsOf(IDS), attention_mask: idsOf(IDS.map(() => 1)) },
    baselines: { input_ids: idsOf(PADDED) },
  });
  const [row] = rows;
  const values = Object.values(row?.values ?? {})[0]?.data ?? new Float32Array();
  // Two channels for each token.
  const tokens = IDS.map((_, i) => (values[2 * i] as number) + (values[2 * i + 1] as number));
  return { tokens, row, samples };
}

describe('a baseline of token ids', () => {
  const tokenValue = (id: number) => TOKEN_VALUES[id] as number;
  const expected = IDS.map((id, i) => tokenValue(id) - tokenValue(PADDED[i] as number));

  it.each([
    'integrated_gradients',
    'layer_integrated_gradients',
    'gradient_shap',
    'deep_lift',
    'deep_lift_shap',
    'guided_ig',
  ])('is the start of the path of %s: each token gets the difference to the token at its position', async (method) => {
    const { tokens } = await explain(method, method === 'guided_ig' ? { n_steps: 20 } : {});
    for (const [i, value] of expected.entries()) expect(tokens[i]).toBeCloseTo(value, 4);
  });

  it('has a score in the explanation, at the cost of one more row', async () => {
    const { row, samples } = await explain('integrated_gradients', { n_steps: 4 });
    expect(row?.baselineScore).toBeCloseTo(
      PADDED.reduce((sum, id) => sum + tokenValue(id), 0),
      5,
    );
    expect(samples).toMatchObject({ forwards: 2, backwards: 5 });
  });
});
