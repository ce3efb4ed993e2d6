import { arxiv } from '../../core/method/papers.ts';
import { embeddings } from '../../core/strategy/gradient/sources.ts';
import { defineSinglePass } from '../../core/strategy/single-pass.ts';
import { productsOf } from '../../core/tensor/products.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** Each element of the input times its gradient: exact for a model that is linear without bias. */
export default defineSinglePass({
  id: 'input_x_gradient',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Input x Gradient',
    summary: 'What each element contributes to the score if the model were linear around this input.',
    paper: arxiv(
      '1605.01713',
      2016,
      'Not Just a Black Box: Learning Important Features Through Propagating Activation Differences',
    ),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity'],
  },
  presets: { captum: {}, xplique: { reduction: 'mean' } },
  needs: (_, model) => ({ gradients: 'sources', activations: embeddings(model).map(({ name }) => name) }),
  values: ({ gradients, activations }, { inputs }) =>
    Object.fromEntries(
      Object.entries(gradients).map(([name, { dims, data }]) => {
        const source = (activations[name] ?? inputs[name]) as Tensor<'float32'>;
        return [name, float32(dims, productsOf(data, source.data))];
      }),
    ),
});
