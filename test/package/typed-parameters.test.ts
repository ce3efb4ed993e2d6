/** Methods that are given by their values: their parameters are typed, and the answer is that of the id. */
import { expect, it } from 'vitest';
import { Model } from '../../src/core/model/model.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { openFolder } from '../../src/node/model-folders.ts';
import { createExplainer } from '../../src/package/node.ts';
import integratedGradients from '../../src/plugins/gradient/integrated-gradients.ts';
import rise from '../../src/plugins/perturbation/rise.ts';

const explainer = createExplainer({ methods: [integratedGradients] });
const inputs = {
  input: float32(
    [1, 3, 32, 32],
    Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.013)),
  ),
};

it('explains by a method that is given by its value as by its id', async () => {
  const model = await Model.read(await openFolder('models/cifar10', 'cifar10'));
  const byValue = await explainer.explain(model, { method: integratedGradients, params: { n_steps: 3 }, inputs });
  const byId = await explainer.explain(model, { method: 'integrated_gradients', params: { n_steps: 3 }, inputs });
  expect(byValue.params.n_steps).toBe(3);
  expect(byValue.rows[0]?.values).toEqual(byId.rows[0]?.values);
});

it('refuses a misspelt parameter when it is compiled', () => {
  const misspelt = (model: Model) =>
    // @ts-expect-error there is no n_samplez
    explainer.explain(model, { method: rise, params: { n_samplez: 3 }, inputs });
  expect(misspelt).toBeTypeOf('function');
});
