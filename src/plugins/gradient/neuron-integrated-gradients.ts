import { neuronForm } from '../../core/strategy/inner-method/neuron-form.ts';
import integratedGradients from './integrated-gradients.ts';

/** Integrated Gradients of an inner element: the neuron's value takes the place of the score. */
export default neuronForm(integratedGradients, {
  id: 'neuron_integrated_gradients',
  revision: 1,
  about: {
    title: 'Neuron Integrated Gradients',
    summary:
      'How much each element of the input adds to the value of an element inside the model; the sum is the whole difference to its value at the baseline.',
    paper: {
      title: 'Axiomatic Attribution for Deep Networks',
      year: 2017,
      url: 'https://arxiv.org/abs/1703.01365',
      where: 'equation 1',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: true, deterministic: true, classDiscriminative: false },
    axioms: ['symmetry', 'dummy', 'sensitivity'],
  },
  presets: { captum: { n_steps: 50, quadrature: 'gausslegendre', baseline: 0, multiply_by_inputs: true } },
});
