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
    axioms: ['symmetry', 'dummy', 'sensitivity'],
  },
  presets: { captum: { n_steps: 50, quadrature: 'gausslegendre', baseline: 0, multiply_by_inputs: true } },
});
