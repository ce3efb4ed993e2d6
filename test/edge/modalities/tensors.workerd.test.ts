/** Tensors of the Open Inference Protocol for models of texts, tables and series: the features have names. */
import { describe, expect, it } from 'vitest';
import { appWith, outputsOf } from '../../support/app.ts';
import { DAY, explainer, featuresOf } from '../../support/data-requests.ts';

const ask = appWith();
const explain = explainer(ask);

interface Metadata {
  readonly inputs: readonly { readonly name: string; readonly datatype: string }[];
}

/** Explains one tensor, sent as JSON. */
async function explainTensor(model: string, method: string, shape: readonly number[], data: readonly number[]) {
  const { inputs } = (await (await ask(`/v2/models/${model}`)).json()) as Metadata;
  // A further input is the attention mask.
  const tensors = inputs.map(({ name, datatype }, i) => ({
    ...{ name, datatype, shape },
    data: i === 0 ? data : data.map((id) => (id === 0 ? 0 : 1)),
  }));
  const body = JSON.stringify({ inputs: tensors });
  const response = await explain(model, `method=${method}&summary=true`, 'application/json', body);
  expect(response.status, await response.clone().text()).toBe(200);
  const { parameters } = (await response.clone().json()) as { parameters: { notices?: string } };
  return { outputs: await outputsOf(response), notices: parameters.notices ?? '' };
}

describe('tensors over HTTP', () => {
  it('have the tokens of the vocabulary as features of each row, without places', async () => {
    const { outputs } = await explainTensor('movie_reviews', 'saliency', [2, 3], [102, 1052, 3086, 102, 3086, 0]);
    expect(featuresOf(outputs).map(({ name, start }) => [name, start])).toEqual([
      ['a', undefined],
      ['brilliant', undefined],
      ['film', undefined],
    ]);
    expect(featuresOf(outputs, 1).map(({ name }) => name)).toEqual(['a', 'film']);
    expect(String(outputs.summary?.data[0])).toMatch(/"(a|brilliant|film)"/);
  });

  it('have the columns of a table as features', async () => {
    const { outputs } = await explainTensor('penguins', 'tree_shap', [1, 6], [0, 46.1, 13.2, 211, 4500, 0]);
    expect(featuresOf(outputs).map(({ name }) => name)).toContain('island = Biscoe');
  });

  it('have windows of time as features', async () => {
    const { outputs } = await explainTensor('italy_power', 'saliency', [1, 1, 24], DAY);
    expect(featuresOf(outputs)[0]?.name).toBe('0 to 1 h');
  });

  it('without a token of a text say why nothing is named', async () => {
    const { outputs, notices } = await explainTensor('movie_reviews', 'saliency', [1, 2], [0, 0]);
    expect(outputs.features).toBeUndefined();
    expect(notices).toContain('have no names: Row 1 of');
  });
});
